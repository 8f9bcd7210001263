"""Blended generation beside PEFT and llama.cpp, in turns: generation.py BINARY MODEL.gguf [--rows 32] [--tokens 48] [--dtype f32] [--repeats 3]

Needs torch, transformers, peft, gguf; xllamacpp with --llama. Greedy, to the full length, on chat prompts of one shape; five random
adapters of rank 8 on all linear modules. persona-eval: 57 different blends of them, one a request, ROWS at a time. PEFT has no blends in
one batch, so each of its ROWS rows speaks with one of the five (`adapter_names`). llama.cpp speaks with the base alone, ROWS slots.
Prints a line a run, and the medians: generated tokens a second of wall-clock time, prompts included.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, threading, time

parser = argparse.ArgumentParser()
parser.add_argument("binary"), parser.add_argument("model", type=pathlib.Path)
for name, value in [("rows", 32), ("tokens", 48), ("repeats", 3)]:
    parser.add_argument(f"--{name}", type=int, default=value)
parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
parser.add_argument("--llama", action="store_true")
parser.add_argument("--peer", choices=["peft", "llama"], help="that side alone, in a process of its own")
args = parser.parse_args()
asked = [f"Question {i}: explain why the sky is blue in a style suited to listener number {i}." for i in range(args.rows)]


def peft():
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[args.dtype]
    folder, file = str(args.model.parent), args.model.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file, padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=dtype)
    linears = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    lora = lambda: LoraConfig(r=8, lora_alpha=16, target_modules=linears, init_lora_weights=False)
    model = get_peft_model(model, lora(), adapter_name="0")
    for i in range(1, 5):
        model.add_adapter(str(i), lora())
    model = model.to(dtype).eval()
    texts = [tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True) for text in asked]
    batch = tokenizer(texts, return_tensors="pt", padding=True)

    def generate(tokens):
        names = [str(i % 5) for i in range(args.rows)]
        model.generate(**batch, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False, adapter_names=names)

    with torch.no_grad():
        generate(4)
        begun = time.perf_counter()
        generate(args.tokens)
    return args.rows * args.tokens / (time.perf_counter() - begun)


def llama():
    import xllamacpp
    params = xllamacpp.CommonParams()
    params.model.path, params.n_parallel, params.n_ctx = str(args.model), args.rows, 512 * args.rows
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count()
    params.cache_prompt, params.verbosity = False, 0
    server = xllamacpp.Server(params)
    made = [0] * args.rows

    def ask(i):
        request = {"messages": [{"role": "user", "content": asked[i]}], "max_tokens": args.tokens, "temperature": 0,
                   "ignore_eos": True, "cache_prompt": False}
        reply = server.handle_chat_completions(request)
        made[i] = (json.loads(reply) if isinstance(reply, (str, bytes)) else reply)["usage"]["completion_tokens"]

    ask(0)
    threads = [threading.Thread(target=ask, args=(i,)) for i in range(args.rows)]
    begun = time.perf_counter()
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    return sum(made) / (time.perf_counter() - begun)


def ours(active):
    command = [args.binary, "bench", "--base", str(args.model), "--dtype", args.dtype, "--rows", str(args.rows), "--active", str(active),
               "--ranks", "8", "--blends", "57", "--tokens", str(args.tokens), "--repeats", "1", "--json"]
    cells = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["cells"]
    return next(cell["tokens_per_second"] for cell in cells if cell["work"] == "generate")


def peer(name):
    command = [sys.executable, *sys.argv, "--peer", name]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


if args.peer:
    print(json.dumps({"peft": peft, "llama": llama}[args.peer]()))
    sys.exit()
ways = {"persona-eval, 57 blends of five": lambda: ours(5), "persona-eval, base": lambda: ours(0), "PEFT, one of five a row": lambda: peer("peft")}
if args.llama:
    ways["llama.cpp, base"] = lambda: peer("llama")
found = {name: [] for name in ways}
for _ in range(args.repeats):
    for name, way in ways.items():
        found[name].append(way())
        print(f"{name:<34} {found[name][-1]:7.0f} tokens/s", flush=True)
print("medians, with slowest and fastest")
for name, runs in found.items():
    print(f"{name:<34} {statistics.median(runs):7.0f} tokens/s ({min(runs):.0f} to {max(runs):.0f})")
