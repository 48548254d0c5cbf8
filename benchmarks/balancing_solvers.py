"""What each method on gradients costs by itself, on a Gramian of 2 to 16 tasks.

    python benchmarks/balancing_solvers.py       # goal: 2 % of a step of 8 tasks, at most

Compiled as in a step, on the processor, median of many calls. The step is that of `balancing.py`
with a dataset per task, measured in the same run. The status is 1 where a method takes more.
"""

import os
import statistics
import sys
import time

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse

import balancing as engine

GOAL, TASKS, CALLS = 0.02, (2, 4, 8, 16), 100


def milliseconds(kind, tasks):
    """Of one call of `weights`, compiled."""
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    gradients = random.normal(size=(tasks, 3 * tasks)).astype("float32")
    gramian = tf.constant(gradients @ gradients.T)
    ones = tf.ones((tasks,))
    method = kind()
    method.build(tasks, {})
    weights = tf.function(method.weights, autograph=False).get_concrete_function(
        gramian, ones, ones
    )
    weights(gramian, ones, ones)
    seconds = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        weights(gramian, ones, ones)
        seconds.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(seconds)


def main():
    """Print the table, and compare with the goal."""
    from keras_mtl.balancing import GradientAggregator
    from keras_mtl.balancing.names import NAMES

    step = argparse.Namespace(trunk="bert", tasks=[8], rows="streams", level="equal", steps=6)
    whole = 1e3 * statistics.median(engine.ours(step)["seconds"])
    print(f"a step of 8 tasks takes {whole:.0f} ms; a method may take {GOAL * whole:.1f} ms of it")
    print(f"| ms | {' | '.join(f'{tasks} tasks' for tasks in TASKS)} |")
    print("|---|" + "---:|" * len(TASKS))
    short = 0
    for name, kind in sorted(NAMES.items()):
        if issubclass(kind, GradientAggregator):
            found = [milliseconds(kind, tasks) for tasks in TASKS]
            print(f"| {name} | {' | '.join(f'{one:.2f}' for one in found)} |")
            short += found[TASKS.index(8)] > GOAL * whole
    print(f"methods above the goal: {short} (goal: 0)")
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
