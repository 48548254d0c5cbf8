"""The word tokenizer inside a TensorFlow graph, so that an exported model reads raw text.

Importing this module imports TensorFlow; `tokenizer.py` does not need it.
"""

from __future__ import annotations

import tensorflow as tf

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.names import outside_graph
from keras_mtl.data.text.cleaning.step import graph_of
from keras_mtl.data.text.graph_rows import ends_of_rows, padded
from keras_mtl.data.text.graph_text import mapped, substituted
from keras_mtl.data.text.tokenizer import UNKNOWN_ID, WordTokenizer
from keras_mtl.data.text.truncation import HEAD


class GraphTokenizer(tf.Module):
    """Gives the ids of a `WordTokenizer` with TensorFlow operations only.

    A SavedModel that holds one carries its own tables: loading it takes TensorFlow alone.
    Bytes that are not UTF-8 are read as U+FFFD, the replacement character.

    Args:
        tokenizer: The tokenizer to copy, with its cleaning.

    Raises:
        ValueError: TensorFlow operations cannot express a cleaning step of it.

    Attributes:
        unknown: The id of a word that is not in the vocabulary.
        frame: The ids before and behind every text: none.
        sequence_length: Most ids of a text.
        tables: What has to be saved with `ids`.
        keeps_end: Whether of a text that is too long the end is kept too.

    Example:
        >>> graph = GraphTokenizer(WordTokenizer(["a", "film"]))
        >>> graph(tf.constant(["A film!", ""]))["token_ids"].numpy().tolist()
        [[2, 3, 1], [0, 0, 0]]
    """

    def __init__(self, tokenizer: WordTokenizer) -> None:
        super().__init__(name="graph_tokenizer")
        splitter = tokenizer.splitter
        steps = tokenizer.cleaning_steps
        if missing := outside_graph(steps):
            raise ValueError(
                "`tokenizer` of GraphTokenizer must have cleaning steps with an `in_graph` method "
                "of their own, and no more stop words than a graph can have, only. Received: "
                f"steps without one, {', '.join(missing)}. Clean and tokenize in Python, and send "
                "token ids."
            )
        self._cleaning = [clean for step in steps if (clean := graph_of(step))]
        self._rules = text_rules.substitutions(splitter.markup)
        token = text_rules.token_pattern(splitter.punctuation, splitter.characters)
        # Punctuation that is no token is still matched, so that replacing drops it.
        self._pattern = f"({token})|[{text_rules.PUNCTUATION}]"
        self._kept = tokenizer.kept
        self.unknown = UNKNOWN_ID
        self.frame: tuple[list[int], list[int]] = [], []
        self.sequence_length = tokenizer.sequence_length
        self.keeps_end = tokenizer.truncation != HEAD
        self._characters = tf.constant(text_rules.character_table(splitter.lowercase))
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(tokenizer.vocabulary),
                tf.range(UNKNOWN_ID + 1, tokenizer.vocabulary_size),
            ),
            default_value=UNKNOWN_ID,
        )
        self.tables = [self._ids]

    def tokens(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Words of each text, string `(B, None)`, not truncated."""
        if self._cleaning:
            texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        for clean in self._cleaning:
            texts = clean(texts)
        plain = substituted(mapped(texts, self._characters), self._rules)
        return tf.strings.split(tf.strings.regex_replace(plain, self._pattern, r" \1 "))

    def ids(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Ids of each text, int32 `(B, None)`, not truncated."""
        words = self.tokens(texts)
        return words.with_flat_values(self._ids.lookup(words.flat_values))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")], autograph=False)
    def __call__(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Ids of the texts, padded with 0 to the longest of them.

        Args:
            texts: string `(B,)`, UTF-8.

        Returns:
            `{"token_ids": int32 (B, L)}`, L at least 1.
        """
        return {"token_ids": self.read(texts)}

    def read(self, texts: tf.Tensor) -> tf.Tensor:
        """What a call gives as `token_ids`."""
        return padded(ends_of_rows(self.ids(texts), *self._kept))
