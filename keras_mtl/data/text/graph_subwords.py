"""BERT's tokenizer inside a TensorFlow graph, so that an exported model reads raw text.

Importing this module imports TensorFlow; `subwords.py` does not need it.
"""

from __future__ import annotations

import re

import tensorflow as tf

from keras_mtl.data.text.bert_rules import PAGE, BertRules, bert_rules, is_bert, parts_of
from keras_mtl.data.text.graph_rows import (
    ends_of_rows,
    framed,
    padded,
    places_in_rows,
    row_numbers,
    with_more,
)
from keras_mtl.data.text.graph_wordpiece import GraphWordPiece
from keras_mtl.data.text.subwords import SubwordTokenizer
from keras_mtl.data.text.truncation import HEAD

# No byte of UTF-8, so it marks a place in any text.
_MARK = b"\xff"


class GraphSubwordTokenizer(tf.Module):
    """Gives the ids of a `SubwordTokenizer` that `is_bert`, with TensorFlow operations only.

    A SavedModel that holds one carries its own tables: loading it takes TensorFlow alone, and no
    `tensorflow_text`, whose BERT tokenizers read characters otherwise (a fullwidth comma as a
    comma). Bytes that are not UTF-8 are read as U+FFFD, which BERT drops.

    One thing is not done: where accents are stripped, the normalizer puts neighbouring marks in
    their canonical order. Of marks that it does not take for accents (signs added to Unicode since
    2015, and spacing marks, such as those of Javanese) two that stand in another order keep it.

    Args:
        tokenizer: The tokenizer to copy.

    Raises:
        ValueError: It is not BERT's.

    Attributes:
        unknown: The id of a word that is no row of pieces.
        frame: The ids before and behind every text.
        sequence_length: Most ids of a text, those of the frame included.
        tables: What has to be saved with `ids`.
        keeps_end: Whether of a text that is too long the end is kept too.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "fine", "##st", "wine"]
        >>> graph = GraphSubwordTokenizer(SubwordTokenizer.wordpiece(vocabulary))
        >>> graph(tf.constant(["Finest wine", "wine"]))["token_ids"].numpy().tolist()
        [[2, 4, 5, 6, 3], [2, 6, 3, 0, 0]]
    """

    def __init__(self, tokenizer: SubwordTokenizer) -> None:
        super().__init__(name="graph_subword_tokenizer")
        if not is_bert(tokenizer):
            raise ValueError(
                "`tokenizer` of GraphSubwordTokenizer must be BERT's: WordPiece, BertNormalizer "
                "and BertPreTokenizer, and added tokens, if any, read as they stand in the text. "
                f"Received: {parts_of(tokenizer)}. Tokenize in Python, and send token ids."
            )
        rules = bert_rules(tokenizer)
        self.unknown = rules.unknown
        self.frame = tokenizer.frame
        self.sequence_length = tokenizer.sequence_length
        self.keeps_end = tokenizer.truncation != HEAD
        self._kept = tokenizer.kept
        table = rules.characters
        self._pages, self._kinds = tf.constant(table.pages), tf.constant(table.kinds.ravel())
        self._targets = tf.constant(table.targets.values), tf.constant(table.targets.offsets)
        self._added = _pattern(rules)
        self._pieces = GraphWordPiece(
            rules, {_MARK + token.encode(): number for token, number in rules.added.items()}
        )
        self.tables = [self._pieces]

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
        ids = self.ids(texts)
        if self.keeps_end:
            ids = ends_of_rows(ids, *self._kept)
        return padded(framed(ids, self.sequence_length, *self.frame))

    def ids(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Ids of each text, int32 `(B, None)`, not truncated, without those of the frame."""
        words = self.words(texts)
        return words.with_values(self._pieces(words.values)).merge_dims(1, 2)

    def words(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """What is looked up as a whole or in pieces, string `(B, None)`."""
        if not self._added:
            return self._cut(texts)
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        marked = tf.strings.regex_replace(texts, self._added, _MARK + rb"\1" + _MARK)
        # In each row texts are at the places 0, 2, ..., added tokens between them at 1, 3, ...
        parts = tf.strings.split(marked, _MARK)
        are_tokens = places_in_rows(parts) % 2 == 1
        words = self._cut(tf.where(are_tokens, b"", parts.values))
        tokens = _MARK + tf.boolean_mask(parts.values, are_tokens)
        words = with_more(words, tokens, tf.where(are_tokens)[:, 0])
        return parts.with_values(words).merge_dims(1, 2)

    def _cut(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """The words of texts without added tokens: each character as the table says."""
        codes = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        old = codes.values
        kinds = tf.gather(self._kinds, tf.gather(self._pages, old // PAGE) * PAGE + old % PAGE)
        targets = tf.RaggedTensor.from_row_splits(*self._targets, validate=False)
        found = tf.gather(targets, kinds)
        new = tf.where(found.values < 0, tf.gather(old, row_numbers(found)), found.values)
        ends = tf.gather(found.row_splits, codes.row_splits)
        plain = tf.RaggedTensor.from_row_splits(new, ends, validate=False)
        return tf.strings.split(tf.strings.unicode_encode(plain, "UTF-8"))


def _pattern(rules: BertRules) -> str:
    longest_first = sorted(rules.added, key=len, reverse=True)
    return f"({'|'.join(map(re.escape, longest_first))})" if longest_first else ""
