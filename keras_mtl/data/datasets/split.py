"""Splits: immutable sets of examples, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from keras_mtl.data.datasets.fingerprint import fingerprint
from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.text.compared import READS, compared_rows

PAIR_COLUMNS = ("sentence1", "sentence2")
# Of these a row has a list of strings.
LIST_COLUMNS = ("tokens", "candidates")
TEXT_COLUMNS = ("text", *PAIR_COLUMNS, "tokens", "query", "candidates")


class Split:
    """An immutable set of examples, column by column.

    Text columns (`text`, `sentence1`, `sentence2`, `query`, and with a list of strings per row
    `tokens` and `candidates`) are checked on the way in; other columns are kept as they are. A
    pair has two texts: neither may be empty.

    Args:
        columns: Column name to values, all of one length.
        name: Dataset and split, such as `"imdb/train"`, for messages.

    Raises:
        ValueError: If there is no row or column, the lengths differ, a text is no string, or a
            pair has an empty side.

    Example:
        >>> split = Split({"text": ["fine", "dull"], "label": ["pos", "neg"]}, "mine/train")
        >>> split
        Split('mine/train', 2 rows, columns: text, label)
        >>> split.select([1])["label"]
        ('neg',)
    """

    def __init__(self, columns: Mapping[str, Iterable[Any]], name: str = "split") -> None:
        self._name = name
        self._columns = {column: _as_column(v, column, name) for column, v in columns.items()}
        lengths = {column: len(values) for column, values in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(
                f"The columns of split {name!r} must have one length. Received: {lengths}. "
                "Give each column one value per row."
            )
        if not any(lengths.values()):
            raise ValueError(
                f"Split {name!r} must have at least one row. Received: {lengths or 'no column'}. "
                "Leave the split out (None) if there is nothing in it."
            )
        for column in TEXT_COLUMNS:
            if column in self._columns:
                _check_texts(self._columns[column], column, name)
        if all(column in self._columns for column in PAIR_COLUMNS):
            _check_pairs(self._columns, name)

    @property
    def name(self) -> str:
        """Dataset and split, such as `"imdb/train"`."""
        return self._name

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """Column name to values; read-only."""
        return MappingProxyType(self._columns)

    @property
    def texts(self) -> Sequence[str]:
        """The column `text`."""
        return self["text"]

    @property
    def inputs(self) -> Sequence[Any]:
        """What a model reads, one thing for each row.

        The column `tokens` (lists of words) if there is one, else `text`, else `sentence1` with
        `sentence2`, else `query` with `candidates`.
        """
        return self.inputs_for(self.reads)

    @property
    def reads(self) -> str:
        """What `inputs` are: `"text"` (words too), `"pair"` or `"candidates"`."""
        if "tokens" in self or "text" in self:
            return "text"
        whole = (kind for kind, columns in READS.items() if all(one in self for one in columns))
        return next(whole, "text")

    def inputs_for(self, reads: str) -> Sequence[Any]:
        """What a task reads of each row.

        Args:
            reads: `"text"` (words, if there are any), `"pair"` or `"candidates"`.

        Raises:
            ValueError: If a column is missing, or a text of a pair or a candidate is empty.
        """
        if reads == "text":
            return self["tokens"] if "tokens" in self else self.texts
        return compared_rows(self._columns, reads, f"split {self.name!r}")

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The text columns that tell rows apart: `tokens` stand for the `text` they are of."""
        present = tuple(column for column in TEXT_COLUMNS if column in self)
        return tuple(one for one in present if one != "text" or "tokens" not in self)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of columns and rows in their order, hashed afresh at each call.

        Equal on every platform; the name of the split does not count.
        """
        return fingerprint(self._columns, f"split {self.name!r}")

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __contains__(self, column: object) -> bool:
        return column in self._columns

    def __getitem__(self, column: str) -> Sequence[Any]:
        if column not in self._columns:
            raise ValueError(
                f"Split {self.name!r} must be asked for one of its columns "
                f"({listed(self._columns)}). Received: {column!r}. "
                f"{nearest(str(column), self._columns)}".rstrip()
            )
        return self._columns[column]

    # `__getitem__` takes names; without this Python would try to iterate by number.
    __iter__ = None

    def select(self, rows: Sequence[int] | np.ndarray, name: str | None = None) -> Split:
        """Return the given rows, in the given order, as a split.

        Args:
            rows: Row numbers from 0; a row may be given more than once.
            name: Name of the new split; this split's name if left out.

        Raises:
            ValueError: If the rows are no row numbers of this split, or there are none.
        """
        chosen = np.asarray(rows)
        if chosen.size and (chosen.ndim != 1 or chosen.dtype.kind not in "iu"):
            raise ValueError(
                f"`rows` of split {self.name!r} must be a list of row numbers. Received: rows of "
                f"type {chosen.dtype}, shape {chosen.shape}. For a mask use np.flatnonzero(mask)."
            )
        if chosen.size and not 0 <= chosen.min() <= chosen.max() < len(self):
            raise ValueError(
                f"`rows` of split {self.name!r} must lie between 0 and {len(self) - 1}. "
                f"Received: rows from {chosen.min()} to {chosen.max()}. Count rows from 0."
            )
        order = chosen.tolist()
        picked = {column: [v[row] for row in order] for column, v in self._columns.items()}
        return Split(picked, name or self.name)

    def __repr__(self) -> str:
        return f"Split({self.name!r}, {len(self)} rows, columns: {', '.join(self._columns)})"


def _as_column(values: Any, column: str, split: str) -> tuple[Any, ...]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ValueError(
            f"Column {column!r} of split {split!r} must be a list, a tuple or an array. Received: "
            f"{type(values).__name__}. Give one value per row, even for a single row."
        )
    if isinstance(values, np.ndarray) and values.ndim == 1:
        return tuple(values.tolist())
    return tuple(values)


def _check_texts(values: Sequence[Any], column: str, split: str) -> None:
    for row, value in enumerate(values):
        several = column in LIST_COLUMNS
        words = value if several and isinstance(value, list | tuple | np.ndarray) else [value]
        text_like = not several or words is value
        if not text_like or not all(isinstance(word, str) for word in words):
            expected = "a list of strings" if several else "a string"
            hint = "Decode bytes first." if isinstance(value, bytes) else "Fill or drop the row."
            raise ValueError(
                f"Column {column!r} of split {split!r} must hold {expected} in every row. "
                f"Received: {value!r:.80} ({type(value).__name__}) in row {row}. {hint}"
            )


def _check_pairs(columns: Mapping[str, Sequence[Any]], split: str) -> None:
    for column in PAIR_COLUMNS:
        for row, value in enumerate(columns[column]):
            if not value or value.isspace():
                raise ValueError(
                    f"Column {column!r} of split {split!r} must hold a text in every row: a pair "
                    f"has two sides. Received: {value!r:.80} in row {row}. Fill or drop the row "
                    "(reading files, nulls='drop' does)."
                )
