"""The pair with keras_mtl, as a user writes it."""

import keras
import numpy as np

import keras_mtl as mtl

from . import costs, data
from .callbacks import Steps, Until
from .settings import TASKS, WARM_UP

TRUNKS = {
    "lstm": lambda tokenizer, tasks, settings: mtl.trunks.lstm(
        tokenizer,
        settings.embedding_dim,
        settings.units,
        bidirectional=settings.bidirectional,
    ),
    "bag": lambda tokenizer, tasks, settings: mtl.trunks.bag(
        tokenizer,
        settings.embedding_dim,
        tasks=tasks,
        bigram_dim=settings.pair_dim,
        bigram_buckets=settings.pair_buckets,
        word_dropout=settings.word_dropout,
        dropout=settings.dropout,
    ),
}


def build(settings, tokenizer, tasks):
    """A compiled model with a new trunk."""
    keras.utils.set_random_seed(settings.seed)
    trunk = TRUNKS[settings.model](tokenizer, tasks, settings)
    model = mtl.MultiTaskModel(trunk, tasks, preprocessor=tokenizer)
    model.compile(keras.optimizers.Adam(**settings.adam("learning_rate", "epsilon")))
    return model


def speed(settings, sets, steps):
    """Time `steps` steps after the warm-up; the mixture encodes the texts, so `sets` is not read.

    Both are a `fit`. The second begins at epoch 1, so its rows and their order are new.
    """
    _, tasks, tokenizer, mixture = data.load(settings)
    tasks = list(tasks.values())
    model = build(settings, tokenizer, tasks)
    model.adapt(mixture)
    model.fit(mixture, steps_per_epoch=WARM_UP, verbose=0)
    compiled = model.compilations["train"]
    clock = Steps()
    history = model.fit(
        mixture, steps_per_epoch=steps, initial_epoch=1, epochs=2, callbacks=[clock], verbose=0
    ).history
    if model.compilations["train"] != compiled:
        raise RuntimeError("A step was compiled within the measured ones.")
    batches = mixture.training_batches(tokenizer, tasks, steps_per_epoch=steps, initial_epoch=1)
    counts = np.sum([batches.token_counts(step) for step in range(steps)], axis=0)
    return {
        "seconds": clock.seconds,
        "steps": steps,
        "rows": steps * settings.batch_size,
        "real_tokens": int(counts[0]),
        "padded_tokens": int(counts[1]),
        "losses": {task: history[f"{task}_loss"][-1] for task in TASKS.values()},
        "peak_megabytes": costs.peak_megabytes(),
    }


def time_to(settings, sets, task, accuracy, epochs):
    """Train until the validation accuracy of a task; it is looked at four times an epoch."""
    datasets, tasks, tokenizer, mixture = data.load(settings)
    validation = mixture.like(*(dataset.validation for dataset in datasets.values()))
    tasks = list(tasks.values())
    for rows in (mixture, validation):
        rows.encode(tokenizer, tasks)  # Not timed, as the others get ids too.
    model = build(settings, tokenizer, tasks)
    metric = f"val_{task}_accuracy"
    until = Until(metric, accuracy)  # Its clock runs from here.
    model.adapt(mixture)
    history = model.fit(
        mixture,
        validation_data=validation,
        steps_per_epoch=mixture.steps_per_epoch // 4,
        epochs=4 * epochs,
        callbacks=[until],
        verbose=0,
    ).history
    return {
        "seconds": until.seconds,
        "compile_seconds": until.compile_seconds,
        "reached": until.reached,
        "epochs": len(history[metric]) / 4,
        "accuracies": history[metric],
        "peak_megabytes": costs.peak_megabytes(),
    }
