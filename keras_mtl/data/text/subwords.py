"""Texts to the sub-words of a pretrained model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np
import tokenizers

from keras_mtl.data.text.as_json import AsJson
from keras_mtl.data.text.ragged import Int32, Ragged
from keras_mtl.data.text.subword_models import (
    byte_pair_model,
    pair_ids,
    stored_model,
    unknown_id,
    wordpiece_model,
)
from keras_mtl.data.text.truncation import HEAD, check_words, ends_kept, truncated
from keras_mtl.data.text.word_splitter import at_least, checked_texts, encodable, one_of
from keras_mtl.data.text.words import TOKEN_IDS, encode_words, padded

_FORMAT = 1
# What the encoders' own training hides tokens behind.
_MASKS = ("[MASK]", "<mask>")


@keras.saving.register_keras_serializable(package="keras_mtl")
class SubwordTokenizer(AsJson):
    """Cuts texts as the tokenizer of a pretrained model does, and gives each piece its id.

    A tokenizer of the `tokenizers` library with what a model needs around it: special tokens,
    truncation, words. Id 0 is padding, whatever the pretrained vocabulary says: the id that
    pads there and 0 change places (`padding_id`), and the trunk changes them back.

    Args:
        tokenizer: A `tokenizers.Tokenizer`, or its JSON. Its padding and truncation are not used.
        sequence_length: Most ids of a text, special ones included. By default `longest`, and then
            `fit`, `evaluate` and mixtures warn of texts that are cut.
        padding_id: The id that the pretrained vocabulary has for padding.
        longest: Most ids that the model takes.
        truncation: What is kept of a longer text: `"head"`, its first pieces; `"head_tail"`, three
            quarters from its start and a quarter from its end. Pairs read as one lose their ends.

    Raises:
        ValueError: If `sequence_length` leaves no room for a piece, `truncation` is unknown, or
            the JSON is no tokenizer.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "fine", "##st", "wine"]
        >>> tokenizer = SubwordTokenizer.wordpiece(vocabulary)
        >>> tokenizer.tokens("Finest wine")
        ['fine', '##st', 'wine']
        >>> tokenizer(["Finest wine", "wine"])["token_ids"].tolist()
        [[2, 4, 5, 6, 3], [2, 6, 3, 0, 0]]
    """

    def __init__(
        self,
        tokenizer: tokenizers.Tokenizer | str,
        sequence_length: int | None = None,
        padding_id: int = 0,
        longest: int = 512,
        truncation: str = HEAD,
    ) -> None:
        if isinstance(tokenizer, str):
            tokenizer = stored_model(tokenizer)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._size = 1 + max(tokenizer.get_vocab(with_added_tokens=True).values())
        self.padding_id = padding_id
        mask = tokenizer.encode("a").special_tokens_mask
        frame = [self.own_id(number) for number in tokenizer.encode("").ids]
        front = mask.index(0) if 0 in mask else 0
        self._before, self._after = frame[:front], frame[front:]
        least = len(frame) + 1
        whose, asked = type(self).__name__, sequence_length
        self.asked = None if asked is None else at_least("sequence_length", asked, least, whose)
        self.longest = at_least("longest", longest, least, whose)
        self.truncation = one_of("truncation", truncation, whose)

    @classmethod
    def wordpiece(
        cls,
        vocabulary: Sequence[str],
        sequence_length: int | None = None,
        *,
        lowercase: bool = True,
        strip_accents: bool | None = None,
        characters: bool = True,
        truncation: str = HEAD,
    ) -> SubwordTokenizer:
        """The tokenizer of BERT.

        Args:
            vocabulary: The pieces in the order of their ids, those inside words with `##`;
                `[PAD]`, `[UNK]`, `[CLS]` and `[SEP]` among them.
            sequence_length: As in `SubwordTokenizer`.
            lowercase: Whether to write all letters small.
            strip_accents: Whether to drop accents; with `lowercase` if `None`.
            characters: Whether each Chinese character is a word by itself.
            truncation: As in `SubwordTokenizer`.

        Raises:
            ValueError: If a special piece is missing, or one is there twice.
        """
        found = wordpiece_model(vocabulary, lowercase, strip_accents, characters)
        padding_id = int(found.token_to_id("[PAD]") or 0)
        return cls(found, sequence_length, padding_id, truncation=truncation)

    @classmethod
    def byte_pairs(
        cls,
        vocabulary: Mapping[str, int],
        merges: Sequence[tuple[str, str]],
        special: tuple[str, str, str] = ("<s>", "</s>", "<pad>"),
        sequence_length: int | None = None,
        *,
        truncation: str = HEAD,
    ) -> SubwordTokenizer:
        """The tokenizer of RoBERTa: byte-level BPE.

        Args:
            vocabulary: Piece to id.
            merges: Pairs of pieces that are joined, the first first.
            special: The pieces that begin, end and pad a text.
            sequence_length: As in `SubwordTokenizer`.
            truncation: As in `SubwordTokenizer`.

        Raises:
            ValueError: If a special piece is missing.
        """
        found = byte_pair_model(vocabulary, merges, special)
        return cls(found, sequence_length, vocabulary[special[2]], truncation=truncation)

    @property
    def sequence_length(self) -> int:
        """Most ids of a text, special ones included."""
        return self.longest if self.asked is None else self.asked

    @property
    def kept(self) -> tuple[int, int]:
        """How many pieces are kept of the start and of the end of a text that is too long."""
        room = self.sequence_length - len(self._before) - len(self._after)
        return ends_kept(room, self.truncation)

    @property
    def vocabulary_size(self) -> int:
        """How many ids there are: the highest one, and one more."""
        return self._size

    @property
    def frame(self) -> tuple[list[int], list[int]]:
        """The ids in front of every text, and those behind it."""
        return self._before, self._after

    @property
    def mask_id(self) -> int:
        """The id of a hidden token: that of the mask, or of what is not known."""
        masks = (self._tokenizer.token_to_id(piece) for piece in _MASKS)
        number = next((one for one in masks if one is not None), None)
        return self._unknown()[0] if number is None else self.own_id(number)

    def own_id(self, number: int) -> int:
        """An id of the pretrained vocabulary as one of ours, where 0 is padding; and back."""
        return {0: self.padding_id, self.padding_id: 0}.get(number, number)

    def tokens(self, text: str) -> list[str]:
        """All pieces of a text, without special ones, not truncated."""
        return list(self._tokenizer.encode(encodable(text), add_special_tokens=False).tokens)

    def length(self, row: str | Sequence[str]) -> int:
        """How many ids a text, or a list of its words, would have if nothing were cut off."""
        if isinstance(row, str):
            return len(self._before) + len(self.tokens(row)) + len(self._after)
        pieces = (max(len(self.tokens(word)), 1) for word in row)
        return len(self._before) + sum(pieces) + len(self._after)

    def encode(self, texts: Iterable[str]) -> dict[str, Ragged]:
        """Ids of the texts, special ones included, truncated to `sequence_length`, not padded.

        Returns:
            `{"token_ids": Ragged}`, one row per text.

        Raises:
            TypeError: `texts` is a single str, or one of them is not a str.
        """
        given = [encodable(text) for text in checked_texts(texts)]
        found = self._tokenizer.encode_batch_fast(given, add_special_tokens=False)
        before, after = ([self.own_id(n) for n in one] for one in (self._before, self._after))
        head, tail = self.kept
        rows = [[*before, *truncated(one.ids, head, tail), *after] for one in found]
        ids = np.fromiter((number for row in rows for number in row), np.int32)
        ends = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        # Of the pretrained vocabulary, the special ones too, up to here.
        return {TOKEN_IDS: Ragged(self._swapped(ids), ends)}

    def encode_pairs(self, first: Iterable[str], second: Iterable[str]) -> dict[str, Ragged]:
        """Ids of pairs of texts, as the pretrained model reads them: as one, in two segments.

        Of a pair that is too long, pieces are cut off the end of whichever side is longer. Where
        the model tells segments apart, ids of the second are `vocabulary_size` higher.

        Returns:
            `{"token_ids": Ragged}`, one row per pair. Raises `TypeError` as `encode`.
        """
        # The special tokens too are of the pretrained vocabulary here.
        ids, segments, ends = pair_ids(self._tokenizer, self.sequence_length, first, second)
        return {TOKEN_IDS: Ragged(self._swapped(ids) + segments * self.vocabulary_size, ends)}

    def pair_length(self, first: str, second: str) -> int:
        """How many ids a pair of texts would have if nothing were cut off."""
        special = self._tokenizer.num_special_tokens_to_add(True)
        return int(len(self.tokens(first)) + len(self.tokens(second)) + special)

    def encode_words(self, rows: Iterable[Sequence[str]]) -> dict[str, Ragged]:
        """Ids of texts that are cut into words already; at least one for each word.

        Args:
            rows: For each text its words.

        Returns:
            `{"token_ids": Ragged, "word_starts": Ragged}`: of each word whose first piece is
            kept, 1 + the place of that piece.

        Raises:
            TypeError: If a row is no list of words.
            ValueError: If a text is too long and its end would be kept (`"head_tail"`).
        """
        unknown = self._unknown()

        def ids_of(word: str) -> list[int]:
            found = self._tokenizer.encode(encodable(word), add_special_tokens=False).ids
            return [self.own_id(number) for number in found] or unknown

        limit = self.sequence_length
        found, longest = encode_words(rows, ids_of, limit, self._before, self._after)
        check_words(type(self).__name__, self.truncation, longest, limit)
        return found

    def __call__(self, texts: Iterable[str]) -> dict[str, Int32]:
        """Ids of the texts, padded with 0 to the longest of them.

        Returns:
            `{"token_ids": int32 (N, L)}`, L at least 1.

        Raises:
            TypeError: As `encode`.
        """
        return padded(self.encode(texts))

    def get_config(self) -> dict[str, Any]:
        """Everything the constructor takes."""
        return {
            "tokenizer": self._tokenizer.to_str(),
            "sequence_length": self.asked,
            "padding_id": self.padding_id,
            "longest": self.longest,
            # Left out as it was before there was a choice: what is stored stays the same.
            **({"truncation": self.truncation} if self.truncation != HEAD else {}),
        }

    def to_json(self) -> str:
        """The tokenizer as JSON; the same text for the same tokenizer."""
        config = {**self.get_config(), "tokenizer": json.loads(self._tokenizer.to_str())}
        return json.dumps({"subwords": _FORMAT, "config": config}, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The tokenizer that `to_json` describes.

        Raises:
            ValueError: The text was not written by `to_json`.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("subwords") != _FORMAT:
            raise ValueError(
                f"The JSON of a SubwordTokenizer must come from `to_json`. Received: {text[:80]!r}."
            )
        config = {**content["config"], "tokenizer": json.dumps(content["config"]["tokenizer"])}
        return cls.from_config(config)

    def _swapped(self, ids: Int32) -> Int32:
        if not self.padding_id:
            return ids
        return np.where(ids == 0, self.padding_id, np.where(ids == self.padding_id, 0, ids)).astype(
            np.int32
        )

    def _unknown(self) -> list[int]:
        return [self.own_id(unknown_id(self._tokenizer))]
