from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data.text.ragged import Ragged

ROWS = [[5, 6, 7], [], [8], [9, 10]]


def test_rows_come_back() -> None:
    ragged = Ragged.from_rows(iter(ROWS))
    assert len(ragged) == 4
    assert [ragged.row(i).tolist() for i in range(4)] == ROWS
    assert ragged.values.dtype == ragged.lengths.dtype == np.int32
    assert ragged.lengths.tolist() == [3, 0, 1, 2]


@given(st.lists(st.lists(st.integers(1, 9), max_size=5), max_size=6), st.data())
def test_take_and_select_agree_with_lists(rows: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.from_rows(rows)
    index = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8)) if rows else []
    index = index * data.draw(st.sampled_from((1, 20)))  # Many are copied in another way than few.
    taken = ragged.take(index, length=5)
    assert taken.dtype == np.int32 and taken.shape == (len(index), 5)
    assert taken.tolist() == [rows[i] + [0] * (5 - len(rows[i])) for i in index]
    chosen = ragged.select(index)
    assert [chosen.row(i).tolist() for i in range(len(chosen))] == [rows[i] for i in index]


def test_a_row_too_long_is_named_not_cut() -> None:
    with pytest.raises(ValueError, match=r"row 0 has 3 values. Received: length=2"):
        Ragged.from_rows(ROWS).take([1, 0], length=2)


@pytest.mark.parametrize("rows", [[4], [-1]])
def test_rows_outside_are_refused(rows: list[int]) -> None:
    ragged = Ragged.from_rows(ROWS)
    for method in (lambda: ragged.take(rows, 3), lambda: ragged.select(rows)):
        with pytest.raises(IndexError, match=rf"\[0, 4\).*row {rows[0]}"):
            method()
    with pytest.raises(IndexError):
        ragged.row(rows[0])


def test_a_mask_is_not_read_as_row_numbers() -> None:
    with pytest.raises(TypeError, match="flatnonzero"):
        Ragged.from_rows(ROWS).take([True, False, True, True], 3)


@pytest.mark.parametrize("row", [[1.5], ["a"], [[1]], 3, [True]])
def test_rows_must_be_flat_integers(row: object) -> None:
    with pytest.raises(TypeError, match="Row 1 .* flat sequence of integers"):
        Ragged.from_rows([[1], row])


def test_values_must_fit() -> None:
    with pytest.raises(ValueError, match="Row 0 .* 2147483648"):
        Ragged.from_rows([[2**31]])


@pytest.mark.parametrize("offsets", [[], [0], [1, 3], [0, 2], [0, 2, 1, 3], [0, 4]])
def test_offsets_must_describe_rows(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="from 0 to the number of values, 3"):
        Ragged(np.arange(3, dtype=np.int32), np.array(offsets, np.int64))


def test_types_are_checked() -> None:
    offsets: Any = [0, 3]
    with pytest.raises(TypeError, match="`values` .* int32. Received: values of int64"):
        Ragged(np.arange(3), np.array([0, 3]))
    with pytest.raises(TypeError, match="`offsets` .* int64. Received: offsets of list"):
        Ragged(np.arange(3, dtype=np.int32), offsets)
