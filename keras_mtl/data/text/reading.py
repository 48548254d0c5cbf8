"""What a model reads of rows: of texts, of lists of words, or of texts to be compared."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.data.text.compared import Compared, are_compared
from keras_mtl.data.text.ragged import Int32, Ragged
from keras_mtl.data.text.ragged_texts import RaggedTexts, ragged_texts
from keras_mtl.data.text.words import TOKEN_IDS, padded, read

Encoded = Mapping[str, Ragged | RaggedTexts]
# The id of a word that is not known, in every tokenizer that may give a text no token.
UNKNOWN = 1


def read_rows(
    preprocessor: Any,
    rows: Sequence[Any],
    words: bool = False,
    apart: bool = True,
    whose: str | None = None,
) -> Encoded:
    """What a model reads of rows, not padded.

    Args:
        preprocessor: The model's.
        rows: Texts; for each text its words; or `Compared`.
        words: Whether the model reads where words are; not of `Compared`.
        apart: Whether each of several texts is read by itself, or each pair as one.
        whose: What the rows belong to, where it is to be said that texts are cut unasked.

    Returns:
        Input name to one row for each of `rows`. Texts read apart, and the pairs that a query
        makes with its candidates, are `RaggedTexts`.

    Raises:
        TypeError: As `read`.

    Warns:
        UserWarning: As `read`.
    """
    if not are_compared(rows):
        return read(preprocessor, rows, words, whose)
    if apart:
        counts = np.array([len(row.others) + 1 for row in rows], np.int64)
        texts = [text for row in rows for text in row]
        encoded = read(preprocessor, texts, False, whose)
        return {name: ragged_texts(_never_empty(one), counts) for name, one in encoded.items()}
    first = [row.text for row in rows for _ in row.others]
    second = [other for row in rows for other in row.others]
    encoded = preprocessor.encode_pairs(first, second)
    if whose is not None:
        _warn_of_cut_pairs(preprocessor, first, second, encoded, whose)
    if rows[0].reads == "pair":
        return dict(encoded)
    counts = np.array([len(row.others) for row in rows], np.int64)
    return {name: ragged_texts(one, counts) for name, one in encoded.items()}


def padded_rows(encoded: Encoded) -> dict[str, Int32]:
    """Rows as arrays `(N, L)`, or `(N, T, L)` of several texts, padded with 0; `L` at least 1."""
    if not any(isinstance(one, RaggedTexts) for one in encoded.values()):
        return padded({name: one for name, one in encoded.items() if isinstance(one, Ragged)})
    longest = max(1, *(int(one.lengths.max(initial=1)) for one in encoded.values()))
    return {name: one.take(np.arange(len(one)), longest) for name, one in encoded.items()}


def shown(row: Any) -> Any:
    """A row as a report or a message shows it."""
    if not isinstance(row, Compared):
        return row
    return " | ".join(row)


def _never_empty(texts: Ragged) -> Ragged:
    """Texts of no token, such as mere markup, as an unknown word: they are there to be compared."""
    lengths = texts.lengths
    if lengths.all():
        return texts
    values = np.insert(texts.values, texts.offsets[:-1][lengths == 0], UNKNOWN)
    offsets = np.concatenate([[0], np.cumsum(np.maximum(lengths, 1))]).astype(np.int64)
    return Ragged(values, offsets)


def _warn_of_cut_pairs(
    preprocessor: Any,
    first: Sequence[str],
    second: Sequence[str],
    encoded: Mapping[str, Ragged],
    whose: str,
) -> None:
    """Count the pairs that are longer than a pretrained model takes."""
    if getattr(preprocessor, "asked", 0) is not None:
        return
    limit = preprocessor.sequence_length
    full = np.flatnonzero(encoded[TOKEN_IDS].lengths >= limit).tolist()
    lengths = [preprocessor.pair_length(first[row], second[row]) for row in full]
    cut = [length for length in lengths if length > limit]
    if cut:
        warnings.warn(
            f"The ends of {len(cut)} of {len(first)} pairs of {whose} are cut off: they have up to "
            f"{max(cut)} tokens, and the pretrained trunk takes {limit}. Shorten them, or ask for "
            f"the cut: trunks.pretrained(..., sequence_length={limit}).",
            stacklevel=3,
        )
