import numpy as np
import pytest

from keras_mtl.tasks import Matrix, Review, Table

TABLE = Table(("label", "rows"), (("a", 2), ("b", 0)))


def review(**changes) -> Review:
    values = {
        "rows": 2,
        "table": TABLE,
        "matrix": None,
        "badness": np.array([0.5, 2.0]),
        "expected": ("a", "b"),
        "predicted": ("a", "a"),
        "right": np.array([True, False]),
    }
    return Review(**{**values, **changes})


def test_a_kind_without_matrix_and_probabilities():
    made = review()
    assert made.matrix is None and made.probabilities is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expected": ("a",)}, "as many everywhere. Received: .*'expected': 1"),
        ({"probabilities": np.zeros((3, 2))}, "'probabilities': 3"),
        ({"badness": np.array([0.5, np.inf])}, "`badness` .* finite .* Received: badness="),
        ({"badness": np.array([0.5, -1.0])}, "at least 0"),
        ({"badness": np.array([0.5, np.nan])}, "finite"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        review(**changes)


def test_a_table_has_a_cell_for_every_column():
    with pytest.raises(ValueError, match=r"2 cells, .*\['label', 'rows'\]. Received: 1 in row 1"):
        Table(("label", "rows"), (("a", 2), ("b",)))


def test_a_matrix_is_square_over_its_names():
    with pytest.raises(ValueError, match=r"2 names .* \(2, 2\). Received: shape \(2, 3\)"):
        Matrix(("a", "b"), np.zeros((2, 3), int))
