"""Training speed on IMDB and Reuters: keras_mtl beside plain Keras and PyTorch.

    python benchmarks/pair_speed.py                         # rows per second
    python benchmarks/pair_speed.py --model bag --time-to 0.89  # seconds to an accuracy
    python benchmarks/pair_speed.py --against plain_keras   # without PyTorch

The same model everywhere: an embedding, an LSTM and the mean over real tokens, or the bag of the
example, in which only ours weighs words for each task; a linear head per task; the same Adam; 64
rows a step over both sets; the sum of the tasks' mean losses, in plain Keras of their sums over all
rows. Each measurement runs in a process of its own on the processor, all competitors in turn in
each round; ratios are medians over rounds. The status is 1 when a figure falls short of its goal.

Competitors: `plain_keras` is `fit` on one array of both sets, padded to the most tokens that a
text may have, with zero weights for the rows of the other task; its Adam squares the gradients of
an embedding token by token, so it is another, and its losses are not to be compared. `torch_usual`
has a loader per task that pads to the longest row of its batch, and a pass through the trunk for
each. `torch_buckets` is the same with batches of rows of like length. Peak memory of `ours`
includes the texts and the tokenizer, which the others, who read ids from a file, do without; its
steps include the metrics that it always keeps. Training in `torch_*` keeps losses only. Only `ours`
runs with the allocator that `import keras_mtl` chooses. Wants `KERAS_MTL_DATA`, as `load_dataset`
does.
"""

import argparse
import dataclasses
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from pair import tables
from pair.process import in_a_process
from pair.settings import MODELS, TASKS

# Name to its module, and what its functions are given besides.
COMPETITORS = {
    "ours": ("ours", {}),
    "plain_keras": ("plain_keras", {}),
    "torch_usual": ("torch_loops", {"batches": "usual"}),
    "torch_buckets": ("torch_loops", {"batches": "buckets"}),
}
# At least so many times the rows per second of each.
SPEED_GOALS = {"plain_keras": 1.5, "torch_usual": 1.2, "torch_buckets": 1.0}
# At most so many times the seconds to an accuracy.
TIME_GOALS = {"torch_usual": 0.5}
# Average number of running processes above which a machine is not idle.
BUSY = 0.5


def in_rounds(options, settings, function, names, **arguments):
    """Name to the results of all rounds; a round is every competitor once."""
    results = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        sets = str(Path(folder) / "sets.npz")
        in_a_process("data:write", settings, path=sets)
        for number in range(options.rounds):
            own = dataclasses.replace(settings, seed=options.seed + number)
            for name in names:
                module, extra = COMPETITORS[name]
                call = f"{module}:{function}"
                result = in_a_process(call, own, sets=sets, **arguments, **extra)
                results[name].append(result)
                print(f"round {number + 1}: {name} {result['seconds']:.1f} s", file=sys.stderr)
    return results


def compare_speed(options, settings):
    """Rows per second of all; whether the goals are met."""
    names = ["ours", *options.against]
    rates = in_a_process("matrix_rate:measured", settings)
    rounds = in_rounds(options, settings, "speed", names, steps=options.steps)
    again = in_a_process("matrix_rate:measured", settings)
    rate = max(*rates.values(), *again.values())
    machine = f"Matrix rate of the machine: {rate / 1e9:.0f} GFLOP/s in float32."
    show(options, "pair_speed", tables.speed_table(rounds, settings, rate), machine)
    if options.out:
        path = Path(options.out) / "pair_speed.svg"
        tables.plot(rounds, tables.rows_per_second, "rows per second", path)
    met = []
    for name in options.against:
        ratio, goal = tables.ratios(rounds, name, tables.rows_per_second), SPEED_GOALS[name]
        print(f"rows/s over those of {name}: {ratio.text('.2f')} (goal: at least {goal})")
        met.append(ratio.median >= goal)
    return all(met)


def compare_time(options, settings):
    """Seconds to the accuracy; whether the goal is met."""
    arguments = {"task": TASKS["imdb"], "accuracy": options.time_to, "epochs": options.epochs}
    rounds = in_rounds(options, settings, "time_to", ["ours", *TIME_GOALS], **arguments)
    show(options, "time_to_accuracy", tables.time_table(rounds))
    if options.out:
        label = f"seconds of training to {options.time_to:.0%} on IMDB"
        path = Path(options.out) / "time_to_accuracy.svg"
        tables.plot(rounds, lambda one: one["seconds"], label, path)
    met = [all(one["reached"] for one in rounds["ours"])]
    for name, goal in TIME_GOALS.items():
        # Who does not arrive is given the seconds until the last epoch, too few rather than many.
        ratio = tables.ratios(rounds, name, lambda one: one["seconds"])
        print(f"seconds over those of {name}: {ratio.text('.2f')} (goal: at most {goal})")
        met.append(ratio.median <= goal)
    return all(met)


def show(options, name, *parts):
    """Print a table and what belongs to it; write it where `--out` says."""
    text = "\n\n".join(parts)
    print(text + "\n")
    if options.out:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        (Path(options.out) / f"{name}.md").write_text(text + "\n", encoding="utf-8")


def parse(arguments=None):
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=MODELS, default="lstm")
    parser.add_argument("--bidirectional", action="store_true")
    parser.add_argument("--against", nargs="+", choices=SPEED_GOALS, default=list(SPEED_GOALS))
    parser.add_argument("--steps", type=int, default=200, help="measured steps, at most 450")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--time-to", type=float, metavar="ACCURACY", help="of IMDB, such as 0.89")
    parser.add_argument("--epochs", type=int, default=8, help="at most, with --time-to")
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--out", metavar="FOLDER", help="write the table and a plot there")
    options = parser.parse_args(arguments)
    if not (1 <= options.steps <= 450 and options.rounds >= 1 and options.epochs >= 1):
        parser.error("--steps must be from 1 to 450, --rounds and --epochs at least 1.")
    return options


def main(options):
    wanted = TIME_GOALS if options.time_to else options.against
    if any(name.startswith("torch") for name in wanted) and not importlib.util.find_spec("torch"):
        print("PyTorch is missing: `pip install torch`, or --against plain_keras.", file=sys.stderr)
        sys.exit(2)
    if os.getloadavg()[0] > BUSY:
        print(f"Other work is running (load {os.getloadavg()[0]:.1f}): PyTorch's threads, which "
              "wait for each other, suffer most from it. The figures are not to be trusted.",
              file=sys.stderr)  # fmt: skip
    settings = dataclasses.replace(MODELS[options.model], bidirectional=options.bidirectional)
    met = (compare_time if options.time_to else compare_speed)(options, settings)
    sys.exit(not met)


if __name__ == "__main__":
    main(parse())
