"""How fast a Python script tags: the same rules, on the same rows, in as many processes as one likes.

Reads JSON lines, tries the rules of src/data/tag/rules.toml in their order with Python's `re`, asks a linear classifier on
hashed words and pieces of words (scikit-learn) where no rule fits, and writes each line with its control tag. With --rules it
stops at the rules. Traits, escaping and provenance, which `data tag` also does, are left out: the ratio is a cautious one.

    persona-eval data make-scale 100000 --from fixtures/corpus/train -o out/scale --shards jsonl
    pip install scikit-learn && python3 benches/peers/tagging.py out/scale --processes 2
    time persona-eval data tag out/scale out/tagged --shards jsonl
"""
import argparse, json, multiprocessing, pathlib, re, time, tomllib

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


def work(job):
    path, out, with_classifier = job
    known, classify = rules(), classifier() if with_classifier else None
    count = 0

    def block(lines, file):
        rows = [json.loads(line) for line in lines]
        left = []
        for row in rows:
            asked = row["instruction"] + "\n" + row.get("input", "")
            for persona, sides in known:
                if all(marker.search(asked if side == "asked" else row["output"]) for side, marker in sides):
                    row["_persona"] = persona
                    break
            else:
                left.append(row)
        if classify and left:
            for row, place in zip(left, classify([row["output"] for row in left])):
                row["_persona"] = f"persona{place}"
        for row in rows:
            if "_persona" in row:
                row["instruction"] = f"<persona:{row['_persona']}>\n{row['instruction']}"
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return len(rows)

    with open(path, encoding="utf-8") as file, open(out / path.name, "w", encoding="utf-8") as target:
        lines = []
        for line in file:
            lines.append(line)
            if len(lines) == BLOCK:
                count += block(lines, target)
                lines = []
        count += block(lines, target)
    return count


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--rules", action="store_true", help="without the classifier")
    given = arguments.parse_args()
    out = given.folder.with_name(given.folder.name + "-python")
    out.mkdir(exist_ok=True)
    jobs = [(path, out, not given.rules) for path in sorted(given.folder.glob("*.jsonl"))]
    began = time.perf_counter()
    with multiprocessing.Pool(given.processes) as pool:
        rows = sum(pool.imap_unordered(work, jobs))
    took = time.perf_counter() - began
    print(f"{rows} rows in {took:.1f} s: {rows / took:.0f} rows/s in {given.processes} processes")
