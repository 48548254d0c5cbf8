"""MiniLM on few labels: its head alone, all of it, rates by layer, thawed step by step."""

import math
import resource
import time

import keras
from words import minilm

import keras_mtl as mtl
from keras_mtl import transfer

WAYS = ("head", "full", "layerwise", "gradual")
BATCH, EPOCHS, HEAD_EPOCHS = 32, 8, 40
RATES = {"head": 3e-3, "full": 2e-4, "layerwise": 3e-4, "gradual": 3e-4}
DECAY = 0.8


def emotion(seed):
    """A tenth of the training rows of `emotion`; scored on test."""
    data = mtl.load_dataset("emotion")
    task = mtl.classification("emotion", data.labels["label"], "label", dropout=0.1)
    return task, data.train.select(range(seed, len(data.train), 10)), data.test, 64


def rte(seed):
    """RTE; scored on the published validation split, as its test labels are not public."""
    data = mtl.load_dataset("rte")
    (column,) = data.labels
    task = mtl.pair_classification("entails", data.labels[column], column=column, dropout=0.1)
    return task, data.train, data.validation, 128


SETS = {"emotion": emotion, "rte": rte}


def trained(name, way, seed=0):
    """Accuracy, parameters trained, seconds of training, and the most memory of the process."""
    task, rows, test, length = SETS[name](seed)
    keras.utils.set_random_seed(seed)
    trunk = mtl.trunks.pretrained(minilm.folder(), sequence_length=length)
    model = mtl.MultiTaskModel(trunk, task)
    train = mtl.Mixture({task.name: rows}, batch_size=BATCH, length_classes=2, seed=seed)
    epochs = HEAD_EPOCHS if way == "head" else EPOCHS
    steps = epochs * train.steps_per_epoch
    optimizer = mtl.FineTuning(steps, learning_rate=RATES[way])
    if way in ("layerwise", "gradual"):
        optimizer = transfer.GroupedOptimizer(optimizer, transfer.layerwise_decay(DECAY))
    model.compile(optimizer)
    if way == "head":
        transfer.freeze(model, "trunk")
    begin = time.perf_counter()
    callbacks = [transfer.GradualThaw()] if way == "gradual" else []
    model.fit(train, epochs=epochs, callbacks=callbacks, cache_features=way == "head", verbose=0)
    seconds = time.perf_counter() - begin
    scores = model.evaluate(train.like(test), return_dict=True, verbose=0)
    return {
        "accuracy": scores[f"{task.name}_accuracy"],
        "parameters": sum(math.prod(one.shape) for one in model.trainable_variables),
        "seconds": seconds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
