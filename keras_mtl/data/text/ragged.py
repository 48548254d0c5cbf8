"""Rows of unequal length, stored end to end in one flat array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

# So few rows are copied one by one: to say where all their values go would take longer.
_FEW_ROWS = 16


@dataclass(frozen=True, eq=False)
class Ragged:
    """Integer rows of unequal length, without padding and without Python objects.

    Row `i` is `values[offsets[i]:offsets[i + 1]]`.

    Args:
        values: int32 `(total,)`, all rows end to end.
        offsets: int64 `(rows + 1,)`, from 0 to `total`, never falling.

    Raises:
        TypeError: `values` is not int32 or `offsets` is not int64.
        ValueError: The two arrays do not describe rows.

    Example:
        >>> ragged = Ragged.from_rows([[5, 6, 7], [], [8]])
        >>> ragged.take([2, 0], length=4).tolist()
        [[8, 0, 0, 0], [5, 6, 7, 0]]
    """

    values: Int32
    offsets: Int64

    def __post_init__(self) -> None:
        _check_vector("values", self.values, np.dtype(np.int32))
        _check_vector("offsets", self.offsets, np.dtype(np.int64))
        offsets, total = self.offsets, len(self.values)
        ends = (int(offsets[0]), int(offsets[-1])) if len(offsets) else None
        if ends != (0, total) or np.any(np.diff(offsets) < 0):
            raise ValueError(
                f"`offsets` of a Ragged must rise from 0 to the number of values, {total}, "
                f"and never fall. Received: offsets={offsets}. "
                "To build one from rows use Ragged.from_rows."
            )

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[int] | npt.NDArray[np.integer]]) -> Ragged:
        """Stores any iterable of integer rows.

        Raises:
            TypeError: A row is not a flat sequence of integers.
            ValueError: A value does not fit into int32.
        """
        checked = [_int32_row(number, row) for number, row in enumerate(rows)]
        offsets = np.zeros(len(checked) + 1, np.int64)
        np.cumsum([len(row) for row in checked], out=offsets[1:])
        return cls(np.concatenate([np.zeros(0, np.int32), *checked]), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Int32:
        """int32 `(rows,)`, how many values each row has."""
        return np.diff(self.offsets).astype(np.int32)

    def row(self, index: int) -> Int32:
        """Row `index`, int32 `(length,)`, a view. Raises `IndexError` when there is none."""
        (index,) = self._checked([index])
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def take(self, rows: npt.ArrayLike, length: int) -> Int32:
        """The given rows as one array, padded with 0 on the right.

        Args:
            rows: int `(n,)`, which rows; any order, repeats allowed.
            length: Width of the result; no row may be longer.

        Returns:
            int32 `(n, length)`.

        Raises:
            IndexError: There is no such row.
            ValueError: A row is longer than `length`; nothing is cut silently.
        """
        index = self._checked(rows)
        starts = self.offsets[index]
        sizes = self.offsets[index + 1] - starts
        if len(sizes) and sizes.max() > length:
            worst = int(sizes.argmax())
            raise ValueError(
                f"`length` of take must be at least the longest row taken: row {index[worst]} "
                f"has {sizes[worst]} values. Received: length={length}. "
                "Pass a larger length, or truncate when encoding."
            )
        padded = np.zeros((len(index), length), np.int32)
        if len(index) <= _FEW_ROWS:
            for place, (start, size) in enumerate(zip(starts, sizes, strict=True)):
                padded[place, :size] = self.values[start : start + size]
        else:
            padded[np.arange(length) < sizes[:, None]] = self.values[_positions(starts, sizes)]
        return padded

    def select(self, rows: npt.ArrayLike) -> Ragged:
        """The given rows, `(n,)` indices, as a new `Ragged`. Raises `IndexError` as `take`."""
        index = self._checked(rows)
        starts = self.offsets[index]
        sizes = self.offsets[index + 1] - starts
        offsets = np.zeros(len(index) + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        return Ragged(self.values[_positions(starts, sizes)], offsets)

    def _checked(self, rows: npt.ArrayLike) -> Int64:
        index = np.asarray(rows)
        # An empty list becomes a float array; a boolean mask must not be read as rows 0 and 1.
        if index.ndim != 1 or (index.size and index.dtype.kind not in "iu"):
            raise TypeError(
                "`rows` of a Ragged must be a flat array of integers. Received: "
                f"dtype={index.dtype}, shape={index.shape}. For a mask use np.flatnonzero(mask)."
            )
        outside = index[(index < 0) | (index >= len(self))]
        if len(outside):
            raise IndexError(
                f"`rows` of a Ragged must lie in [0, {len(self)}). "
                f"Received: row {outside[0]}. Negative rows do not count from the end."
            )
        return index.astype(np.int64)


def _positions(starts: Int64, sizes: Int64) -> Int64:
    """Where the values of the rows lie, `(sum(sizes),)`, row after row."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())


def _check_vector(name: str, array: Any, dtype: np.dtype) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
        dtype_found = getattr(array, "dtype", type(array).__name__)
        raise TypeError(
            f"`{name}` of a Ragged must be a flat NumPy array of {dtype}. Received: {name} of "
            f"{dtype_found}, shape={np.shape(array)}. "
            "To build one from rows use Ragged.from_rows."
        )


def _int32_row(number: int, row: Sequence[int] | npt.NDArray[np.integer]) -> Int32:
    array = np.asarray(row)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise TypeError(
            f"Row {number} of a Ragged must be a flat sequence of integers. Received: "
            f"dtype={array.dtype}, shape={array.shape}. Convert the values to int first."
        )
    limits = np.iinfo(np.int32)
    if array.size and (array.min() < limits.min or array.max() > limits.max):
        raise ValueError(
            f"Row {number} of a Ragged must hold int32 values. Received: values from "
            f"{array.min()} to {array.max()}. Use smaller ids."
        )
    return array.astype(np.int32)
