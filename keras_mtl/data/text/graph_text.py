"""Texts changed by TensorFlow operations, as the rules of `text_rules` ask.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def mapped(texts: tf.Tensor, table: tf.Tensor | Sequence[int]) -> tf.Tensor:
    """Texts with each character replaced by that of a table.

    Args:
        texts: string `(B,)`; bytes that are not UTF-8 are read as U+FFFD.
        table: int32 `(size,)`, code points by code point; what lies beyond the end stays.

    Returns:
        string `(B,)`, UTF-8.
    """
    table = tf.convert_to_tensor(table, tf.int32)
    size = table.shape[0]
    codes = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
    old = codes.flat_values
    new = tf.where(old < size, tf.gather(table, old % size), old)
    return tf.strings.unicode_encode(codes.with_flat_values(new), "UTF-8")


def substituted(texts: tf.Tensor, rules: Sequence[tuple[str, str]]) -> tf.Tensor:
    """Texts after each `(pattern, replacement)`, in order, string `(B,)` to string `(B,)`."""
    for pattern, replacement in rules:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return texts
