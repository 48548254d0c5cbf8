"""Stop words left out inside a TensorFlow graph.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.patterns import (
    MARK,
    TIDY,
    plain_characters,
    small_characters,
)
from keras_mtl.data.text.cleaning.stop_words import TOKEN
from keras_mtl.data.text.graph_text import mapped, substituted


def without_stop_words(texts: tf.Tensor, patterns: Sequence[tuple[int, str]]) -> tf.Tensor:
    """What `RemoveStopWords` gives, as TensorFlow operations.

    Args:
        texts: string `(B,)`, UTF-8.
        patterns: Numbers of tokens, each with a pattern of stop words that have as many, in small
            letters, a space between two tokens.

    Returns:
        string `(B,)`.
    """
    marking = (*text_rules.substitutions("keep"), (f"({TOKEN})", rf"{MARK}\1{MARK}"))
    marked = substituted(mapped(texts, plain_characters()), marking)
    # In each row what lies between tokens is at the places 0, 2, ..., the tokens at 1, 3, ...
    pieces = tf.strings.split(marked, MARK)
    places = tf.where(tf.ragged.range(pieces.row_lengths()).flat_values % 2 == 1)
    tokens = mapped(tf.gather_nd(pieces.flat_values, places), small_characters())
    rows = tf.gather_nd(pieces.value_rowids(), places)
    gone = tf.boolean_mask(places, _covered(tokens, rows, patterns))
    spaces = tf.fill(tf.shape(gone)[:1], " ")
    kept = tf.tensor_scatter_nd_update(pieces.flat_values, gone, spaces)
    return substituted(tf.strings.reduce_join(pieces.with_flat_values(kept), axis=1), TIDY)


def _covered(tokens: tf.Tensor, rows: tf.Tensor, patterns: Sequence[tuple[int, str]]) -> tf.Tensor:
    """Which tokens are a part of a stop word, bool `(N,)`.

    Args:
        tokens: string `(N,)`, the tokens of all texts, end to end.
        rows: int64 `(N,)`, the text of each.
        patterns: As above.
    """
    covered = tf.zeros_like(rows, tf.bool)
    for length, pattern in patterns:
        following = [_shifted(tokens, step, "") for step in range(length)]
        # A token holds no space, so joined tokens are those of one stop word only.
        found = tf.strings.regex_full_match(tf.strings.join(following, " "), pattern)
        starts = found & (_shifted(rows, length - 1, -1) == rows)
        for step in range(length):
            covered |= _shifted(starts, -step, False)
    return covered


def _shifted(values: tf.Tensor, by: int, filling: str | int | bool) -> tf.Tensor:
    """`values[i + by]` at place i, `filling` where there is none, `(N,)`."""
    count = tf.shape(values)[0]
    more = tf.fill([abs(by)], tf.constant(filling, values.dtype))
    if by < 0:
        return tf.concat([more, values], 0)[:count]
    return tf.concat([values, more], 0)[by:]
