"""The validation part that is cut from train."""

import pytest

from keras_mtl.data.datasets.dataset import Dataset
from tests.data.datasets.test_dataset import make


def rows(count: int, **columns):
    return {"text": [f"text {row}" for row in range(count)], **columns}


def parts(data):
    return [int(text.split()[1]) for text in data.train.texts], [
        int(text.split()[1]) for text in data.validation.texts
    ]


def test_validation_part_is_stratified_disjoint_and_in_order():
    label = ["a", "b", "a", None] * 15
    data = make(label, validation_fraction=0.2)
    kept, held = parts(data)
    assert sorted(kept + held) == list(range(60))
    assert kept == sorted(kept) and held == sorted(held)
    assert [label[row] for row in held] == list(data.validation["label"])
    assert [data.validation["label"].count(name) for name in ("a", "b", None)] == [6, 3, 3]


def test_validation_size_is_the_sum_over_classes():
    label = ["a"] * 30 + ["b"] * 14 + ["c"] * 6 + [None] * 3
    data = make(label, validation_fraction=0.1)
    counts = [data.validation["label"].count(name) for name in ("a", "b", "c", None)]
    assert counts == [3, 1, 1, 0]
    assert len(data.validation) == 5 and len(data.train) == 48


def test_the_seed_alone_decides_the_split():
    label = ["a", "b"] * 10
    first, again = (parts(make(label, validation_fraction=0.2, seed=7)) for _ in range(2))
    assert first == again
    assert first != parts(make(label, validation_fraction=0.2, seed=8))
    # Written down, so that a change of platform or NumPy that moves rows is seen.
    assert parts(make(label, validation_fraction=0.2, seed=0))[1] == [4, 6, 13, 19]


def test_split_regardless_of_class():
    data = make(["a"] * 19 + ["b"], validation_fraction=0.25, stratify=None)
    assert len(data.validation) == 5


def test_own_validation_is_kept_and_nothing_cut():
    data = make(["a", "b"], validation=rows(1, label=["b"]), validation_fraction=0.5)
    assert len(data.train) == 2 and data.validation["label"] == ("b",)


def test_splits_serve_as_columns():
    first = make(["a", "b"] * 4)
    again = Dataset.from_arrays("again", first.train, test=first.train, validation_fraction=0.25)
    assert (len(again.train), len(again.validation), again.test.name) == (6, 2, "again/test")


def test_a_class_left_empty_is_an_error_with_a_way_out():
    label = ["a"] * 40 + ["b"] * 4
    with pytest.raises(ValueError, match="0 of the 4 rows of class 'b'") as error:
        make(label, validation_fraction=0.1)
    assert "fraction from 0.1251 to 0.8749" in str(error.value)
    for works in (0.1251, 0.8749):
        make(label, validation_fraction=works)
    with pytest.raises(ValueError, match="4 of the 4 rows of class 'b'"):
        make(label, validation_fraction=0.9)
    with pytest.raises(ValueError, match="No fraction splits a class of one row: use stratify=No"):
        make(["a"] * 40 + ["b"], validation_fraction=0.5)
    with pytest.raises(ValueError, match="1 more classes likewise"):
        make(["a", "a", "b", "b"], validation_fraction=0.1)


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan"), "0.1", True, None])
def test_fraction_refused(fraction):
    with pytest.raises(ValueError, match="`validation_fraction` of dataset 'mine'"):
        make(["a", "b"], validation_fraction=fraction)


def test_fraction_that_leaves_a_part_empty():
    with pytest.raises(ValueError, match="for 3 rows"):
        Dataset.from_arrays("mine", rows(3), validation_fraction=0.1)


@pytest.mark.parametrize("stratify", ["topic", "text"])
def test_stratify_must_be_a_label_column(stratify):
    with pytest.raises(ValueError, match=f"label columns: label.*stratify='{stratify}'"):
        make(["a", "b"] * 5, validation_fraction=0.2, stratify=stratify)


def test_stratify_wants_one_label_per_row():
    with pytest.raises(ValueError, match="one label per row"):
        make([["a"], ["a", "b"]], validation_fraction=0.5, stratify="label")


def test_several_labels_per_row_are_cut_regardless_of_class_unless_asked():
    data = make([["a"], ["a", "b"], [], None] * 5, validation_fraction=0.25)
    assert len(data.train) == 15 and len(data.validation) == 5
    same = make([["a"], ["a", "b"], [], None] * 5, validation_fraction=0.25, stratify=None)
    assert data.validation.fingerprint == same.validation.fingerprint


def test_a_label_that_train_does_not_have_is_refused_in_a_list_too():
    validation = {"text": ["x"], "label": [["a", "c"]]}
    with pytest.raises(ValueError, match="'mine/validation' must hold one of 2 .*'c' in row 0"):
        make([["a"], ["a", "b"]], validation=validation)
