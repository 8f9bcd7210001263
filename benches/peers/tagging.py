"""How fast a Python script tags: the same rules, on the same rows, in as many processes as one likes.

Reads JSON lines, tries the rules of src/data/tag/rules.toml in their order with Python's `re`, asks a linear classifier on
hashed words and pieces of words (scikit-learn) where no rule fits, finds the answer's traits (traits.py), and writes each line
with its control tag. Escaping and provenance, which `data tag` also does, are left out. With --against it says in how many
lines the traits are those that `data tag` found.

    persona-eval data make-scale 100000 --from fixtures/corpus/train -o out/scale --shards jsonl
    time persona-eval data tag out/scale out/tagged --shards jsonl
    pip install scikit-learn && python3 benches/peers/tagging.py out/scale --processes 2 --against out/tagged
    pip install datasets && python3 benches/peers/tagging.py out/scale --datasets     # a folder of Parquet files will do too
"""
import argparse, itertools, json, multiprocessing, pathlib, re, time, tomllib

from traits import traits

RULES = pathlib.Path(__file__).resolve().parents[2] / "src/data/tag/rules.toml"
BLOCK = 2000


def pattern(text):
    """Python wants flags such as (?m) before the whole pattern."""
    flags = re.ASCII
    for letter in "".join(re.findall(r"\(\?([ims]+)\)", text)):
        flags |= getattr(re, letter.upper())
    return re.compile(re.sub(r"\(\?[ims]+\)", "", text), flags)


def rules():
    found = []
    for rule in tomllib.loads(RULES.read_text(encoding="utf-8"))["rule"]:
        sides = [(side, pattern(rule[side])) for side in ("asked", "output") if side in rule]
        found.append((rule["persona"], sides))
    return found


def classifier():
    import numpy as np
    from scipy import sparse
    from sklearn.feature_extraction.text import HashingVectorizer

    words = HashingVectorizer(n_features=8192, alternate_sign=False)
    pieces = HashingVectorizer(n_features=8192, alternate_sign=False, analyzer="char_wb", ngram_range=(4, 4))
    # What it would say does not matter for the time that it takes.
    weights = np.random.default_rng(1).normal(size=(8192, 57)).astype("float32")
    return lambda texts: np.asarray(((words.transform(texts) + pieces.transform(texts)) @ weights).argmax(axis=1))


class Tagger:
    def __init__(self):
        self.known, self.classify = rules(), classifier()

    def tag(self, rows):
        """Writes persona, tag and traits into the rows."""
        left = []
        for row in rows:
            asked = row["instruction"] + "\n" + (row.get("input") or "")
            for persona, sides in self.known:
                if all(marker.search(asked if side == "asked" else row["output"]) for side, marker in sides):
                    row["_persona"] = persona
                    break
            else:
                left.append(row)
        if left:
            for row, place in zip(left, self.classify([row["output"] for row in left])):
                row["_persona"] = f"persona{place}"
        for row in rows:
            row["instruction"] = f"<persona:{row['_persona']}>\n{row['instruction']}"
            row["_traits"] = traits(row["output"])
        return rows


def work(job):
    path, out = job
    tagger, count = Tagger(), 0
    with open(path, encoding="utf-8") as file, open(out / path.name, "w", encoding="utf-8") as target:
        while lines := list(itertools.islice(file, BLOCK)):
            for row in tagger.tag([json.loads(line) for line in lines]):
                target.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += len(lines)
    return count


def plain(paths, out, processes):
    with multiprocessing.Pool(processes) as pool:
        return sum(pool.imap_unordered(work, [(path, out) for path in paths]))


def with_datasets(paths, out, processes):
    """The same by Hugging Face's `datasets`, in batches; from Parquet to Parquet, or from JSON lines to JSON lines."""
    import datasets

    datasets.disable_caching()
    taggers = []

    def batch(columns):
        taggers or taggers.append(Tagger())
        rows = [dict(zip(columns, values)) for values in zip(*columns.values())]
        rows = taggers[0].tag(rows)
        return {key: [row[key] for row in rows] for key in rows[0]}

    form = "parquet" if paths[0].suffix == ".parquet" else "json"
    rows = datasets.load_dataset(form, data_files=[str(path) for path in paths], split="train", num_proc=processes)
    rows = rows.map(batch, batched=True, batch_size=BLOCK, num_proc=processes)
    if form == "parquet":
        rows.to_parquet(out / "tagged.parquet")
    else:
        rows.to_json(out / "tagged.jsonl", num_proc=processes, force_ascii=False)
    return len(rows)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--datasets", action="store_true", help="by `datasets.map` instead of plain Python")
    arguments.add_argument("--against", type=pathlib.Path, help="the same folder, tagged by `data tag --shards jsonl`")
    given = arguments.parse_args()
    out = given.folder.with_name(given.folder.name + "-python")
    out.mkdir(exist_ok=True)
    paths = sorted(given.folder.glob("*.jsonl")) or sorted(given.folder.glob("*.parquet"))
    if not paths:
        arguments.error(f"no .jsonl and no .parquet lies in {given.folder}")
    if given.against and given.datasets or paths[0].suffix == ".parquet" and not given.datasets:
        arguments.error("--against wants plain Python, and plain Python wants .jsonl")
    began = time.perf_counter()
    rows = (with_datasets if given.datasets else plain)(paths, out, given.processes)
    took = time.perf_counter() - began
    print(f"{rows} rows in {took:.1f} s: {rows / took:.0f} rows/s in {given.processes} processes")
    if given.against:
        same = all_lines = 0
        for path in paths:
            with open(out / path.name, encoding="utf-8") as here, open(given.against / path.name, encoding="utf-8") as there:
                for mine, theirs in zip(here, there, strict=True):
                    all_lines += 1
                    same += json.loads(mine)["_traits"] == json.loads(theirs).get("_traits", [])
        print(f"the same traits in {same} of {all_lines} lines")
