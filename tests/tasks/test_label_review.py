import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from keras_mtl.tasks import classification
from keras_mtl.tasks.label_review import COLUMNS, label_review

NAMES = tuple("abcdef")


def random_rows(seed: int, occurring: int, predicted: int) -> tuple[np.ndarray, ...]:
    """Labels, weights of 0 and 1, and probabilities that prefer few classes."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=(60, len(NAMES))).astype("float32")
    scores[:, predicted:] -= 9
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    labels = random.integers(0, occurring, 60).astype("int32")
    return labels, (random.random(60) < 0.7).astype("float32"), probabilities


@pytest.mark.parametrize("occurring", [1, 4, 6])
@pytest.mark.parametrize("predicted", [1, 5, 6])
def test_is_that_of_scikit_learn(occurring, predicted):
    labels, weights, probabilities = random_rows(0, occurring, predicted)
    found = classification("letter", NAMES).review(labels, weights, probabilities)
    known = weights > 0
    pair = labels[known], probabilities[known].argmax(1)
    numbers = list(range(len(NAMES)))
    precision, recall, f1, rows = precision_recall_fscore_support(
        *pair, labels=numbers, zero_division=np.nan
    )
    assert found.rows == known.sum() and found.table.columns == COLUMNS
    assert tuple(row[0] for row in found.table.rows) == NAMES
    columns = np.array([row[1:] for row in found.table.rows], float).T
    np.testing.assert_allclose(columns, [rows, precision, recall, f1])
    assert found.matrix is not None and found.matrix.names == NAMES
    np.testing.assert_array_equal(found.matrix.counts, confusion_matrix(*pair, labels=numbers))


def test_what_is_not_defined_is_none():
    found = label_review(("a", "b", "c"), np.array([0, 0]), np.ones(2), np.eye(3)[[1, 1]])
    assert [row[1:] for row in found.table.rows] == [
        (2, None, 0.0, 0.0),
        (0, 0.0, None, 0.0),
        (0, None, None, None),
    ]


def test_rows_by_hand():
    probabilities = np.array([[0.25, 0.75], [0.25, 0.75], [1.0, 0.0], [1.0, 0.0]], "float32")
    found = label_review(
        ("no", "yes"), np.array([1, 0, 1, 0]), np.array([1, 1, 1, 0.0]), probabilities
    )
    assert found.expected == ("yes", "no", "yes", "")
    assert found.predicted == ("yes", "yes", "no", "no")
    assert found.right.tolist() == [True, False, False, False]
    expected = [-np.log(0.75), -np.log(0.25), -np.log(1e-38), 0.0]
    np.testing.assert_allclose(found.badness, expected)
    assert found.probabilities is not None
    np.testing.assert_allclose(
        found.probabilities, [[0.75, 0.75], [0.25, 0.75], [0.0, 1.0], [np.nan, 1.0]]
    )


def test_rows_without_a_label_may_hold_any_number():
    found = label_review(("no", "yes"), np.array([7, -1]), np.zeros(2), np.eye(2))
    assert found.rows == 0 and found.expected == ("", "") and not found.badness.any()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    "row", [[np.nan, np.nan], [0.2, np.nan], [np.inf, 0], [0, -np.inf], [np.inf, -np.inf]]
)
def test_a_row_that_is_not_finite_is_never_right(dtype, row):
    probabilities = np.array([row, row, [0.25, 0.75]], dtype)
    found = label_review(("no", "yes"), np.array([1, 0, 1]), np.ones(3), probabilities)
    assert found.right.tolist() == [False, False, True]
    assert found.predicted == ("", "", "yes")
    np.testing.assert_allclose(found.badness[:2], -np.log(1e-38))
    assert found.probabilities is not None and found.matrix is not None
    np.testing.assert_allclose(found.probabilities, [[0, np.nan], [0, np.nan], [0.75, 0.75]])
    assert found.table.rows == (("no", 1, None, 0.0, 0.0), ("yes", 2, 1.0, 0.5, 2 / 3))
    assert found.matrix.counts.tolist() == [[0, 0], [0, 1]]


def test_probabilities_are_from_0_to_1():
    probabilities = np.array([[-0.5, 1.0000002], [1.5, -1]], "float32")
    found = label_review(("no", "yes"), np.array([0, 0]), np.ones(2), probabilities)
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0, 1], [1, 1]]
    assert found.badness[1] == 0


def test_large_probabilities_are_not_copied():
    probabilities = np.zeros((1000, 2000), "float32")
    names = tuple(map(str, range(2000)))
    tracemalloc.start()
    try:
        label_review(names, np.zeros(1000, int), np.ones(1000), probabilities)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < probabilities.nbytes / 4


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_certain_prediction_is_not_bad_at_all(dtype):
    found = label_review(("no", "yes"), np.array([1]), np.ones(1), np.array([[0, 1]], dtype))
    assert found.badness.tolist() == [0.0] and not np.signbit(found.badness).any()


def test_thousands_of_labels_have_no_matrix():
    names = tuple(str(number) for number in range(1001))
    probabilities = np.eye(1001, dtype="float32")[:3]
    found = label_review(names, np.array([0, 5, 2]), np.ones(3), probabilities)
    assert found.matrix is None and found.table.rows[5] == ("5", 1, None, 0.0, 0.0)


def test_no_rows():
    found = label_review(("no", "yes"), np.zeros(0, int), np.zeros(0), np.zeros((0, 2)))
    assert found.rows == 0 and found.table.rows[0] == ("no", 0, None, None, None)
