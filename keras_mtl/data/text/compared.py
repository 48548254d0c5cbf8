"""Rows of several texts: a pair of sentences, or a query and its candidates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

# What tasks read of a row, and the columns in which it stands.
READS = {
    "text": ("text",),
    "pair": ("sentence1", "sentence2"),
    "candidates": ("query", "candidates"),
}
# A pair may be one of equal sides; a single candidate has no rank.
_LEAST_CANDIDATES = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Compared:
    """A text, and others that it is compared with.

    Args:
        reads: `"pair"` or `"candidates"`.
        text: The first sentence, or the query.
        others: The second sentence alone, or the candidates.

    Example:
        >>> list(Compared("pair", "It rains.", ("Rain falls.",)))
        ['It rains.', 'Rain falls.']
    """

    reads: str
    text: str
    others: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        yield self.text
        yield from self.others


def compared_rows(
    columns: Mapping[str, Sequence[Any]], reads: str, where: str
) -> tuple[Compared, ...]:
    """Pairs or candidates, from columns.

    Args:
        columns: The columns of `READS[reads]`, and any others.
        reads: `"pair"` or `"candidates"`.
        where: What the columns belong to, for messages.

    Raises:
        ValueError: If a column is missing, the columns differ in length, a text is empty or none,
            or a query has not at least two candidates; the message names the row.
    """
    first, second = READS[reads]
    missing = [name for name in (first, second) if name not in columns]
    if missing:
        raise ValueError(
            f"{where} must have the columns {first!r} and {second!r} for a task of {reads}. "
            f"Received: {sorted(columns)}, without {missing}. Rename the columns of the texts."
        )
    texts, others = list(columns[first]), list(columns[second])
    if len(texts) != len(others):
        raise ValueError(
            f"{where} must have as many {first!r} as {second!r}. Received: {len(texts)} and "
            f"{len(others)}. Give one for each row."
        )
    found = []
    for row, (text, other) in enumerate(zip(texts, others, strict=True)):
        _check_text(text, first, where, row)
        if reads == "pair":
            _check_text(other, second, where, row)
            found.append(Compared(reads, text, (other,)))
        else:
            found.append(Compared(reads, text, _candidates(other, second, where, row)))
    return tuple(found)


def are_compared(rows: Sequence[Any]) -> bool:
    """Whether rows are of several texts each."""
    return len(rows) > 0 and isinstance(rows[0], Compared)


def from_columns(given: Mapping[str, Any], where: str) -> tuple[Compared, ...] | None:
    """Pairs or candidates from a dictionary of columns of texts; `None` if it has none of both."""
    for reads in ("pair", "candidates"):
        if set(READS[reads]) & set(given):
            return compared_rows(given, reads, where)
    return None


def _check_text(text: Any, column: str, where: str, row: int) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(
            f"Column {column!r} of {where} must hold a text in every row. Received: {text!r:.80} "
            f"in row {row}. Fill in the text, or leave the row out."
        )


def _candidates(given: Any, column: str, where: str, row: int) -> tuple[str, ...]:
    given = given.tolist() if isinstance(given, np.ndarray) else given
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise ValueError(
            f"Column {column!r} of {where} must hold a list of texts in every row. Received: "
            f"{given!r:.80} in row {row}. Give the candidates of each query as a list."
        )
    if len(given) < _LEAST_CANDIDATES:
        raise ValueError(
            f"Column {column!r} of {where} must hold at least {_LEAST_CANDIDATES} candidates in "
            f"every row: one alone has no rank. Received: {len(given)} in row {row}. Add "
            "candidates, or leave the row out."
        )
    for text in given:
        _check_text(text, column, where, row)
    return tuple(given)
