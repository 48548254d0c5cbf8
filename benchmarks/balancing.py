"""What a gradient for each task costs, over equal weighting, and beside PyTorch.

    python benchmarks/balancing.py                   # a BERT, 2, 4 and 8 tasks
    python benchmarks/balancing.py --trunk lstm --tasks 2 16
    python benchmarks/balancing.py --torch           # beside PyTorch and TorchJD, too

A transformer of 4 layers, 256 wide, or an LSTM of 64 units; random token ids of length 64, 16 rows
for each task: a dataset per task, or all tasks on the same 16 rows. Each measurement is a process
of its own, in turn, so that what else runs meets all alike. Ratios are of medians, to equal
weighting of the same rows. Compile seconds and peak memory are of the whole process. The status is
1 where a ratio is above its goal. `--torch` wants `torch` and `torchjd`, which are on PyPI.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LENGTH, ROWS, VOCABULARY, CLASSES = 64, 16, 8_000, 4
AGGREGATOR = "upgrad"
# Rows, whose step, and the goal for so many tasks (`None`: told, no goal).
MEASURED = {
    "a dataset per task": ("streams", "parameters", lambda trunk, tasks: _of_streams(trunk, tasks)),
    "shared rows, at the parameters": (
        "shared",
        "parameters",
        lambda _, tasks: (1 + 2 * tasks) / 3,
    ),
    "shared rows, at the features": ("shared", "features", lambda *_: 1.2),
    "a dataset per task, logged": ("streams", "logged", lambda *_: None),
}


def _of_streams(trunk, tasks):
    if trunk == "bert":
        return 1.15
    return 1.2 if tasks <= 2 else 2.0


def model_of(trunk, tasks):
    import keras

    import keras_mtl as mtl

    keras.utils.set_random_seed(0)
    labels = [f"class {number}" for number in range(CLASSES)]
    every = [mtl.classification(f"task_{number}", labels) for number in range(tasks)]
    if trunk == "lstm":
        made = mtl.trunks.lstm(VOCABULARY, embedding_dim=128, units=64)
    else:
        made = mtl.trunks.transformer(
            VOCABULARY, hidden_dim=256, layers=4, heads=4, sequence_length=LENGTH
        )
    return mtl.MultiTaskModel(made, every)


def batch_of(tasks, rows):
    import numpy as np

    random = np.random.default_rng(0)

    def ids():
        return {"token_ids": random.integers(2, VOCABULARY, (ROWS, LENGTH)).astype("int32")}

    labels = {f"task_{one}": random.integers(0, CLASSES, ROWS).astype("int32")
              for one in range(tasks)}  # fmt: skip
    if rows == "shared":
        return ids(), labels
    return {name: ids() for name in labels}, {name: {name: one} for name, one in labels.items()}


def ours(options):
    """Seconds of each step, of compilation, and the peak of memory in MiB."""
    import tensorflow as tf

    from keras_mtl import balancing

    model = model_of(options.trunk, options.tasks[0])
    balancer = "equal"
    if options.level in ("parameters", "features"):
        balancer = type(balancing.get(AGGREGATOR))(level=options.level)
    model.compile(
        "adam", balancer=balancer, log_gradients=options.level == "logged", self_checks=False
    )
    data = tf.nest.map_structure(tf.constant, batch_of(options.tasks[0], options.rows))
    model.make_train_function()
    return timed(lambda: model.train_function(iter([data])), options.steps)


def timed(step, steps):
    begin = time.perf_counter()
    step()
    first = time.perf_counter() - begin
    step()
    seconds = []
    for _ in range(steps):
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "first": first - seconds[0], "peak": peak}


def measured(options, tasks, rows, level):
    """One measurement, in a process of its own."""
    script = "balancing_torch.py" if level.startswith("torch") else "balancing.py"
    command = [sys.executable, os.path.join(os.path.dirname(__file__), script), "--one", level]
    command += ["--rows", rows, "--tasks", str(tasks), "--trunk", options.trunk]
    done = subprocess.run([*command, "--steps", str(options.steps)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stderr}\n{level} on {rows} failed with status {done.returncode}.")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure in turn, and compare with the goals."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trunk", choices=("bert", "lstm"), default="bert")
    parser.add_argument("--tasks", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--torch", action="store_true")
    parser.add_argument("--one", dest="level", help=argparse.SUPPRESS)
    parser.add_argument("--rows", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.level:
        print(json.dumps(ours(options)))
        return 0
    short = 0
    print("| rows | tasks | seconds of equal weighting | times | goal | compile s | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for tasks in options.tasks:
        wanted = [("equal", rows) for rows in ("streams", "shared")]
        wanted += [(level, rows) for rows, level, _ in MEASURED.values()]
        if options.torch:
            wanted += [(f"torch_{one}", "streams") for one in ("equal", "each", "torchjd")]
        found = {one: [] for one in wanted}
        for _ in range(options.rounds):
            for level, rows in wanted:
                found[level, rows].append(measured(options, tasks, rows, level))
        short += report(options, tasks, found)
    return int(short > 0)


def report(options, tasks, found):
    """Lines of the table; how many goals are missed."""
    median = {
        one: statistics.median(second for run in runs for second in run["seconds"])
        for one, runs in found.items()
    }
    shown = {name: (rows, level, goal(options.trunk, tasks))
             for name, (rows, level, goal) in MEASURED.items()}  # fmt: skip
    if options.torch:
        shown["PyTorch, a backward pass per task"] = ("streams", "torch_each", None)
        shown["TorchJD, UPGrad"] = ("streams", "torch_torchjd", None)
    short = 0
    for name, (rows, level, goal) in shown.items():
        base = ("torch_equal" if level.startswith("torch") else "equal", rows)
        ratio = median[level, rows] / median[base]
        compiling = statistics.median(run["first"] for run in found[level, rows])
        peak = max(run["peak"] for run in found[level, rows])
        print(
            f"| {name} | {tasks} | {median[base]:.3f} | {ratio:.2f} | "
            f"{'' if goal is None else f'{goal:.2f}'} | {compiling:.1f} | {peak:,.0f} |",
            flush=True,
        )
        short += goal is not None and ratio > goal
    return short


if __name__ == "__main__":
    sys.exit(main())
