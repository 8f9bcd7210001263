"""The traits of src/style/traits.rs, written as one would in Python: word lists and regular expressions.

The word lists and the thresholds are read from the Rust sources. `tagging.py` times it and says how often it finds the
same traits.
"""
import json, pathlib, re

STYLE = pathlib.Path(__file__).resolve().parents[2] / "src/style"
WORD = re.compile(r"[^\W_](?:\w|(?<=[^\W\d_])['’.:](?=[^\W\d_])|(?<=\d)[.,;'’](?=\d))*")
CALL = re.compile(r"\w\([^()\s]*[^()]*\)|\w\(\)")
LIST = re.compile(r"^\s*(?:[-*+•–]|\d{1,2}[.)]|\(?[a-z]\))\s+\S")
LABEL = re.compile(
    r"^\s*(?:\*\*)?(?:[A-Z][\w'-]*(?: [\w'-]+){0,3}(?:\*\*)?:(?:\*\*)?(?:\s|$)|\[[A-Z][^\]]{1,30}\]|#{1,4} )"
)
SIMILE = re.compile(r"\b(?:like (?:an?|the|some|two|old|wet)\b|as (?:if|though)\b|as \w+ as\b|as an? \w+)", re.I)
MARK = re.compile(r"[`{}\[\]=<>;|\\]")
END = re.compile(r"[.!?…][.!?…\"')\]”’*`]*")
ABBREVIATION = re.compile(r"(?:^|\s)[(\"]*(?:dr|mr|mrs|ms|prof|st|vs|etc|e\.g|i\.e|fig|no|int|ext)$", re.I)
FIRST = re.compile(r"[^\W\d_][^\W\d_'’]*(?:['’][^\W\d_'’]*)*")
LETTER = re.compile(r"[^\W\d_]")


def word_lists():
    text = (STYLE / "word_lists.rs").read_text(encoding="utf-8")
    found = {}
    for name, entries in re.findall(r'const (\w+): WordList =\s*WordList::new\(\s*\d+,\s*"([^"]*)"', text):
        entries = re.sub(r"\\\n\s*", "", entries)
        table = {}
        for entry in entries.split(","):
            words = entry.split()
            if words:
                table.setdefault(words[0], []).append(words[1:])
        found[name] = table
    return found


def thresholds():
    text = (STYLE / "traits.rs").read_text(encoding="utf-8")
    return {name: float(value) for name, value in re.findall(r'declare\(\s*"(\w+)",\s*([\d.]+)', text)}


LISTS, THRESHOLDS = word_lists(), thresholds()


def sentences_of(line):
    start, first = 0, True
    for mark in END.finditer(line):
        before, rest = line[start : mark.start()], line[mark.end() :]
        item, first = first and before.strip().isdigit(), False
        if rest and not rest[0].isspace():
            continue
        pause = mark.group().startswith("..") or mark.group()[0] == "…"
        stripped = rest.lstrip()
        if pause and stripped and stripped[0].islower():
            continue
        if mark.group()[0] == "." and (item or ABBREVIATION.search(before)):
            continue
        yield line[start : mark.end()]
        start, first = mark.end(), True
    yield line[start:]


def json_length(text):
    """Characters in objects and arrays that parse."""
    total, at, decoder = 0, 0, json.JSONDecoder()
    while at < len(text):
        if text[at] in "{[":
            try:
                _, end = decoder.raw_decode(text, at)
                total, at = total + end - at, end
                continue
            except ValueError:
                pass
        at += 1
    return total


def traits(raw):
    words = [word.group().lower().replace("’", "'") for word in WORD.finditer(raw)]
    if not words:
        return []
    lines = [line for line in raw.splitlines() if line.strip()]
    sentences = [s for line in lines for s in map(str.strip, sentences_of(line)) if WORD.search(s)]
    n = len(words)

    shares = {}
    for name, table in LISTS.items():
        count = 0
        for i, word in enumerate(words):
            entries = table.get(word)
            if entries and any(words[i + 1 : i + 1 + len(rest)] == rest for rest in entries):
                count += 1
        shares[name] = count / n
    part = lambda keep, of: sum(1 for x in of if keep(x)) / len(of) if of else 0.0
    marks = lambda signs: sum(raw.count(sign) for sign in signs) / n
    up = lambda value, full, weight: weight * min(max(value / full, 0.0), 1.0)
    down = lambda value, start, end, weight: weight * min(max((end - value) / (end - start), 0.0), 1.0)

    def command(sentence):
        first = FIRST.search(sentence)
        return bool(first) and [] in LISTS["IMPERATIVES"].get(first.group().lower().replace("’", "'"), ())

    def lower(sentence):
        first = LETTER.search(sentence)
        return bool(first) and first.group().islower()

    long = part(lambda w: len(w) >= 7, words)
    contractions = part(lambda w: "'" in w, words)
    lower_starts = part(lower, sentences)
    shouts = part(lambda s: s.rstrip("\"')”’*").endswith("!"), sentences)
    formality = 0.35 + long + shares["PREPOSITIONS"] + 0.5 * shares["ARTICLES"] - (
        2 * contractions + 2 * shares["CASUAL"] + shares["SECOND"] + shares["FIRST_SINGULAR"] + 0.5 * shouts
        + 0.5 * lower_starts
    )
    formality = min(max(formality, 0.0), 1.0)
    length = n / max(len(sentences), 1)
    digits = part(lambda w: w[0] in "0123456789", words)
    questions = part(lambda s: "?" in s, sentences)
    exclamations = part(lambda s: "!" in s, sentences)
    commands = part(command, sentences)
    similes = len(SIMILE.findall(raw)) / len(sentences) if sentences else 0.0
    capitals = part(lambda w: len(w) > 1 and w.isalpha() and w.isupper(), [w.group() for w in WORD.finditer(raw)])
    pairs = sum(raw.count(pair) for pair in ("->", "=>", "::", "()", "//", "==", "/v"))
    code = (len(MARK.findall(raw)) + pairs + len(CALL.findall(raw))) / n
    data = min(json_length(raw) / max(len(raw.strip()), 1), 1.0)
    s = shares
    scores = {
        "analytical": up(s["ANALYSIS"], 0.10, 0.6) + up(s["CONNECTIVES"], 0.08, 0.25) + up(digits, 0.06, 0.25)
        - up(s["IMAGERY"], 0.06, 0.3),
        "assertive": up(commands, 0.5, 0.4) + up(s["BOOSTERS"], 0.06, 0.35) + up(capitals, 0.06, 0.1)
        + down(length, 6.0, 14.0, 0.3) - up(s["HEDGES"], 0.05, 0.25) - up(questions, 0.3, 0.2),
        "brief": down(length, 4.0, 14.0, 0.5) + down(n, 20.0, 100.0, 0.5),
        "casual": up(s["CASUAL"], 0.07, 0.4) + up(contractions, 0.06, 0.3) + up(lower_starts, 0.5, 0.15)
        + down(formality, 0.2, 0.6, 0.3),
        "cautious": up(s["CAUTION"], 0.09, 0.7) + up(s["HEDGES"], 0.05, 0.4),
        "detailed": up(n - 20.0, 80.0, 0.35) + up(length - 6.0, 10.0, 0.25) + up(long, 0.3, 0.2)
        + up(marks(",;:"), 0.14, 0.1) + up(digits, 0.05, 0.1),
        "figurative": up(similes, 0.3, 0.4) + up(s["IMAGERY"], 0.07, 0.45) + up(s["ARCHAIC"], 0.03, 0.3)
        - up(digits, 0.03, 0.2),
        "formal": formality - up(contractions, 0.04, 0.2),
        "imaginative": up(s["IMAGERY"], 0.08, 0.6) + up(s["PAST"], 0.05, 0.2) + up(s["ARCHAIC"], 0.03, 0.15)
        + up(s["THIRD"], 0.08, 0.15) - up(s["SECOND"], 0.06, 0.15) - up(s["TECHNICAL"], 0.10, 0.2),
        "neutral": 1.0 - up(s["POSITIVE"] + s["NEGATIVE"], 0.08, 0.4) - up(exclamations, 0.3, 0.3)
        - up(s["FIRST_SINGULAR"] + s["SECOND"], 0.08, 0.5) - up(contractions, 0.04, 0.2) - up(similes, 0.3, 0.2),
        "playful": up(s["PLAY"], 0.05, 0.7) + up(marks("("), 0.03, 0.2) + up(lower_starts, 0.8, 0.2)
        + up(similes, 0.3, 0.15),
        "positive": 0.1 + up(s["POSITIVE"], 0.06, 0.4) + up(exclamations, 0.25, 0.3) + down(formality, 0.2, 0.6, 0.2)
        - up(s["NEGATIVE"], 0.05, 0.15),
        "questioning": up(questions, 0.5, 1.0),
        "structured": up(part(LIST.match, lines), 0.5, 0.3) + up(part(LABEL.match, lines), 0.5, 0.35)
        + up(len(lines) - 1.0, 4.0, 0.2) + up(marks(":"), 0.08, 0.3) + up(s["STEPS"], 0.08, 0.3),
        "supportive": up(s["SUPPORT"], 0.08, 0.7) + up(s["SECOND"], 0.08, 0.3) - up(code, 0.1, 0.3),
        "technical": up(s["TECHNICAL"], 0.12, 0.6) + up(code, 0.12, 0.5) + up(data, 0.5, 0.3)
        - up(s["IMAGERY"], 0.08, 0.2),
    }
    return [name for name, score in scores.items() if min(max(score, 0.0), 1.0) >= THRESHOLDS[name] - 1e-6]
