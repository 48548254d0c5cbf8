import keras
import numpy as np
import pytest
from keras import ops
from sklearn.metrics import accuracy_score, cohen_kappa_score, mean_absolute_error

from keras_mtl.tasks.grades import FIGURES, GradeFigure, median
from tests.figures import at_most

pytestmark = pytest.mark.any_backend

GRADES = 5
EXPECTED = {
    "accuracy": accuracy_score,
    "mae": mean_absolute_error,
    "quadratic_kappa": lambda a, b, **w: cohen_kappa_score(a, b, weights="quadratic", **w),
}


def rows(seed: int):
    """Labels, probabilities, their median grades, and weights of 0 and 1."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(GRADES), 50).astype("float32")
    medians = np.array([np.flatnonzero(np.cumsum(row) >= 0.5)[0] for row in probabilities])
    labels = np.clip(medians + random.integers(-1, 2, 50), 0, GRADES - 1).astype("int32")
    return labels, probabilities, medians, (random.random(50) < 0.7).astype("float32")


def test_the_median_is_the_first_grade_at_one_half():
    _, probabilities, medians, _ = rows(0)
    assert ops.convert_to_numpy(median(ops.array(probabilities))).tolist() == medians.tolist()


def test_no_other_grade_is_expected_to_be_nearer():
    _, probabilities, medians, _ = rows(1)
    apart = np.abs(np.arange(GRADES)[:, None] - np.arange(GRADES))
    expected = probabilities @ apart
    chosen = expected[np.arange(len(medians)), medians]
    np.testing.assert_allclose(chosen, expected.min(axis=1), atol=1e-6)


@pytest.mark.parametrize("figure", FIGURES)
def test_is_that_of_scikit_learn(figure):
    metric, seen, guessed = GradeFigure(GRADES, figure), [], []
    for seed in range(3):
        labels, probabilities, medians, weights = rows(seed)
        metric.update_state(labels, ops.array(probabilities), sample_weight=weights)
        seen += labels[weights > 0].tolist()
        guessed += medians[weights > 0].tolist()
    expected = EXPECTED[figure](seen, guessed)
    at_most(f"{figure} from scikit-learn's", abs(float(metric.result()) - expected), 1e-6)
    metric.reset_state()
    labels, probabilities, medians, _ = rows(4)
    weights = np.random.default_rng(1).random(50)
    metric.update_state(labels, ops.array(probabilities), sample_weight=weights)
    expected = EXPECTED[figure](labels, medians, sample_weight=weights)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("figure", FIGURES)
def test_without_rows_and_without_differences(figure):
    metric = GradeFigure(GRADES, figure)
    assert float(metric.result()) == 0.0
    metric.update_state(np.array([2, 2]), ops.array(np.eye(GRADES, dtype="float32")[[2, 2]]))
    assert float(metric.result()) == {"accuracy": 1.0, "mae": 0.0, "quadratic_kappa": 0.0}[figure]


def test_directions_and_config():
    assert [GradeFigure(3, one)._direction for one in FIGURES] == ["up", "down", "up"]
    metric = GradeFigure(3, "mae", name="off_by")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert (copy.num_grades, copy.figure, copy.name) == (3, "mae", "off_by")


def test_an_unknown_figure_is_refused():
    with pytest.raises(ValueError, match="`figure` of a GradeFigure .* Received: figure='kappa'"):
        GradeFigure(3, "kappa")
