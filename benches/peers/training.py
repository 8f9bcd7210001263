"""Training beside PEFT, in turns on the same examples: training.py BINARY MODEL.gguf CORPUS_DIR [--rank 8] [--rows 8] [--steps 6] [--repeats 3]

Needs torch, transformers, peft, gguf. PEFT has ROWS examples a step and pads to the longest; persona-eval draws an order of its own and
packs as many tokens as ROWS have on average. Tokens that count are those of prompts and answers, without padding, of all steps but the first two (warm-up).
Prints a line a run, and the medians: useful tokens a second, and the most memory (MiB) of the process.
    f32, one adapter; f32, five adapters in one pass over the same rows; PEFT f32; with --bf16 both in bf16 too.
"""
import argparse, json, pathlib, resource, statistics, subprocess, sys, tempfile

parser = argparse.ArgumentParser()
parser.add_argument("binary"), parser.add_argument("model"), parser.add_argument("corpus", type=pathlib.Path)
for name, value in [("rank", 8), ("rows", 8), ("steps", 6), ("repeats", 3)]:
    parser.add_argument(f"--{name}", type=int, default=value)
parser.add_argument("--bf16", action="store_true")
parser.add_argument("--peft", metavar="DTYPE", help="the PEFT side, in a process of its own")
args = parser.parse_args()
SKIPPED = 2
examples = [json.loads(line) for file in sorted(args.corpus.glob("*.jsonl")) for line in open(file) if line.strip()]
# Evenly from all files, so that all five groups are in every step.
count = args.rows * (args.steps + SKIPPED)
examples = [examples[i * len(examples) // count] for i in range(count)]
examples = [examples[j] for i in range(args.steps + SKIPPED) for j in range(i, count, args.steps + SKIPPED)]


def peft(dtype):
    import time, torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer
    folder, file = str(pathlib.Path(args.model).parent), pathlib.Path(args.model).name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=getattr(torch, dtype))
    linears = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(model, LoraConfig(r=args.rank, lora_alpha=2 * args.rank, target_modules=linears))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    rows = []
    for e in examples:
        asked = tokenizer.apply_chat_template([{"role": "user", "content": e["instruction"]}], tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(asked, add_special_tokens=False).input_ids
        answer = tokenizer(e["output"] + "<|im_end|>", add_special_tokens=False).input_ids
        rows.append((prompt + answer, [-100] * len(prompt) + answer))
    seconds = tokens = 0
    for step in range(args.steps + SKIPPED):
        batch = rows[step * args.rows:(step + 1) * args.rows]
        longest = max(len(ids) for ids, _ in batch)
        pad = lambda values, filler: torch.tensor([v + [filler] * (longest - len(v)) for v in values])
        begun = time.perf_counter()
        model(input_ids=pad([x for x, _ in batch], 0), attention_mask=pad([[1] * len(x) for x, _ in batch], 0),
              labels=pad([y for _, y in batch], -100)).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step >= SKIPPED:
            seconds += time.perf_counter() - begun
            tokens += sum(len(x) for x, _ in batch)
    print(json.dumps({"rate": tokens / seconds, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


def ours(multi, dtype="f32"):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "data").mkdir()
        (folder / "data/a.jsonl").write_text("\n".join(json.dumps(e) for e in examples))
        # As many tokens a step as ROWS have on average.
        (folder / "config.yaml").write_text(
            "seed: 1\nphases: [{ name: all, personas: all, learning_rate: 1e-4 }]\n"
            f"training: {{ data: data, epochs: 1, rank: {args.rank}, alpha: {2 * args.rank}, batch_tokens: {args.rows * 138}, dtype: {dtype}, "
            "checkpoint_every: 0 }\n")
        command = [args.binary, "train", str(folder / "config.yaml"), "-o", str(folder / "out"), "--skip-leak-check", "--base", args.model]
        subprocess.run(command + ["--multi-adapter"] * multi, check=True, capture_output=True)
        record = json.loads((folder / "out/training.json").read_text())
        steps = [line for line in map(json.loads, open(folder / "out/training.jsonl")) if "step" in line][SKIPPED:]
        return {"rate": sum(s["tokens"] for s in steps) / sum(s["seconds"] for s in steps), "mib": record["cost"]["peak_mib"]}


if args.peft:
    peft(args.peft)
    sys.exit()
ways = {"persona-eval f32, one adapter": lambda: ours(False), "persona-eval f32, five adapters": lambda: ours(True)}
if args.bf16:
    ways["persona-eval bf16, one adapter"] = lambda: ours(False, "bf16")
for dtype in ["float32"] + ["bfloat16"] * args.bf16:
    run = lambda dtype=dtype: json.loads(subprocess.run([sys.executable, *sys.argv, "--peft", dtype], check=True, capture_output=True,
                                                        text=True).stdout.splitlines()[-1])
    ways[f"PEFT {dtype}, one adapter"] = run
found = {name: [] for name in ways}
for _ in range(args.repeats):
    for name, way in ways.items():
        found[name].append(way())
        print(name, found[name][-1], flush=True)
for name, runs in found.items():
    print(f"{name:<36} {statistics.median(r['rate'] for r in runs):7.0f} tokens/s {statistics.median(r['mib'] for r in runs):7.0f} MiB")
