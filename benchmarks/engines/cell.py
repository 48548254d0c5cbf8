"""Short runs on one engine, and what came of them; a script, run in a process of its own.

    python -m engines.cell ENGINE CELL...       # in `benchmarks`

ENGINE is `tensorflow`, `mirrored-2`, `mirrored-4`, `workers-2`, `jax`, `jax-2`, `jax-4` or
`processes-2`; a CELL is `trunk/rows/balancer/how`. Prints, behind FOUND, a JSON object: for each
cell the weights after 20 steps of SGD, and losses and metrics of as many of Adam.

All is float64, without dropout; weights begin with numbers of the host, the same everywhere.
"""

import contextlib
import json
import os
import sys

TRUNKS = ("lstm", "bert")
ROWS = ("own", "shared", "half")
BALANCERS = ("equal", "uncertainty", "pcgrad", "nash")
HOWS = ("plain", "clipped")
STEPS, BATCH = 20, 16
WORKERS = 2


def engine(name):
    """Set up what is not to be changed later; the strategy to build models under, or `None`.

    Two processes share what `TF_CONFIG` says, or the address in `JAX_COORDINATOR`; `PROCESS` is the
    number of this one.
    """
    kind, _, count = name.partition("-")
    count = int(count or 1)
    if kind in ("jax", "processes"):
        return _jax(kind, count)
    import tensorflow as tf

    if kind == "workers":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if count == 1:
        return None
    cpu = tf.config.list_physical_devices("CPU")[0]
    one = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, [one] * count)
    names = [f"/cpu:{number}" for number in range(count)]
    return tf.distribute.MirroredStrategy(names)


def _jax(kind, count):
    import jax

    jax.config.update("jax_enable_x64", True)
    import keras

    if kind == "processes":
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        keras.distribution.initialize(
            os.environ["JAX_COORDINATOR"], count, int(os.environ["PROCESS"])
        )
    if count > 1:
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(auto_shard_dataset=False)
        )


def splits(kind):
    """Rows with labels for one task each, for both, or for both with half of the labels missing."""
    import numpy as np

    import keras_mtl as mtl
    from keras_mtl.data.named.demo import generate_newswire, generate_reviews

    reviews, tones = generate_reviews(60, 0)
    wires, topics = generate_newswire(60, 0)
    if kind == "own":
        return {
            "reviews": mtl.Split({"text": reviews, "tone": tones}, "reviews"),
            "newswire": mtl.Split({"text": wires, "topic": topics}, "newswire"),
        }
    columns = {"tone": list(tones), "topic": list(topics)}
    if kind == "half":
        random = np.random.default_rng(3)
        for name, column in columns.items():
            gone = random.random(60) < 0.5
            columns[name] = [None if lost else one for lost, one in zip(gone, column, strict=True)]
    return {"rows": mtl.Split({"text": wires, **columns}, "rows")}


def made(trunk, rows, balancer, optimizer):
    """A compiled model, and its mixture."""
    import numpy as np

    import keras_mtl as mtl
    from keras_mtl.data.named.demo import NEWSWIRE_LABELS, REVIEW_LABELS

    parts = splits(rows)
    words = mtl.WordTokenizer.fit(*parts.values(), vocabulary_size=200, sequence_length=24)
    tasks = [
        mtl.classification("tone", REVIEW_LABELS, "tone"),
        mtl.classification("topic", NEWSWIRE_LABELS, "topic"),
    ]
    if trunk == "lstm":
        encoder = mtl.trunks.lstm(words, 6, 5)
    else:
        encoder = mtl.trunks.transformer(
            words, hidden_dim=8, layers=2, heads=2, intermediate_dim=16, dropout=0.0
        )
    model = mtl.MultiTaskModel(encoder, tasks)
    random = np.random.default_rng(7)
    for one in sorted(model.trainable_variables, key=lambda one: one.path):
        one.assign(random.normal(0, 0.3, one.shape))
    balancers = {"pcgrad": mtl.balancing.PCGrad("ascending"), "nash": mtl.balancing.NashMTL()}
    model.compile(optimizer, balancer=balancers.get(balancer, balancer))
    fed = {"reviews": "tone", "newswire": "topic"} if rows == "own" else {"rows": ("tone", "topic")}
    mixture = mtl.Mixture(
        parts, fed, batch_size=BATCH, share="uniform", length_classes=1,
        steps_per_epoch=STEPS // 2, seed=5,
    )  # fmt: skip
    return model, mixture


def run(cell, strategy):
    """What comes of one cell."""
    import keras

    trunk, rows, balancer, how = cell.split("/")
    clip = {"global_clipnorm": 0.2} if how == "clipped" else {}
    with strategy.scope() if strategy else contextlib.nullcontext():
        model, mixture = made(trunk, rows, balancer, keras.optimizers.SGD(0.1, **clip))
        other, _ = made(trunk, rows, balancer, keras.optimizers.Adam(0.01, **clip))
    model.fit(mixture, epochs=2, verbose=0)
    weights = [
        keras.ops.convert_to_numpy(one).astype("float64").ravel().tolist()
        for one in sorted(model.trainable_variables, key=lambda one: one.path)
    ]
    history = other.fit(
        mixture, epochs=2, validation_data=mixture.like(*mixture.splits.values()), verbose=0
    ).history
    return {"weights": weights, "logs": {k: list(map(float, v)) for k, v in history.items()}}


def main(name, cells):
    """Run cells on an engine."""
    strategy = engine(name)
    import keras

    keras.config.set_floatx("float64")
    found = {cell: run(cell, strategy) for cell in cells}
    print("FOUND" + json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
