"""Rows of unequal length inside a TensorFlow graph.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def padded(rows: tf.RaggedTensor) -> tf.Tensor:
    """Rows `(B, None)` as a tensor `(B, L)`, padded with 0 or empty texts, L at least 1."""
    found = rows.to_tensor()
    # Where all rows are empty there would be no column.
    missing = tf.maximum(0, 1 - tf.shape(found)[1])
    filling = tf.zeros([], found.dtype)
    return tf.pad(found, [[0, 0], [0, missing]], constant_values=filling)


def framed(rows: tf.RaggedTensor, before: Sequence[int], after: Sequence[int]) -> tf.RaggedTensor:
    """Rows of ids `(B, None)` with the same ids in front of each, and behind each."""
    ends = [
        tf.tile(tf.reshape(tf.constant(one, tf.int32), [1, -1]), [rows.nrows(tf.int32), 1])
        for one in (before, after)
    ]
    return tf.concat([ends[0], rows, ends[1]], axis=1) if [*before, *after] else rows


def places_in_rows(lengths: tf.RaggedTensor) -> tf.Tensor:
    """Where things of these lengths `(B, None)` begin, end to end in each row, `(N,)`."""
    before = tf.cumsum(lengths.flat_values, exclusive=True)
    begins = tf.gather(lengths.row_starts(), lengths.value_rowids())
    return before - tf.gather(before, begins)
