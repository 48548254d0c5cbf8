"""The pair in plain Keras: one array of both sets, padded to one length, and zero weights."""

import keras
import numpy as np
from keras import layers, ops

from . import costs, data
from .callbacks import Steps
from .settings import PAIR_FACTOR, WARM_UP


def real_tokens(token_ids):
    """1 at real tokens, 0 at padding, `(B, L, 1)`."""
    return ops.expand_dims(ops.cast(ops.not_equal(token_ids, 0), "float32"), -1)


def lstm(token_ids, settings):
    """The mean over real tokens; no mask goes into the LSTM."""
    sequence = layers.Embedding(settings.vocabulary_size, settings.embedding_dim)(token_ids)
    reader = layers.LSTM(settings.units, return_sequences=True)
    sequence = (layers.Bidirectional(reader) if settings.bidirectional else reader)(sequence)
    mask = real_tokens(token_ids)
    return ops.sum(sequence * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)


def bag(token_ids, settings):
    """Vectors of words and of pairs, added up, over the root of the length."""
    right = ops.pad(token_ids[:, 1:], [[0, 0], [0, 1]])
    is_pair = ops.logical_and(token_ids > 0, right > 0)
    numbers = (token_ids * PAIR_FACTOR + right) % settings.pair_buckets + 1
    sums = []
    for ids, rows, width in (
        (token_ids, settings.vocabulary_size, settings.embedding_dim),
        (ops.where(is_pair, numbers, 0), settings.pair_buckets + 1, settings.pair_dim),
    ):
        mask = real_tokens(ids)
        vectors = layers.Embedding(rows, width)(ids)
        kept = layers.Dropout(settings.word_dropout, noise_shape=(None, None, 1))(vectors)
        roots = ops.sqrt(ops.maximum(ops.sum(mask, axis=1), 1.0))
        sums.append(ops.sum(kept * mask, axis=1) / roots)
    return layers.Dropout(settings.dropout)(ops.concatenate(sums, axis=-1))


TRUNKS = {"lstm": lstm, "bag": bag}


def build(settings, sets):
    """A compiled functional model with an output per task."""
    keras.utils.set_random_seed(settings.seed)
    token_ids = keras.Input((settings.sequence_length,), dtype="int32")
    pooled = TRUNKS[settings.model](token_ids, settings)
    outputs = {task: layers.Dense(rows.classes, name=task)(pooled) for task, rows in sets.items()}
    model = keras.Model(token_ids, outputs)
    model.compile(
        keras.optimizers.Adam(**settings.adam("learning_rate", "epsilon")),
        loss={task: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for task in sets},
        weighted_metrics={task: ["accuracy"] for task in sets},
    )
    return model


def one_array(settings, sets):
    """All rows below each other: ids, labels by task, and weights, 0 at rows of other tasks."""
    total = sum(len(rows.train) for rows in sets.values())
    token_ids = np.zeros((total, settings.sequence_length), np.int32)
    labels = {task: np.zeros(total, np.int32) for task in sets}
    weights = {task: np.zeros(total, np.float32) for task in sets}
    begin = 0
    for task, rows in sets.items():
        own = slice(begin, begin := begin + len(rows.train))
        filled = np.arange(settings.sequence_length) < rows.train.lengths[:, None]
        token_ids[own][filled] = rows.train.values
        labels[task][own] = rows.train.labels
        weights[task][own] = 1.0
    return token_ids, labels, weights


def speed(settings, sets, steps):
    """Time `steps` steps after the warm-up, each on rows of its own: at most an epoch of them."""
    sets = data.read(sets)
    model = build(settings, sets)
    arrays = one_array(settings, sets)
    order = np.random.default_rng(settings.seed).permutation(len(arrays[0]))
    first, last = np.array([WARM_UP, WARM_UP + steps]) * settings.batch_size
    if last > len(order):
        raise ValueError(f"An epoch has {len(order)} rows. Received: {steps=}.")
    chosen = order[first:last]
    taken = keras.tree.map_structure(lambda values: values[chosen], arrays)
    warm_up = keras.tree.map_structure(lambda values: values[order[:first]], arrays)
    model.fit(*warm_up[:2], sample_weight=warm_up[2], batch_size=settings.batch_size, verbose=0)
    clock = Steps()
    history = model.fit(
        *taken[:2],
        sample_weight=taken[2],
        batch_size=settings.batch_size,
        callbacks=[clock],
        verbose=0,
    ).history
    return {
        "seconds": clock.seconds,
        "steps": steps,
        "rows": len(chosen),
        "real_tokens": int(np.count_nonzero(taken[0])),
        "padded_tokens": taken[0].size,
        # Keras divides by all rows; these are means over the rows of the task.
        "losses": {
            task: history[f"{task}_loss"][-1] / float(weights.mean())
            for task, weights in taken[2].items()
        },
        "peak_megabytes": costs.peak_megabytes(),
    }
