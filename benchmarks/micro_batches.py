"""What rows in parts cost in time, and spare in memory: `compile(micro_batches=...)`.

    python benchmarks/micro_batches.py
    python benchmarks/micro_batches.py --balancers pcgrad --parts 1 4

A Transformer of 4 layers, 256 wide, with two tasks on 64 rows of 128 tokens a step, on the
processor. Each number of parts and each balancer runs in a process of its own, all in turn in each
round; figures are medians, of times those of the ratios to one part in the same round. Memory is
the peak of the process less what it was before the first step.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

ROWS, TOKENS, WARM = 64, 128, 2


def measured(balancer, parts, steps):
    """Milliseconds of a step, and the megabytes that steps need at most."""
    import resource

    import keras
    import numpy as np

    import keras_mtl as mtl

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    names = tuple(f"label {number}" for number in range(8))
    tasks = [mtl.classification(name, names) for name in ("one", "two")]
    trunk = mtl.trunks.transformer(10_000, hidden_dim=256, layers=4, sequence_length=TOKENS)
    model = mtl.MultiTaskModel(trunk, tasks)
    model.compile(keras.optimizers.Adam(1e-3), balancer=balancer, micro_batches=parts)
    x = {"token_ids": random.integers(1, 10_000, (ROWS, TOKENS)).astype("int32")}
    y = {task.name: random.integers(0, len(names), ROWS).astype("int32") for task in tasks}
    before = peak()
    times = []
    for _ in range(WARM + steps):
        begin = time.perf_counter()
        model.train_on_batch(x, y)
        times.append(1e3 * (time.perf_counter() - begin))
    return {"ms": statistics.median(times[WARM:]), "megabytes": peak() - before}


def in_a_process(*given):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, __file__, "--one", json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--balancers", nargs="+", default=["equal", "uncertainty", "pcgrad"])
    parser.add_argument("--parts", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(*json.loads(options.one))))
        return
    parts = [1, *(one for one in options.parts if one != 1)]
    print("| balancer | parts | ms a step | of one part | memory of steps, MB |")
    print("|---|---|---|---|---|")
    for balancer in options.balancers:
        rounds = [
            {count: in_a_process(balancer, count, options.steps) for count in parts}
            for _ in range(options.rounds)
        ]
        for count in parts:
            ratios = [one[count]["ms"] / one[1]["ms"] for one in rounds]
            middle = {
                key: statistics.median(one[count][key] for one in rounds)
                for key in ("ms", "megabytes")
            }
            print(
                f"| {balancer} | {count} | {middle['ms']:.0f} | {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f}) | {middle['megabytes']:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
