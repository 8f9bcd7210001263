#!/usr/bin/env bash
# Time and memory of the data commands on generated rows: import and tag, stats, mix, audit.
#
#   cargo build --release --features data
#   bash benches/scale.sh 6500000 [FOLDER]        # 12 GB of disk for 6.5 million rows of 60 words
#
# The rows are sentences in random order (`data make-scale`), 5 % of them near-copies of others; import reads them as JSON
# lines. Needs GNU time. Prints a line a command: seconds, rows a second, and the most memory it held.
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:?how many rows} out=${2:-target/scale}
persona_eval=target/release/persona-eval
rm -rf "$out"
mkdir -p "$out"

measure() {
    local title=$1
    shift
    /usr/bin/time -f '%e %M' -o "$out/time" "$@" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
    read -r seconds kib <"$out/time"
    awk -v t="$title" -v s="$seconds" -v k="$kib" -v n="$rows" \
        'BEGIN { printf "%-10s %8.1f s %9.0f rows/s %7.0f MiB\n", t, s, n / s, k / 1024 }'
}

measure generate "$persona_eval" data make-scale "$rows" --from fixtures/corpus/train -o "$out/lines" \
    --shards jsonl --near-copies 0.05
cat >"$out/recipe.toml" <<'TOML'
[[source]]
name = "scale"
files = ["lines/scale-*.jsonl"]
format = "alpaca"
licence = "none"
TOML
measure import "$persona_eval" data import "$out/recipe.toml" -o "$out/rows"
rm -rf "$out/lines"
measure tag "$persona_eval" data tag "$out/rows" "$out/tagged"
rm -rf "$out/rows"
measure stats "$persona_eval" data stats "$out/tagged" --targets suites/data_targets.toml
measure mix "$persona_eval" data mix suites/persona_training_config.yaml --from "$out/tagged" -o "$out/mixture"
rm -rf "$out/mixture"
measure audit "$persona_eval" data audit "$out/tagged" -o "$out/audit"
grep -E 'exact|near|crowd|template' "$out/log"
