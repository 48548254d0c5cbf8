import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.tasks import ordinal
from tests.figures import at_most

pytestmark = pytest.mark.any_backend

GRADES = ("poor", "fair", "good", "great")
TASK = ordinal("quality", GRADES)


def test_the_loss_is_that_of_a_reference():
    random = np.random.default_rng(0)
    logits = np.sort(random.normal(size=(30, 3)) * 2).astype("float32")
    numbers = random.integers(0, 4, 30)
    below = np.pad(1 / (1 + np.exp(-logits.astype(float))), [(0, 0), (0, 1)], constant_values=1)
    lower = np.where(numbers > 0, below[np.arange(30), numbers - 1], 0.0)
    expected = -np.log(below[np.arange(30), numbers] - lower)
    for dtype in ("int32", "float32"):
        labels = ops.convert_to_tensor(numbers.astype(dtype))
        found = ops.convert_to_numpy(TASK.loss(labels, ops.array(logits)))
        at_most("loss of grades from numpy", np.abs(found - expected).max(), 1e-5)


def test_the_loss_of_a_certain_mistake_is_finite():
    logits = ops.array([[-1e4, -9e3, -8e3], [8e3, 9e3, 1e4]])
    found = ops.convert_to_numpy(TASK.loss(ops.array([0, 3]), logits))
    np.testing.assert_allclose(found, [1e4, 1e4], rtol=1e-5)


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"'quality' .* shape \(B,\). Received: shape \(2, 4\)"):
        TASK.loss(ops.ones((2, 4)), ops.ones((2, 3)))


def test_labels_outside_the_label_space():
    labels = ops.convert_to_tensor(np.array([0.0, 3.0, 4.0, -1.0, 1.5, np.nan], np.float32))
    found = ops.convert_to_numpy(TASK.outside(labels)).tolist()
    assert found == [False, False, True, True, True, True]


def test_encode():
    labels, weights = TASK.encode(["great", None, "poor", float("nan"), ""], "here")
    assert labels.tolist() == [3, 0, 0, 0, 0] and labels.dtype == np.int32
    assert weights.tolist() == [1, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.5, "Received: 1.5 in row 1 of here, which lies between the grades 'fair' and 'good'"),
        (2.0, "Received: 2.0 in row 1 of here. For scores"),
        (9.5, "Received: 9.5 in row 1 of here. For scores"),
        ("god", "one of its 4 label names .*Received: 'god' in row 1 of here. The nearest is 'go"),
        (2, "Received: 2 in row 1"),
    ],
)
def test_what_is_no_grade_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        TASK.encode([None, value], "here")


def test_what_is_answered_is_the_median():
    probabilities = np.array([0.4, 0.15, 0.2, 0.25], np.float32)
    found = TASK.decode(probabilities)
    assert found == {"label": "fair", "score": pytest.approx(0.15)}
    review = TASK.review(np.array([1, 0]), np.ones(2), np.stack([probabilities] * 2))
    assert review.predicted == ("fair", "fair") and review.right.tolist() == [True, False]
    assert review.badness == pytest.approx(-np.log([0.15, 0.4]))
    assert review.matrix.counts[0].tolist() == [0, 1, 0, 0]
    found = {}
    for metric in TASK.metrics():
        metric.update_state(np.array([1, 0]), ops.array(np.stack([probabilities] * 2)))
        found[metric.name] = float(metric.result())
    assert found == pytest.approx({"accuracy": 0.5, "mae": 0.5, "quadratic_kappa": 0.0})


def test_a_task_from_its_config_is_equal():
    task = ordinal("quality", list(GRADES), "rating", hidden_dim=3)
    config = keras.saving.serialize_keras_object(task)
    assert keras.saving.deserialize_keras_object(config) == task


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"labels": "ab"}, TypeError, "`labels` of task 'quality' must be label names"),
        ({"labels": [1, 2]}, TypeError, "For numbers"),
        ({"labels": ["only"]}, ValueError, "at least 2"),
        ({"pooling": "median"}, ValueError, "`pooling` of task 'quality'"),
        ({"hidden_dim": 0}, ValueError, "`hidden_dim` of task 'quality'"),
        ({"dropout": -1}, ValueError, "`dropout` of task 'quality'"),
        ({"layer": 0}, ValueError, "`layer` of task 'quality'"),
    ],
)
def test_what_cannot_be_used_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        ordinal("quality", **{"labels": GRADES, **options})
