"""Plain rows with several labels each, in whatever form they come."""

import numpy as np
import pytest

from keras_mtl.data.mixing.plain import plain_labels
from keras_mtl.tasks import multilabel
from tests.data.mixing.test_plain import Column, inputs, labels_of

pytestmark = pytest.mark.any_backend

MOODS = multilabel("moods", ["anger", "joy", "love"])
HOT = [[0, 1, 1], [0, 0, 0], [1, 0, 0]]


def moods_of(values):
    labels, weights = plain_labels({"moods": values}, None, [MOODS], *inputs(3))
    return labels["moods"].tolist(), weights["moods"].tolist()


@pytest.mark.parametrize(
    "values",
    [
        [["joy", "love"], [], ["anger"]],
        (("love", "joy"), (), "anger"),
        np.array([["joy", "love"], [], ["anger"]], object),
        Column(np.array([("joy", "love"), (), ("anger",)], object)),
        HOT,
        np.array(HOT),
        np.array(HOT, bool),
        np.array(HOT, np.float32),
    ],
    ids=lambda one: type(one).__name__,
)
def test_several_labels_in_any_form(values):
    assert moods_of(values) == (HOT, [1, 1, 1])


@pytest.mark.parametrize(
    "values",
    [
        [["joy", "love"], None, ["anger"]],
        [["joy", "love"], float("nan"), "anger"],
        np.array([["joy", "love"], None, ["anger"]], object),
        [[0, 1, 1], None, [1, 0, 0]],
        np.array([[0, 1, 1], [np.nan] * 3, [1, 0, 0]]),
    ],
    ids=repr,
)
def test_a_row_of_several_labels_may_be_missing(values):
    given = np.copy(values) if isinstance(values, np.ndarray) else None
    assert moods_of(values) == (HOT, [1, 0, 1])
    assert given is None or given.dtype == object or np.array_equal(given, values, equal_nan=True)


@pytest.mark.parametrize(
    "values",
    [
        [["joy"], ["love"], ["anger"]],
        [["joy", "anger"], ["love", "joy"], ["anger", "joy"]],
        np.array([["joy", "anger"], ["love", "joy"], ["anger", "joy"]]),
    ],
)
def test_as_many_labels_in_every_row_are_no_array_of_names(values):
    found, weights = moods_of(values)
    assert weights == [1, 1, 1]
    assert [sum(row) for row in found] == [len(row) for row in values]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([["joy"], []], "Labels of task 'moods' must be one, .* 3 rows of x. Received: 2 labels"),
        ([["joy", "joi"], [], None], "'joi' in row 0 of y of task 'moods'. The nearest is 'joy'"),
        ([[], [], ["joy", "joy"]], "each label once. .* in row 2 of y of task 'moods'; twice: 'j"),
        ([[0, 1, 1], [1, 0], [0, 0, 0]], "as many numbers in each row. Received: rows of 2 to 3"),
        ([[0, 1, 1], None, [1, 0]], "as many numbers in each row. Received: rows of 2 to 3"),
        ([[0, 1], [1, 0], [0, 0]], r"its 3 labels.* Received: shape \(3, 2\)"),
        ([0, 1, 2], r"Received: shape \(3,\)"),
        ([[0, 1, 1], [0, 2, 0], [0, 0, 0]], r"Received: \[0, 2, 0\] in row 1 of y, and 0 more"),
        (np.array([[0, 1, np.nan]] * 3), r"Received: \[0.0, 1.0, nan\] in row 0 of y, and 2 more"),
    ],
)
def test_several_labels_that_do_not_fit_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        moods_of(values)


def test_one_label_per_text_takes_no_lists():
    for values in ([["sport", "trade"], [], []], np.array([["sport", "trade"]] * 3)):
        with pytest.raises(ValueError, match="in row 0 of y of task 'topic'.*kind `multilabel`"):
            labels_of(values)
