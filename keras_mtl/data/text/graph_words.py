"""Texts cut into words inside a TensorFlow graph, for models that predict something of each word.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.patterns import MARK, plain_characters
from keras_mtl.data.text.graph_rows import (
    framed,
    in_rows,
    padded,
    places_in_rows,
    row_numbers,
    with_more,
)
from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
from keras_mtl.data.text.graph_text import mapped
from keras_mtl.data.text.graph_tokenizer import GraphTokenizer
from keras_mtl.data.text.words import TOKEN_IDS
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import WORD_PLACES

_UNIT = "UTF8_CHAR"
_TOKEN = f"({text_rules.token_pattern('separate', characters=True)})"


class GraphWords(tf.Module):
    """Gives what `words_of` and `encode_words` of a tokenizer give, by TensorFlow operations.

    Bytes that are not UTF-8 are read as U+FFFD, the replacement character, and counted as one.

    Args:
        tokenizer: What gives the ids of a word.

    Example:
        >>> from keras_mtl.data import WordTokenizer
        >>> graph = GraphWords(GraphTokenizer(WordTokenizer(["go", "ann"])))
        >>> found = graph(tf.constant(["Don't go, Ann"]))
        >>> found["words"].numpy().tolist(), found["token_ids"].numpy().tolist()
        ([[b"Don't", b'go', b',', b'Ann']], [[1, 2, 1, 3]])
    """

    def __init__(self, tokenizer: GraphTokenizer | GraphSubwordTokenizer) -> None:
        super().__init__(name="graph_words")
        # Not the tokenizer itself: its own call would be traced and saved too.
        self._ids_of, self._tables = tokenizer.ids, tokenizer.tables
        self._unknown, self._frame = tokenizer.unknown, tokenizer.frame
        self._limit, self._keeps_end = tokenizer.sequence_length, tokenizer.keeps_end
        self._room = self._limit - sum(map(len, self._frame))
        self._characters = tf.constant(plain_characters())

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")], autograph=False)
    def __call__(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Words of the texts, and how a model reads them; words that are cut off left out.

        Args:
            texts: string `(B,)`, UTF-8.

        Returns:
            - `token_ids`: int32 `(B, L)`, padded with 0;
            - `word_starts`: int32 `(B, W)`, 1 + the place of each word's first token, 0 behind
              the last word;
            - `words`: string `(B, W)`, as they stand in the texts, empty behind the last;
            - `starts`, `ends`: int32 `(B, W)`, their places in the texts, in characters; 0 behind
              the last.

            L and W are at least 1.

        Raises:
            InvalidArgumentError: A text is too long for a tokenizer that keeps the end of texts.
        """
        words, starts = self._words(texts)
        ids = self._ids(words.values)
        before, after = self._frame
        places = places_in_rows(words, ids.row_lengths())
        # Of each text those in front: a word is read if its first id is.
        read = tf.where(places < self._room)[:, 0]
        rows = tf.gather(row_numbers(words), read)

        def kept(values: tf.Tensor) -> tf.Tensor:
            return padded(in_rows(tf.gather(values, read), rows, words.nrows()))

        of_texts = words.with_values(ids).merge_dims(1, 2)
        with tf.control_dependencies(self._checks(of_texts)):
            token_ids = padded(framed(of_texts, self._limit, before, after))
        ends = starts + tf.strings.length(words.values, _UNIT)
        return {
            TOKEN_IDS: token_ids,
            WORD_STARTS: kept(tf.cast(places, tf.int32) + len(before) + 1),
            **dict(zip(WORD_PLACES, map(kept, (words.values, starts, ends)), strict=True)),
        }

    def _words(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.Tensor]:
        """The words of each text, string `(B, None)`, and where each begins, int32 `(N,)`."""
        # One character for one, so that places stay.
        plain = mapped(texts, self._characters)
        marked = tf.strings.regex_replace(plain, _TOKEN, rf"{MARK}\1{MARK}")
        # In each row what lies between words is at the places 0, 2, ..., the words at 1, 3, ...
        pieces = tf.strings.split(marked, MARK)
        numbers = tf.where(places_in_rows(pieces) % 2 == 1)[:, 0]
        lengths = tf.strings.length(pieces.values, _UNIT)
        starts = tf.gather(places_in_rows(pieces, lengths), numbers)
        codes = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        # Each piece has as many characters as in the text itself.
        ends = tf.concat([[0], tf.cumsum(lengths)], 0)
        texts = tf.RaggedTensor.from_row_splits(codes.values, ends, validate=False)
        words = tf.strings.unicode_encode(tf.gather(texts, numbers), "UTF-8")
        rows = tf.gather(row_numbers(pieces), numbers)
        return in_rows(words, rows, pieces.nrows()), starts

    def _ids(self, words: tf.Tensor) -> tf.RaggedTensor:
        """The ids of each word, at least one, int32 `(N, None)`."""
        ids = self._ids_of(words)
        without = tf.where(ids.row_lengths() == 0)[:, 0]
        return with_more(ids, tf.fill(tf.shape(without), self._unknown), without)

    def _checks(self, ids: tf.RaggedTensor) -> list[Any]:
        """That no text is cut in its middle."""
        if not self._keeps_end:
            return []
        message = (
            "truncation of the tokenizer must be head where a model reads words. Received: "
            f"head_tail, and a text of more than the {self._room} tokens that are kept. Send "
            "shorter texts, or train with truncation=head or a larger sequence_length."
        )
        return [tf.debugging.Assert(tf.reduce_all(ids.row_lengths() <= self._room), [message])]
