"""Words cut into the longest pieces of a vocabulary, inside a TensorFlow graph.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from keras_mtl.data.text.bert_rules import BertRules
from keras_mtl.data.text.graph_rows import in_rows, row_numbers

_UNIT = "UTF8_CHAR"
_NONE = -1


class GraphWordPiece(tf.Module):
    """Finds the pieces of words as WordPiece does: the longest first, from left to right.

    Args:
        rules: What the tokenizer knows.
        whole: More words that are pieces, to their ids: never cut, and no part of other words.

    Call arguments:
        words: string `(N,)`, UTF-8, none of them empty.

    Returns:
        int32 `(N, None)`, at least one id for each word.
    """

    def __init__(self, rules: BertRules, whole: Mapping[bytes, int]) -> None:
        super().__init__(name="graph_wordpiece")
        self._prefix = rules.prefix
        self._unknown = rules.unknown
        self._most_characters = rules.most_characters
        self._longest = max(map(len, rules.pieces))
        ids = {piece.encode(): number for piece, number in rules.pieces.items()} | dict(whole)
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(list(ids), tf.string), tf.constant(list(ids.values()), tf.int32)
            ),
            default_value=_NONE,
        )

    def __call__(self, words: tf.Tensor) -> tf.RaggedTensor:
        different, numbers = tf.unique(words)
        return tf.gather(self._of_different(different), numbers)

    def _of_different(self, words: tf.Tensor) -> tf.RaggedTensor:
        # Most words are a piece; of the others too long ones are not looked into.
        whole = self._ids.lookup(words)
        too_long = tf.strings.length(words, _UNIT) > self._most_characters
        whole = tf.where((whole == _NONE) & too_long, self._unknown, whole)
        done, left = (tf.where(one)[:, 0] for one in (whole != _NONE, whole == _NONE))
        rows, ids = self._cut(left, tf.gather(words, left), done, tf.gather(whole, done))
        # A word with a rest that is no piece is unknown as a whole.
        count = tf.size(words, tf.int64)
        failed = tf.math.unsorted_segment_min(ids, rows, count) == _NONE
        kept, unknown = ~tf.gather(failed, rows), tf.where(failed)[:, 0]
        rows = tf.concat([tf.boolean_mask(rows, kept), unknown], 0)
        ids = tf.boolean_mask(ids, kept)
        # Pieces come step by step, of all words at once: here they are put in order.
        return in_rows(tf.concat([ids, tf.fill(tf.shape(unknown), self._unknown)], 0), rows, count)

    def _cut(self, left: Any, rests: Any, rows: Any, ids: Any) -> tuple[Any, Any]:
        """Rows and ids of all pieces: those given, and behind them those of the words left."""

        def step(left: Any, rests: Any, rows: Any, ids: Any, prefix: Any) -> Any:
            sizes = self._longest_known(rests, prefix)
            piece = self._ids.lookup(
                prefix + tf.strings.substr(rests, tf.zeros_like(sizes), sizes, _UNIT)
            )
            rows = tf.concat([rows, left], 0)
            ids = tf.concat([ids, tf.where(sizes > 0, piece, _NONE)], 0)
            more = (sizes > 0) & (sizes < tf.strings.length(rests, _UNIT))
            left, rests, sizes = (tf.boolean_mask(one, more) for one in (left, rests, sizes))
            end = tf.strings.length(rests, _UNIT) - sizes
            return left, tf.strings.substr(rests, sizes, end, _UNIT), rows, ids, self._prefix

        found = tf.while_loop(
            lambda left, *_: tf.size(left) > 0,
            step,
            (left, rests, rows, ids, tf.constant("")),
            shape_invariants=(*[tf.TensorShape([None])] * 4, tf.TensorShape([])),
        )
        return found[2], found[3]

    def _longest_known(self, rests: Any, prefix: Any) -> Any:
        """Characters of the longest piece that each of the words begins with, 0 without one."""
        tried = tf.ragged.range(tf.minimum(tf.strings.length(rests, _UNIT), self._longest))
        sizes, words = tried.values + 1, row_numbers(tried)
        begins = tf.strings.substr(tf.gather(rests, words), tf.zeros_like(sizes), sizes, _UNIT)
        known = self._ids.lookup(prefix + begins) != _NONE
        return tf.math.segment_max(tf.where(known, sizes, 0), words)
