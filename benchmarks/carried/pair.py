"""IMDB to Reuters and back with an LSTM, at 1, 10 and 100 percent of the target's labels."""

import keras
import numpy as np

import keras_mtl as mtl
from keras_mtl import transfer

EPOCHS = {0.01: 20, 0.1: 8, 1.0: 3}
SOURCE_EPOCHS, BATCH, TOKENS, RATE = 3, 32, 200, 2e-3
WAYS = ("scratch", "at_once", "gradually")


def compared(source, target, seed):
    """For each share of the labels and each way: accuracy on test, and steps to scratch's best."""
    data = {name: mtl.load_dataset(name) for name in (source, target)}
    taught = _model(source, data[source], seed)
    rows = mtl.Mixture({source: data[source].train}, batch_size=BATCH, seed=seed)
    taught.fit(rows, epochs=SOURCE_EPOCHS, verbose=0)
    found = {}
    for share in EPOCHS:
        cells = {way: _trained(target, data[target], taught, way, share, seed) for way in WAYS}
        best = max(cells["scratch"]["epochs"])
        for cell in cells.values():
            reached = [n for n, one in enumerate(cell["epochs"], start=1) if one >= best]
            cell["steps"] = reached[0] * cell["steps_per_epoch"] if reached else None
        found[share] = cells
    return found


def _model(name, data, seed):
    keras.utils.set_random_seed(seed)
    words = mtl.WordTokenizer.fit(data.train, sequence_length=TOKENS)
    trunk = mtl.trunks.lstm(words, embedding_dim=64, units=64)
    task = mtl.classification(name, data.labels["label"], column="label")
    model = mtl.MultiTaskModel(trunk, task)
    model.compile(keras.optimizers.Adam(RATE))
    return model


def _trained(name, data, taught, way, share, seed):
    model = _model(name, data, seed)
    count = max(int(share * len(data.train)), BATCH)
    chosen = np.random.default_rng(seed).choice(len(data.train), count, replace=False)
    train = mtl.Mixture({name: data.train.select(chosen)}, batch_size=BATCH, seed=seed)
    validation = train.like(data.validation.select(range(min(2_000, len(data.validation)))))
    options = {"epochs": EPOCHS[share], "validation_data": validation, "verbose": 0}
    if way == "scratch":
        history = model.fit(train, **options).history
    else:
        history = transfer.fine_tune(model, taught, train, thaw=way, **options).history
    scores = model.evaluate(train.like(data.test), return_dict=True, verbose=0)
    return {
        "accuracy": scores[f"{name}_accuracy"],
        "epochs": history[f"val_{name}_accuracy"],
        "steps_per_epoch": train.steps_per_epoch,
    }
