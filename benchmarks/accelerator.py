"""Training on a GPU: keras_mtl on JAX beside PyTorch with `torch.compile`.

    python benchmarks/accelerator.py                        # BERT-base, bfloat16; an LSTM, float32
    python benchmarks/accelerator.py --model bert --size tiny --batch 8 --length 32   # on a CPU

Two tasks with rows of their own train one encoder with random weights: a BERT as KerasHub has it,
read from a folder as a user's would be, or the LSTM of `mtl.trunks.lstm`. Ours is `fit` on a
mixture of texts, every one of `--length` tokens. PyTorch gets ids that lie on its device already,
and passes the rows of both tasks through `nn.TransformerEncoder`, or `nn.LSTM`, in one go: less
than its users write. Each runs in a process of its own, ours and the other in turn in each round.

The share of the matrix rate counts the products of a step, forward and back, over what square bf16
matrices (float32 of the LSTM) reach on the same device in JAX. On a GPU the status is 1 where ours
has less than the goal for BERT. TensorFlow need not be installed; PyTorch is left out where
`--torch PYTHON` has none.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from gpu.sizes import flops_per_row

GOAL = 0.4  # Of the matrix rate, BERT-base on a GPU.
FOLDER = Path(__file__).parent


def in_a_process(python, what, settings):
    """What a measurement printed last, or `None` where the library is not there."""
    command = [python, "-m", f"gpu.{what}", json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER)
    if done.returncode:
        if what == "torch_training" and "No module named 'torch'" in done.stderr:
            return None
        raise SystemExit(f"{done.stderr[-4000:]}\n{what} failed with status {done.returncode}.")
    return json.loads(done.stdout.splitlines()[-1])


def compared(options, model):
    """Print a table of a model; the median share of the matrix rate of ours, and the device."""
    settings = {
        "model": model, "size": options.size, "batch": options.batch, "length": options.length,
        "steps": options.steps, "warm_up": options.warm_up,
        "half": model == "bert" and not options.full_precision,
    }  # fmt: skip
    rate = in_a_process(sys.executable, "matrix_rate", settings)
    rounds = {"ours": [], "torch": []}
    for _ in range(options.rounds):
        rounds["ours"].append(in_a_process(sys.executable, "jax_training", settings))
        rounds["torch"].append(in_a_process(options.torch, "torch_training", settings))
    per_row = flops_per_row(settings)
    kind = "bfloat16" if settings["half"] else "float32"
    print(
        f"\n{model}, {kind}, {options.batch} rows of {options.length} tokens, on {rate['device']}"
    )
    print(f"matrix rate: {rate['operations'] / 1e12:.2f} TFLOP/s\n")
    print("| training | rows a second | of matrix rate | peak memory, MB | ours over it |")
    print("|---|---|---|---|---|")
    ours = [one["rows_per_second"] for one in rounds["ours"]]
    for name, found in rounds.items():
        if None in found:
            print(f"| {name} | not installed | | | |")
            continue
        rows = [one["rows_per_second"] for one in found]
        ratios = [one / other for one, other in zip(ours, rows, strict=True)]
        print(
            f"| {name} | {_range(rows, ',.1f')} | "
            f"{statistics.median(rows) * per_row / rate['operations']:.1%} | "
            f"{statistics.median(one['megabytes'] for one in found):,.0f} | "
            f"{_range(ratios, '.2f')} |",
            flush=True,
        )
    return statistics.median(ours) * per_row / rate["operations"], rate["device"]


def _range(values, form):
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}} to {high:{form}})"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", nargs="+", choices=("bert", "lstm"), default=["bert", "lstm"])
    parser.add_argument("--size", choices=("base", "tiny"), default="base")
    parser.add_argument("--batch", type=int, default=256, help="rows of a step, over both tasks")
    parser.add_argument("--length", type=int, default=128, help="tokens of a row")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--full-precision", action="store_true", help="float32 for BERT, too")
    parser.add_argument("--torch", default=sys.executable, help="a Python that has PyTorch")
    options = parser.parse_args()
    short = False
    for model in options.model:
        share, device = compared(options, model)
        if model == "bert" and options.size == "base" and "cpu" not in device.lower():
            print(f"of matrix rate: {share:.1%} (goal: at least {GOAL:.0%})")
            short = share < GOAL
        else:
            print(f"of matrix rate: {share:.1%} (no goal but for BERT-base on a GPU)")
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
