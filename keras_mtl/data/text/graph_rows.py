"""Rows of unequal length inside a TensorFlow graph.

What is built here is right by construction, so nothing is validated: the checks would be most of
an exported graph. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def in_rows(values: tf.Tensor, rows: tf.Tensor, count: tf.Tensor) -> tf.RaggedTensor:
    """Values put into their rows, those of a row in the order in which they are given.

    Args:
        values: `(N,)`.
        rows: int64 `(N,)`, the row of each.
        count: int64, how many rows there are.

    Returns:
        `(count, None)`.
    """
    order = tf.argsort(rows, stable=True)
    values, rows = tf.gather(values, order), tf.gather(rows, order)
    ends = tf.searchsorted(rows, tf.range(count + 1), out_type=tf.int64)
    return tf.RaggedTensor.from_row_splits(values, ends, validate=False)


def with_more(rows: tf.RaggedTensor, values: tf.Tensor, places: tf.Tensor) -> tf.RaggedTensor:
    """Rows `(B, None)` with more values `(N,)` at the end of those rows `(N,)`."""
    return in_rows(
        tf.concat([rows.values, values], 0),
        tf.concat([row_numbers(rows), places], 0),
        rows.nrows(),
    )


def ends_of_rows(rows: tf.RaggedTensor, head: int, tail: int) -> tf.RaggedTensor:
    """Rows `(B, None)`, of longer ones so many values of the start and of the end."""
    lengths = rows.row_lengths()
    places = tf.ragged.range(lengths)
    # In a short row the two parts overlap, and every value is kept.
    start_of_tail = places.with_flat_values(tf.repeat(lengths - tail, lengths, axis=0))
    return tf.ragged.boolean_mask(rows, (places < head) | (places >= start_of_tail))


def framed(
    rows: tf.RaggedTensor, limit: int, before: Sequence[int], after: Sequence[int]
) -> tf.RaggedTensor:
    """Rows of ids with the same ids around each; their ends are cut off for the sake of a limit.

    Args:
        rows: int32 `(B, None)`.
        limit: Most ids of a row, those around it included.
        before: Ids in front of each row.
        after: Ids behind each row.

    Returns:
        int32 `(B, None)`.
    """
    read = places_in_rows(rows) < limit - len(before) - len(after)
    count = rows.nrows()
    every = tf.range(count)
    parts = [(tf.boolean_mask(rows.values, read), tf.boolean_mask(row_numbers(rows), read))]
    parts[:0] = [(tf.fill([count], number), every) for number in before]
    parts += [(tf.fill([count], number), every) for number in after]
    values, numbers = (tf.concat(one, 0) for one in zip(*parts, strict=True))
    return in_rows(values, numbers, count)


def row_numbers(rows: tf.RaggedTensor) -> tf.Tensor:
    """The row of each value, int64 `(N,)`: `value_rowids` in a tenth of the operations."""
    values = tf.range(rows.row_splits[-1])
    return tf.searchsorted(rows.row_splits, values, side="right", out_type=tf.int64) - 1


def padded(rows: tf.RaggedTensor) -> tf.Tensor:
    """Rows `(B, None)` as a tensor `(B, L)`, padded with 0 or empty texts, L at least 1."""
    found = rows.to_tensor()
    # Where all rows are empty there would be no column.
    missing = tf.maximum(0, 1 - tf.shape(found)[1])
    return tf.pad(found, [[0, 0], [0, missing]], constant_values=tf.zeros([], found.dtype))


def places_in_rows(rows: tf.RaggedTensor, lengths: tf.Tensor | None = None) -> tf.Tensor:
    """Where in their rows values stand, `(N,)`.

    Args:
        rows: `(B, None)`, of N values.
        lengths: `(N,)`, how long each value is; 1 where not given.
    """
    if lengths is None:
        return tf.range(rows.row_splits[-1]) - tf.gather(rows.row_splits, row_numbers(rows))
    before = tf.cumsum(lengths, exclusive=True)
    return before - tf.gather(before, tf.gather(rows.row_splits, row_numbers(rows)))
