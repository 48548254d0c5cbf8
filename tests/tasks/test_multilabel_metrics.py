import keras
import numpy as np
import pytest
from keras import ops
from sklearn.metrics import f1_score, label_ranking_average_precision_score

from keras_mtl.tasks.multilabel_metrics import LabelRankingAveragePrecision, MultilabelF1
from tests.figures import at_most

pytestmark = pytest.mark.any_backend

THRESHOLDS = (0.5, 0.25, 0.75, 0.5, 1.0, 0.5)


def random_rows(seed, rows=30, classes=6):
    """Labels, probabilities of which many are equal, weights of 0 and 1; rows without a label."""
    random = np.random.default_rng(seed)
    labels = (random.random((rows, classes)) < 0.3).astype("int8")
    labels[:, -2:] = 0  # The last but one is predicted and never there; the last neither.
    labels[:3], labels[3] = 0, 1
    labels[3, -2:] = 0
    probabilities = random.integers(0, 9, (rows, classes)).astype("float32") / 8
    probabilities[:, -1] = 0.25
    return labels, probabilities, (random.random(rows) < 0.7).astype("float32")


def f1_by_hand(labels, predicted, average):
    hits, both = (labels * predicted).sum(0), labels.sum(0) + predicted.sum(0)
    if average == "micro":
        return 2 * hits.sum() / both.sum()
    return (2 * hits[both > 0] / both[both > 0]).mean()


@pytest.mark.parametrize("average", ["micro", "macro"])
@pytest.mark.parametrize("threshold", [0.5, THRESHOLDS])
def test_f1_is_that_of_scikit_learn(average, threshold):
    metric = MultilabelF1(6, threshold, average)
    seen = []
    for seed in range(3):  # Exact over batches, not a mean of them.
        labels, probabilities, weights = random_rows(seed)
        metric.update_state(labels, ops.array(probabilities), sample_weight=weights)
        seen.append((labels[weights > 0], (probabilities >= threshold)[weights > 0]))
    labels, predicted = (np.concatenate(one).astype(int) for one in zip(*seen, strict=True))
    by_hand = f1_by_hand(labels, predicted, average)
    theirs = f1_score(labels, predicted, average=average, zero_division=np.nan)
    assert by_hand == pytest.approx(theirs)
    at_most(f"{average} F1 from scikit-learn's", abs(float(metric.result()) - theirs), 1e-6)


def ranking_by_hand(labels, scores):
    found = []
    for own, row in zip(labels > 0, scores, strict=True):
        ranks = [((own & (row >= score)).sum(), (row >= score).sum()) for score in row[own]]
        found.append(np.mean([hits / rank for hits, rank in ranks]) if ranks else 1.0)
    return np.array(found)


@pytest.mark.parametrize("classes", [3, 6, 33])
def test_label_ranking_is_that_of_scikit_learn(classes):
    metric = LabelRankingAveragePrecision()
    total = rows = 0.0
    for seed in range(2):
        labels, probabilities, _ = random_rows(seed, classes=classes)
        weights = np.random.default_rng(seed).random(len(labels)).astype("float32")
        weights[5:9] = 0
        metric.update_state(labels, ops.array(probabilities), sample_weight=weights)
        own = ranking_by_hand(labels, probabilities)
        theirs = label_ranking_average_precision_score(labels, probabilities)
        assert own.mean() == pytest.approx(theirs)
        total, rows = total + (own * weights).sum(), rows + weights.sum()
    apart = abs(float(metric.result()) - total / rows)
    at_most("label-ranking average precision from scikit-learn's", apart, 1e-6)


def test_label_ranking_of_a_few_rows():
    metric = LabelRankingAveragePrecision()
    assert float(metric.result()) == 0.0
    metric.update_state(np.array([[1, 0, 0]]), ops.array([[0.5, 0.5, 0.5]]))
    assert float(metric.result()) == pytest.approx(1 / 3)  # Ties count as the worst rank.
    metric.update_state(np.array([[0, 0, 0]]), ops.array([[0.1, 0.2, 0.3]]))
    assert float(metric.result()) == pytest.approx(2 / 3)  # Nothing to rank: 1.


def test_without_weights_and_after_reset():
    labels, probabilities, _ = random_rows(0)
    metric = MultilabelF1(6, average="micro")
    assert float(metric.result()) == 0.0
    metric.update_state(1 - labels, ops.array(probabilities))
    metric.reset_state()
    metric.update_state(labels, ops.array(probabilities))
    expected = f1_by_hand(labels, probabilities >= 0.5, "micro")
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("threshold", [0.3, THRESHOLDS])
def test_config_round_trip(threshold):
    config = keras.saving.serialize_keras_object(MultilabelF1(6, threshold, "micro", name="mine"))
    copy = keras.saving.deserialize_keras_object(config)
    assert (copy.threshold, copy.average, copy.name) == (threshold, "micro", "mine")


def test_an_unknown_average_is_refused():
    with pytest.raises(ValueError, match="'micro' or 'macro'. Received: average='weighted'"):
        MultilabelF1(4, average="weighted")
