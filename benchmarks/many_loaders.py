"""Training speed on FDU-MTL's 16 domains, beside PyTorch with a loader for each task.

    python benchmarks/many_loaders.py       # rows per second over PyTorch's, goal: at least 1.3

The same rows, token ids, widths and batch: 64 rows a step, 4 of each domain, a word-level LSTM.
PyTorch does what users write: for each task the next batch of its own `DataLoader`, padded to its
longest row, through trunk and head; the losses added up. Each measurement is a process of its own
on the processor, ours and PyTorch's in turn. Wants `KERAS_MTL_DATA` and `torch`.
"""

import argparse
import importlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import time

import many_tasks
import numpy as np

GOAL, DOMAINS = 1.3, 16


def prepared(length):
    """Domain to its rows, and the tokenizer of all."""
    import keras_mtl as mtl

    parts = many_tasks.domains(os.environ["KERAS_MTL_DATA"])
    sizes = {"vocabulary_size": many_tasks.VOCABULARY, "sequence_length": length}
    return parts, mtl.WordTokenizer.fit(*parts.values(), **sizes)


def ours(length, steps):
    """Rows per second of the package."""
    parts, tokenizer = prepared(length)
    training = many_tasks.Training(parts, tokenizer, DOMAINS, "lstm", seed=0)
    training.seconds(many_tasks.WARM_UP)
    return training.rate(steps)


def usual(length, steps):
    """Rows per second of PyTorch with a loader for each task."""
    from pair import torch_loops
    from pair.data import Rows, TaskRows
    from pair.settings import Settings
    from pair.torch_data import LOADERS, steps_of

    importlib.import_module("torch._dynamo")  # An optimizer does; behind TensorFlow that crashes.
    parts, tokenizer = prepared(length)
    names, sets = ("negative", "positive"), {}
    for name, split in parts.items():
        ids = tokenizer.encode(split.texts)["token_ids"]
        labels = [names.index(label) for label in split["label"]]
        rows = Rows(ids.values, ids.offsets, np.array(labels, np.int32))
        sets[name] = TaskRows(rows, rows, classes=2, rows_per_step=many_tasks.BATCH // DOMAINS)
    settings = Settings(vocabulary_size=tokenizer.vocabulary_size, sequence_length=length)
    model, optimizer = torch_loops.build(settings, sets)
    stream = steps_of({name: LOADERS["usual"](rows) for name, rows in sets.items()})
    for step in itertools.islice(stream, many_tasks.WARM_UP):
        torch_loops.train_step(model, optimizer, step)
    begin, count = time.perf_counter(), 0
    for step in itertools.islice(stream, steps):
        torch_loops.train_step(model, optimizer, step)
        count += sum(len(labels) for _, labels in step.values())
    return count / (time.perf_counter() - begin)


WHO = {"ours": ours, "torch": usual}


def measured(who, options):
    """The rate of one of them, in a process of its own."""
    command = [sys.executable, __file__, "--one", who]
    command += ["--length", str(options.length), "--steps", str(options.steps)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stderr}\n{who} failed with status {done.returncode}.")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure in turn, and compare with the goal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--length", type=int, default=400, help="most tokens of a text")
    parser.add_argument("--one", choices=WHO, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not os.environ.get("KERAS_MTL_DATA"):
        sys.exit("KERAS_MTL_DATA must name the folder with `fdu_mtl`. Received: nothing.")
    if options.one:
        print(json.dumps(WHO[options.one](options.length, options.steps)))
        return 0
    rates = {who: [] for who in WHO}
    for number in range(options.rounds):
        for who in WHO:
            rates[who].append(measured(who, options))
        print(f"round {number + 1}:", {who: round(one[-1], 1) for who, one in rates.items()})
    ratios = [one / other for one, other in zip(rates["ours"], rates["torch"], strict=True)]
    ratio = statistics.median(ratios)
    print("\n| training | rows/s |\n|---|---|")
    for who, found in rates.items():
        print(
            f"| {who} | {statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f}) |"
        )
    print()
    print(
        f"rows per second over PyTorch's: {ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f}; "
        f"goal: at least {GOAL})"
    )
    return int(ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
