"""Short runs on one engine, and what came of them; a script, run in a process of its own.

    python -m engines.cell ENGINE CELL...       # in `benchmarks`

ENGINE is `tensorflow`, `mirrored-2`, `mirrored-4`, `workers-2`, `jax`, `jax-2`, `jax-4`, `parts-4`
(each copy of the model on two of four devices) or `processes-2`; a CELL is
`trunk/rows/balancer/how`. Prints, behind FOUND, a JSON object: for each cell the weights after 20
steps of SGD, and losses and metrics of as many of Adam.

All is float64, without dropout; weights begin with numbers of the host, the same everywhere.
HOW is `plain`, `clipped`, or `accumulated`: clipped, and the rows of a step pass in three parts,
which must be what `clipped` on one device is.
"""

import json
import sys

TRUNKS = ("lstm", "bert")
ROWS = ("own", "shared", "half")
BALANCERS = ("equal", "uncertainty", "pcgrad", "nash")
HOWS = ("plain", "clipped", "accumulated")
STEPS, BATCH, PARTS = 20, 16, 3


def engine(name):
    """Set up what is not to be changed later; where models are to be built and trained.

    Who the processes are is in the environment, as `keras_mtl.distribute` wants it.
    """
    kind, _, count = name.partition("-")
    count = int(count or 1)
    if kind in ("jax", "parts", "processes"):
        import jax

        jax.config.update("jax_enable_x64", True)
        if kind == "processes":
            jax.config.update("jax_cpu_collectives_implementation", "gloo")
    elif kind == "mirrored":
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        one = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [one] * count)
    import keras_mtl as mtl

    if kind == "parts":
        return mtl.distribute("model_parallel", parts=2)
    words = {"workers": "multi_worker", "processes": "multi_worker", "tensorflow": "none"}
    return mtl.distribute(words.get(kind, "mirrored"))


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


def made(trunk, rows, balancer, optimizer, micro_batches=1):
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
        encoder = mtl.trunks.lstm(words, 6, 6)
    else:
        encoder = mtl.trunks.transformer(
            words, hidden_dim=8, layers=2, heads=2, intermediate_dim=16, dropout=0.0
        )
    model = mtl.MultiTaskModel(encoder, tasks)
    random = np.random.default_rng(7)
    for one in sorted(model.trainable_variables, key=lambda one: one.path):
        one.assign(random.normal(0, 0.3, one.shape))
    balancers = {"pcgrad": mtl.balancing.PCGrad("ascending"), "nash": mtl.balancing.NashMTL()}
    balancer = balancers.get(balancer, balancer)
    model.compile(optimizer, balancer=balancer, micro_batches=micro_batches)
    fed = {"reviews": "tone", "newswire": "topic"} if rows == "own" else {"rows": ("tone", "topic")}
    mixture = mtl.Mixture(
        parts, fed, batch_size=BATCH, share="uniform", length_classes=1,
        steps_per_epoch=STEPS // 2, seed=5,
    )  # fmt: skip
    return model, mixture


def run(cell):
    """What comes of one cell."""
    import keras

    trunk, rows, balancer, how = cell.split("/")
    clip = {} if how == "plain" else {"global_clipnorm": 0.2}
    parts = PARTS if how == "accumulated" else 1
    model, mixture = made(trunk, rows, balancer, keras.optimizers.SGD(0.1, **clip), parts)
    other, _ = made(trunk, rows, balancer, keras.optimizers.Adam(0.01, **clip), parts)
    model.fit(mixture, epochs=2, verbose=0)
    weights = [
        keras.ops.convert_to_numpy(one).astype("float64").ravel().tolist()
        for one in sorted(model.trainable_variables, key=lambda one: one.path)
    ]
    history = other.fit(
        mixture, epochs=2, validation_data=mixture.like(*mixture.splits.values()), verbose=0
    ).history
    logs = {name: list(map(float, values)) for name, values in history.items()}
    return {"weights": weights, "logs": logs, "divided": divided(other)}


def divided(model):
    """How many variables of the model and of its optimizer lie on several devices in parts."""
    values = [one.value for one in (*model.trainable_variables, *model.optimizer.variables)]
    found = [getattr(one, "sharding", None) for one in values]
    return sum(one is not None and not one.is_fully_replicated for one in found)


def main(name, cells):
    """Run cells on an engine."""
    scope = engine(name)
    import keras

    keras.config.set_floatx("float64")
    with scope:
        found = {cell: run(cell) for cell in cells}
    print("FOUND" + json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
