"""What options of a training step cost: each setting's step time over that of the defaults.

    python benchmarks/step_options.py

Every measurement runs in a process of its own, settings and defaults in turn; the figure is the
median of the ratios of neighbours. The model is a two-task LSTM on the generated corpora with
a vocabulary of 20,000.
"""

import json
import statistics
import subprocess
import sys
import time

PAIRS = 5
STEPS = 120
SETTINGS = {
    "deterministic ops": {"deterministic": True},
    "no self-checks": {"self_checks": False},
}


def seconds_per_step(deterministic=False, **options):
    import keras
    import tensorflow as tf

    import keras_mtl as mtl

    keras.utils.set_random_seed(0)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    reviews, newswire = mtl.load_dataset("demo_reviews"), mtl.load_dataset("demo_newswire")
    tokenizer = mtl.WordTokenizer.fit(reviews.train, newswire.train)
    tasks = [
        mtl.classification("sentiment", reviews.labels["label"], "label"),
        mtl.classification("topic", newswire.labels["label"], "label"),
    ]
    trunk = mtl.trunks.lstm(max(tokenizer.vocabulary_size, 20_000), 128, 64, embedding_dropout=0.2)
    model = mtl.MultiTaskModel(trunk, tasks, preprocessor=tokenizer)
    model.compile("adam", **options)
    train = mtl.Mixture(
        {"reviews": reviews.train, "newswire": newswire.train},
        tasks={"reviews": "sentiment", "newswire": "topic"},
        length_classes=1,
    )
    model.fit(train, steps_per_epoch=10, verbose=0)
    begin = time.perf_counter()
    model.fit(train, steps_per_epoch=STEPS, verbose=0)
    return (time.perf_counter() - begin) / STEPS


def measured(options):
    command = [sys.executable, __file__, json.dumps(options)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(out.split()[-1])


def main():
    print(f"{'setting':<22}{'ms/step':>9}{'defaults':>10}{'ratio':>8}{'lowest':>8}{'highest':>9}")
    for name, options in SETTINGS.items():
        pairs = [(measured(options), measured({})) for _ in range(PAIRS)]
        own, defaults = (1e3 * statistics.median(times) for times in zip(*pairs, strict=True))
        ratios = [one / other for one, other in pairs]
        middle = statistics.median(ratios)
        print(
            f"{name:<22}{own:>9.1f}{defaults:>10.1f}{middle:>8.3f}"
            f"{min(ratios):>8.3f}{max(ratios):>9.3f}"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(seconds_per_step(**json.loads(sys.argv[1])))
    else:
        main()
