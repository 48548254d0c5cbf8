"""Words of texts: where they stand, and how they are read."""

from __future__ import annotations

import re
import warnings
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.ragged import Int32, Ragged
from keras_mtl.data.text.word_splitter import checked_texts
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import Word

TOKEN_IDS = "token_ids"


def words_of(text: str) -> list[Word]:
    """The words of a text, with their places in it.

    What stands between spaces; punctuation, Chinese characters and emoji are words by
    themselves; an apostrophe inside a word is not cut.

    Example:
        >>> [(word.text, word.start, word.end) for word in words_of("Don't go, Ann")]
        [("Don't", 0, 5), ('go', 6, 8), (',', 8, 9), ('Ann', 10, 13)]
    """
    table, pattern = _rules()
    # One character for one, so that places stay.
    found = pattern.finditer(text.translate(table))
    return [Word(text[m.start() : m.end()], m.start(), m.end(), text) for m in found]


def row_words(row: str | Sequence[str]) -> list[Word]:
    """The words of a text, or those that are given in its place."""
    return words_of(row) if isinstance(row, str) else [Word(word) for word in row]


def words_read(preprocessor: Any, rows: Sequence[Any]) -> list[list[Word]]:
    """The words of each row that a model reads: what was cut off is not among them."""
    kept = read(preprocessor, rows, words=True)[WORD_STARTS].lengths
    return [row_words(row)[:most] for row, most in zip(rows, kept, strict=True)]


def read(
    preprocessor: Any, rows: Sequence[Any], words: bool, whose: str | None = None
) -> dict[str, Ragged]:
    """What a model reads of texts or of lists of words, not padded.

    Args:
        preprocessor: The model's.
        rows: Texts, or for each text its words.
        words: Whether the model reads where words are.
        whose: What the rows belong to, where it is to be said that texts are cut unasked.

    Returns:
        Input name to one row for each text. With `words` there is `word_starts`: 1 + the place of
        the first token of each word that was not cut off.

    Raises:
        TypeError: If a row is neither a text nor a list of words, or some are one and some other.

    Warns:
        UserWarning: If a pretrained model takes shorter texts, and nobody asked for them to be cut.
    """
    if words and not are_words(rows):
        rows = [[word.text for word in words_of(text)] for text in checked_texts(rows)]
    encode = preprocessor.encode_words if are_words(rows) or words else preprocessor.encode
    encoded = encode(rows)
    if whose is not None:
        _warn_of_cuts(preprocessor, rows, encoded, whose)
    return {name: one for name, one in encoded.items() if words or name != WORD_STARTS}


def _warn_of_cuts(
    preprocessor: Any, rows: Sequence[Any], encoded: Mapping[str, Ragged], whose: str
) -> None:
    """Count the texts that are longer than a pretrained model takes."""
    if getattr(preprocessor, "asked", 0) is not None:
        return
    limit, lengths = preprocessor.sequence_length, encoded[TOKEN_IDS].lengths
    # Only a text that fills its room can be a longer one.
    full = [preprocessor.length(rows[int(row)]) for row in np.flatnonzero(lengths >= limit)]
    cut = [length for length in full if length > limit]
    if cut:
        warnings.warn(
            f"Parts of {len(cut)} of {len(lengths)} texts of {whose} are cut off: they have up "
            f"to {max(cut)} tokens, and the pretrained trunk takes {limit}. Split them, or ask for "
            f"the cut: trunks.pretrained(..., sequence_length={limit}).",
            stacklevel=3,
        )


def padded(rows: Mapping[str, Ragged]) -> dict[str, Int32]:
    """Rows as arrays `(N, L)`, padded with 0 to the longest of them, `L` at least 1."""
    longest = max(1, *(int(one.lengths.max(initial=1)) for one in rows.values()))
    return {name: one.take(np.arange(len(one)), longest) for name, one in rows.items()}


def encode_words(
    rows: Iterable[Any],
    ids_of: Callable[[str], Sequence[int]],
    limit: int,
    before: Sequence[int] = (),
    after: Sequence[int] = (),
) -> tuple[dict[str, Ragged], int]:
    """Ids of texts that are cut into words already.

    Args:
        rows: For each text its words.
        ids_of: The ids of a word, at least one.
        limit: Most ids of a text; those of its end are cut off.
        before: Ids in front of every text.
        after: Ids behind every text.

    Returns:
        `{"token_ids": Ragged, "word_starts": Ragged}`: of each word whose first id is kept, 1 +
        the place of that id; and the length of the longest text before it was cut.

    Raises:
        TypeError: If a row is no list of words.
    """
    ids, ends, starts, start_ends = array("i"), array("q", [0]), array("i"), array("q", [0])
    known: dict[str, Sequence[int]] = {}
    room, longest = limit - len(before) - len(after), 0
    for number, row in enumerate(rows):
        found: list[int] = []
        for word in checked_words(row, number):
            if word not in known:
                known[word] = ids_of(word)
            if len(found) < room:
                starts.append(len(before) + len(found) + 1)
            found += known[word]
        longest = max(longest, len(before) + len(found) + len(after))
        ids.extend([*before, *found[:room], *after])
        ends.append(len(ids))
        start_ends.append(len(starts))
    token_ids, word_starts = (
        Ragged(np.asarray(values, np.int32), np.asarray(offsets, np.int64))
        for values, offsets in ((ids, ends), (starts, start_ends))
    )
    return {TOKEN_IDS: token_ids, WORD_STARTS: word_starts}, longest


def are_words(rows: Sequence[Any]) -> bool:
    """Whether rows are lists of words, not texts."""
    return any(isinstance(row, list | tuple) for row in rows)


def checked_words(row: Any, number: int) -> Sequence[str]:
    """A row, seen to be a list of words. Raises `TypeError`."""
    if not isinstance(row, list | tuple) or not all(isinstance(word, str) for word in row):
        raise TypeError(
            f"Row {number} of words must be a list of str. Received: {row!r:.80} of type "
            f"{type(row).__name__}. Give lists of words in every row, or texts in every row."
        )
    return row


@cache
def _rules() -> tuple[list[int], re.Pattern[str]]:
    pattern = text_rules.token_pattern("separate", characters=True)
    return text_rules.character_table(lowercase=False), re.compile(pattern)
