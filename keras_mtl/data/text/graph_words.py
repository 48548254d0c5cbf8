"""Texts cut into words inside a TensorFlow graph, for models that predict something of each word.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.patterns import MARK, plain_characters
from keras_mtl.data.text.graph_rows import framed, padded, places_in_rows
from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
from keras_mtl.data.text.graph_text import mapped
from keras_mtl.data.text.graph_tokenizer import GraphTokenizer
from keras_mtl.data.text.words import TOKEN_IDS
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import WORD_PLACES

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
        self._tokenizer = tokenizer
        self._characters = tf.constant(plain_characters())

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
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
        ids = self._ids(words.flat_values)
        before, after = self._tokenizer.frame
        room = self._tokenizer.sequence_length - len(before) - len(after)
        of_texts = words.with_flat_values(ids).merge_dims(1, 2)
        places = places_in_rows(words.with_flat_values(tf.cast(ids.row_lengths(), tf.int32)))
        read = words.with_flat_values(places < room)
        ends = starts + tf.strings.length(words.flat_values, "UTF8_CHAR")
        rows = {
            WORD_STARTS: words.with_flat_values(places + len(before) + 1),
            **dict(
                zip(WORD_PLACES, (words, *map(words.with_flat_values, (starts, ends))), strict=True)
            ),
        }
        with tf.control_dependencies(self._checks(of_texts)):
            token_ids = padded(framed(of_texts[:, :room], before, after))
        kept = {name: padded(tf.ragged.boolean_mask(one, read)) for name, one in rows.items()}
        return {TOKEN_IDS: token_ids, **kept}

    def _words(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.Tensor]:
        """The words of each text, and where each of them begins, int32 `(N,)`."""
        # One character for one, so that places stay.
        marked = tf.strings.regex_replace(
            mapped(texts, self._characters), _TOKEN, rf"{MARK}\1{MARK}"
        )
        # In each row what lies between words is at the places 0, 2, ..., the words at 1, 3, ...
        pieces = tf.strings.split(marked, MARK)
        are_words = tf.ragged.range(pieces.row_lengths()).flat_values % 2 == 1
        lengths = tf.strings.length(pieces.flat_values, "UTF8_CHAR")
        codes = tf.strings.unicode_decode(texts, "UTF-8", errors="replace").flat_values
        letters = tf.boolean_mask(codes, tf.repeat(are_words, lengths))
        words = tf.RaggedTensor.from_row_lengths(letters, tf.boolean_mask(lengths, are_words))
        starts = places_in_rows(pieces.with_flat_values(lengths))
        return (
            tf.RaggedTensor.from_row_lengths(
                tf.strings.unicode_encode(words, "UTF-8"), pieces.row_lengths() // 2
            ),
            tf.boolean_mask(starts, are_words),
        )

    def _ids(self, words: tf.Tensor) -> tf.RaggedTensor:
        """The ids of each word, at least one, int32 `(N, None)`."""
        ids = self._tokenizer.ids(words)
        without = ids.row_lengths() == 0
        unknown = tf.fill([tf.math.count_nonzero(without)], self._tokenizer.unknown)
        filled = tf.RaggedTensor.from_row_lengths(unknown, tf.cast(without, tf.int64))
        return tf.concat([ids, filled], axis=1)

    def _checks(self, ids: tf.RaggedTensor) -> list[Any]:
        """That no text is cut in its middle."""
        if not self._tokenizer.keeps_end:
            return []
        limit = self._tokenizer.sequence_length
        message = (
            "truncation of WordTokenizer must be head where a model reads words. Received: "
            f"head_tail, and a text of more than the {limit} tokens that are kept. Send shorter "
            "texts, or train with truncation=head or a larger sequence_length."
        )
        return [tf.debugging.Assert(tf.reduce_all(ids.row_lengths() <= limit), [message])]
