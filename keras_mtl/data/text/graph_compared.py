"""Texts that are compared, read inside a TensorFlow graph.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

from keras_mtl.data.text.graph_rows import in_rows, padded, places_in_rows, row_numbers
from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
from keras_mtl.data.text.graph_tokenizer import GraphTokenizer
from keras_mtl.data.text.reading import UNKNOWN
from keras_mtl.data.text.subwords import SubwordTokenizer


def joins_in_graph(tokenizer: SubwordTokenizer) -> bool:
    """Whether the pairs of a BERT tokenizer are as `GraphCompared` joins them.

    Behind each side stands what stands behind a text, and the second side is a segment by itself.
    """
    before, after = ([tokenizer.own_id(n) for n in one] for one in tokenizer.frame)
    own = tokenizer.encode([""])["token_ids"].row(0).tolist()
    raised = [number + tokenizer.vocabulary_size for number in own[len(before) :]]
    found = tokenizer.encode_pairs([""], [""])["token_ids"].row(0).tolist()
    return len(own) == len(before) + len(after) and found == [*own, *raised]


class GraphCompared(tf.Module):
    """Gives the ids of pairs and of candidates that Python gives, by TensorFlow operations.

    Args:
        tokenizer: What gives the ids of a text.
        size: How many ids there are, by which those of a second segment are higher; `None` where
            each text is read by itself.
    """

    def __init__(
        self, tokenizer: GraphTokenizer | GraphSubwordTokenizer, size: int | None = None
    ) -> None:
        super().__init__(name="graph_compared")
        # Not the tokenizer itself: its own call would be traced and saved too.
        self._read, self._ids_of, self._tables = tokenizer.read, tokenizer.ids, tokenizer.tables
        self._limit, self._size = tokenizer.sequence_length, size
        self._before, self._after = tokenizer.frame

    def ids(self, texts: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Ids of texts and of those that each is compared with.

        Args:
            texts: string `(B,)`.
            others: string `(B, K)`; empty where a row has fewer.

        Returns:
            int32 `(B, T, L)`: with `T = 1 + K`, or of pairs read as one with `T = K`.
        """
        if self._size is None:
            every = tf.concat([texts[:, tf.newaxis], others], 1)
            ids = self._read(tf.reshape(every, [-1]))
        else:
            every = others
            first = tf.repeat(texts, tf.shape(others)[1])
            ids = self._pairs(first, tf.reshape(others, [-1]), self._size)
        # A text of no token is there all the same.
        nothing = tf.logical_not(tf.reduce_any(ids > 0, axis=1, keepdims=True))
        first_place = tf.range(tf.shape(ids)[1]) == 0
        ids = tf.where(tf.logical_and(nothing, first_place), UNKNOWN, ids)
        shape = tf.concat([tf.shape(every), [tf.shape(ids)[1]]], 0)
        return tf.where(every[:, :, tf.newaxis] == "", 0, tf.reshape(ids, shape))

    def _pairs(self, first: tf.Tensor, second: tf.Tensor, size: int) -> tf.Tensor:
        """Ids of pairs read as one, int32 `(N, L)`; the longer side is cut for the limit's sake."""
        left, right = self._ids_of(first), self._ids_of(second)
        room = tf.constant(self._limit - len(self._before) - 2 * len(self._after), tf.int64)
        keep = _kept(left.row_lengths(), right.row_lengths(), room)
        count = left.nrows()
        every = tf.range(count)
        parts = [(tf.fill([count], number), every) for number in self._before]
        for rows, kept, raised in ((left, keep[0], 0), (right, keep[1], size)):
            numbers = row_numbers(rows)
            read = places_in_rows(rows) < tf.gather(kept, numbers)
            ids = tf.boolean_mask(rows.values, read) + raised
            parts.append((ids, tf.boolean_mask(numbers, read)))
            parts += [(tf.fill([count], number + raised), every) for number in self._after]
        values, numbers = (tf.concat(one, 0) for one in zip(*parts, strict=True))
        return padded(in_rows(values, numbers, count))


def _kept(left: tf.Tensor, right: tf.Tensor, room: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """How many ids of each side fit: `longest_first` of the `tokenizers` library, `(N,)` each.

    If one side is short the other gets the rest; else both get half, the longer one the odd id.
    """
    short = tf.minimum(left, right)
    rest = tf.where(short > room, short, tf.maximum(short, room - short))
    halved = short + rest > room
    short = tf.where(halved, room // 2, short)
    rest = tf.where(halved, room // 2 + room % 2, rest)
    swapped = left > right
    return tf.where(swapped, rest, short), tf.where(swapped, short, rest)
