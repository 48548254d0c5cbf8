import keras
import numpy as np
import pytest
from keras import ops
from sklearn.metrics import f1_score

from keras_mtl.tasks.f1 import F1Score

pytestmark = pytest.mark.any_backend

CLASSES = 6


def random_rows(seed: int, occurring: int, predicted: int) -> tuple[np.ndarray, ...]:
    """Labels, scores that prefer few classes, and weights of 0 and 1."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=(40, CLASSES)).astype("float32")
    scores[:, predicted:] -= 9
    labels = random.integers(0, occurring, 40).astype("int32")
    return labels, scores, (random.random(40) < 0.7).astype("float32")


@pytest.mark.parametrize("average", ["macro", "weighted"])
@pytest.mark.parametrize("occurring", [1, 4, 6])
@pytest.mark.parametrize("predicted", [1, 5, 6])
def test_is_that_of_scikit_learn(average, occurring, predicted):
    metric = F1Score(CLASSES, average)
    seen_labels, seen_predictions = [], []
    for seed in range(3):
        labels, scores, weights = random_rows(seed, occurring, predicted)
        metric.update_state(labels, ops.array(scores), sample_weight=weights)
        seen_labels += labels[weights > 0].tolist()
        seen_predictions += scores.argmax(1)[weights > 0].tolist()
        expected = f1_score(seen_labels, seen_predictions, average=average, zero_division=0)
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_weights_that_are_no_zeros_and_ones(average):
    labels, scores, _ = random_rows(0, 6, 6)
    weights = np.random.default_rng(1).random(40)
    metric = F1Score(CLASSES, average)
    metric.update_state(labels, ops.array(scores), sample_weight=weights)
    expected = f1_score(
        labels, scores.argmax(1), average=average, zero_division=0, sample_weight=weights
    )
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_without_weights_and_after_reset():
    labels, scores, _ = random_rows(0, 6, 6)
    metric = F1Score(CLASSES)
    assert float(metric.result()) == 0.0
    metric.update_state(1 - labels % 2, ops.array(scores))
    metric.reset_state()
    metric.update_state(labels, ops.array(scores))
    expected = f1_score(labels, scores.argmax(1), average="macro", zero_division=0)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_config_round_trip():
    config = keras.saving.serialize_keras_object(F1Score(4, "weighted", name="mine"))
    copy = keras.saving.deserialize_keras_object(config)
    assert (copy.num_classes, copy.average, copy.name) == (4, "weighted", "mine")


def test_an_unknown_average_is_refused():
    with pytest.raises(ValueError, match="`average` of an F1Score .* Received: average='micro'"):
        F1Score(4, "micro")
