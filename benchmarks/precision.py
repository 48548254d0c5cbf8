"""What half precision brings and costs: bfloat16, and float16 with its loss scaled, over float32.

    python benchmarks/precision.py
    python benchmarks/precision.py --trunks lstm --policies mixed_bfloat16 --rounds 3

A Transformer of 4 layers, 256 wide, and an LSTM learn two tasks of the generated corpora, from the
same weights in the same order. Each measurement is a process of its own, the precisions in turn;
times are ratios within a round, and the median of them. Tasks that do not learn in half
precision what they learn in float32, within .02 of the accuracy on the test split, make the
status 1.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TRUNKS = ("transformer", "lstm")
POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
GOAL = 0.02
LENGTH, ROWS = 64, 32


def trained(trunk, policy, steps):
    """Seconds of a step, the memory they took, and the accuracy of each task after them."""
    import keras
    from pair.costs import peak_megabytes

    import keras_mtl as mtl

    reviews, newswire = mtl.load_dataset("demo_reviews"), mtl.load_dataset("demo_newswire")
    words = mtl.WordTokenizer.fit(reviews.train, newswire.train, sequence_length=LENGTH)
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    if trunk == "lstm":
        encoder, rate = mtl.trunks.lstm(words, 128, 64), 3e-3
    else:
        encoder, rate = (
            mtl.trunks.transformer(words, hidden_dim=256, layers=4, heads=8, dropout=0.0),
            3e-4,
        )
    tasks = [
        mtl.classification("sentiment", reviews.labels["label"], "label"),
        mtl.classification("topic", newswire.labels["label"], "label"),
    ]
    model = mtl.MultiTaskModel(encoder, tasks)
    model.compile(keras.optimizers.Adam(rate))
    train = mtl.Mixture(
        {"reviews": reviews.train, "newswire": newswire.train},
        tasks={"reviews": "sentiment", "newswire": "topic"},
        batch_size=ROWS,
        length_classes=1,
        seed=0,
    )
    times = [time.perf_counter()]
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
    )
    model.fit(train, steps_per_epoch=steps, verbose=0, callbacks=[clock])
    scores = model.evaluate(
        train.like(reviews=reviews.test, newswire=newswire.test), return_dict=True, verbose=0
    )
    each = [after - before for before, after in zip(times[5:], times[6:], strict=False)]
    return {
        "ms": 1e3 * statistics.median(each),
        "megabytes": peak_megabytes(),
        "accuracy": [scores[f"{task.name}_accuracy"] for task in tasks],
    }


def measured(*arguments):
    """The same, in a process of its own."""
    command = [sys.executable, __file__, "--one", json.dumps(arguments)]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(out.splitlines()[-1])


def main():
    """Train in each precision, in turn; print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trunks", nargs="+", choices=TRUNKS, default=TRUNKS)
    parser.add_argument("--policies", nargs="+", choices=POLICIES[1:], default=POLICIES[1:])
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(trained(*json.loads(options.one))))
        return 0
    short = False
    print("| trunk | precision | ms a step | of float32 | memory, MB | accuracy of each task |")
    print("|---|---|---|---|---|---|", flush=True)
    for trunk in options.trunks:
        policies = (POLICIES[0], *options.policies)
        rounds = [
            {policy: measured(trunk, policy, options.steps) for policy in policies}
            for _ in range(options.rounds)
        ]
        for policy in policies:
            found = [one[policy] for one in rounds]
            ratios = [one[policy]["ms"] / one[POLICIES[0]]["ms"] for one in rounds]
            figures = [
                statistics.median(one[what] for one in found) for what in ("ms", "megabytes")
            ]
            accuracy, whole = (one["accuracy"] for one in (found[0], rounds[0][POLICIES[0]]))
            behind = max(full - half for full, half in zip(whole, accuracy, strict=True))
            short = short or behind > GOAL
            print(
                f"| {trunk} | {policy} | {figures[0]:.1f} | {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f}) | {figures[1]:,.0f} | "
                f"{', '.join(f'{one:.4f}' for one in accuracy)} |",
                flush=True,
            )
    print(f"goal: no task more than {GOAL} behind float32")
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
