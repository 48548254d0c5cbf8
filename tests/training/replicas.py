"""Trains on `sys.argv[1]` replicas and prints what came of it; run as a script."""

import contextlib
import json
import sys


def devices(count):
    """That many logical devices; before anything else touches TensorFlow."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * count
    )
    names = [f"/cpu:{number}" for number in range(count)]
    return tf.distribute.MirroredStrategy(names).scope() if count > 1 else contextlib.nullcontext()


def each_on_its_own(model, mixture, validation):
    """Trains on while one task stops after the other; what the stopped head was in each epoch."""
    import keras

    from keras_mtl.training import MultiTaskEarlyStopping

    figures = {"val_topic_loss": [2, 1, 1, 1, 1], "val_sentiment_loss": [5, 4, 3, 3, 3]}
    heads = []

    class Script(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs.update({name: float(values[epoch]) for name, values in figures.items()})
            heads.append([w.ravel().tolist() for w in self.model.heads["topic"].get_weights()])

    history = model.fit(
        mixture, epochs=5, validation_data=mixture.like(*validation), verbose=0,
        callbacks=[Script(), MultiTaskEarlyStopping("each", patience=1)],
    ).history  # fmt: skip
    return {"heads": heads, "loss": history["loss"], "val_loss": history["val_loss"]}


def traded_off(models, mixture, rows, labels):
    """Weights and logs of models whose gradients are traded off, trained one after the other."""
    found = {}
    for name, model in models.items():
        if name == "streams":
            logs = model.fit(mixture, epochs=2, verbose=0).history
        else:
            logs = model.fit(
                rows, labels, batch_size=16, shuffle=False, epochs=2, verbose=0
            ).history
        found[name] = {key: list(map(float, one)) for key, one in logs.items()}
        found[f"{name} weights"] = [
            w.astype("float64").ravel().tolist() for w in model.get_weights()
        ]
    return found


def main(replicas):
    scope = devices(replicas)
    import keras

    import keras_mtl as mtl
    from keras_mtl import transfer
    from tests.training import compared
    from tests.training.small import (
        demo_mixture,
        demo_model,
        demo_splits,
        row_model,
        row_split,
        score_model,
        score_split,
        weights_of,
    )

    keras.config.set_floatx("float64")
    with scope:
        model = demo_model()
        model.trunk.get_layer("embedding").embeddings.regularizer = keras.regularizers.L2(1e-3)
        optimizer = keras.optimizers.SGD(0.5, momentum=0.9, global_clipnorm=0.4)
        model.compile(optimizer, loss_weights={"topic": 0.5})
        weighing = demo_model(kind="weighing")
        weighing.compile(keras.optimizers.SGD(0.5))
        rows = row_split(rows=12)
        tagging = row_model(rows)
        tagging.compile(keras.optimizers.SGD(0.5, global_clipnorm=0.5))
        scores = score_split(rows=37)
        scoring = score_model(scores, kind="bag")
        scoring.compile(keras.optimizers.SGD(0.1, global_clipnorm=0.5))
        comparing = mtl.MultiTaskModel(compared.trunk("bag"), compared.tasks())
        comparing.compile(keras.optimizers.SGD(0.1))
        thawing = demo_model(seed=3, kind="weighing")
        adam = keras.optimizers.Adam(0.05, global_clipnorm=0.3)
        thawing.compile(transfer.GroupedOptimizer(adam, transfer.layerwise_decay(0.5)))
        traded = {}
        for name, balancer in (
            ("streams", mtl.balancing.UPGrad(loss_balancer="uncertainty")),
            ("rows", mtl.balancing.PCGrad("ascending")),
            ("features", mtl.balancing.MGDA(level="features")),
            ("losses", "famo"),
        ):
            traded[name] = demo_model(seed=2, kind="bag")
            clipped = keras.optimizers.SGD(0.5, global_clipnorm=0.3)
            # Features would be blind to rows with labels of one task.
            traded[name].compile(clipped, balancer=balancer, self_checks=name != "features")
    # Rows of a stream are a multiple of the replicas: 8 and 4 are that of one and of two.
    mixture = demo_mixture(batch_size=12)
    reviews, newswire = demo_splits(rows=37, seed=5)
    nested = model.fit(
        mixture, epochs=2, validation_data=mixture.like(reviews, newswire), verbose=0
    ).history
    # Odd numbers of rows, labels on one replica only: replicas must not be counted alike.
    labels = {"sentiment": list(reviews["label"])}
    labels["topic"] = [None] * 35 + list(newswire["label"][:2])
    plain = model.fit(reviews, labels, batch_size=10, shuffle=False, epochs=2, verbose=0).history
    before = weights_of(model)
    balanced = traded_off(traded, demo_mixture(batch_size=32, share="uniform"), reviews, labels)
    stopped = each_on_its_own(model, mixture, (reviews, newswire))
    predicted = model.predict(reviews.texts[:5], verbose=0)
    one_length = demo_mixture(batch_size=12, length_classes=1)
    weighing.adapt(one_length)
    weighing.fit(one_length, epochs=2, verbose=0)
    thawing.adapt(one_length)
    thawed = thawing.fit(
        one_length, epochs=2, callbacks=[transfer.GradualThaw()], verbose=0
    ).history
    words = mtl.Mixture(
        {"rows": rows}, {"rows": ("slots", "intent", "parts")}, batch_size=12, length_classes=1
    )
    tagged = tagging.fit(words, epochs=3, validation_data=words, verbose=0).history
    graded = mtl.Mixture(
        {"scores": scores}, {"scores": ("stars", "grade")}, batch_size=12, length_classes=1
    )
    scored = scoring.fit(graded, epochs=2, validation_data=graded, verbose=0).history
    pairs = compared.mixture(batch_size=12, length_classes=1, share="uniform")
    both = comparing.fit(pairs, epochs=2, validation_data=pairs, verbose=0).history
    found = {
        "nested": {k: list(map(float, v)) for k, v in nested.items()},
        "plain": {k: list(map(float, v)) for k, v in plain.items()},
        "weights": [w.astype("float64").ravel().tolist() for w in before],
        "stopped": stopped,
        "stopped weights": [w.astype("float64").ravel().tolist() for w in weights_of(model)],
        "tagged": {k: list(map(float, v)) for k, v in tagged.items()},
        "words tagged": [w.astype("float64").ravel().tolist() for w in tagging.get_weights()],
        "scored": {k: list(map(float, v)) for k, v in scored.items()},
        "compared": {k: list(map(float, v)) for k, v in both.items()},
        "thawed": {k: list(map(float, v)) for k, v in thawed.items()},
        "weights thawed": [w.astype("float64").ravel().tolist() for w in thawing.get_weights()],
        "words weighed": [w.astype("float64").ravel().tolist() for w in weighing.get_weights()],
        "predicted": {k: v.tolist() for k, v in predicted.items()},
        "traded": balanced,
        "compilations": model.compilations["train"],
    }
    print("FOUND" + json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
