import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from keras_mtl.tasks.correlation import PearsonCorrelation, SpearmanCorrelation
from tests.figures import at_most

pytestmark = pytest.mark.any_backend

METRICS = {
    PearsonCorrelation: stats.pearsonr,
    SpearmanCorrelation: stats.spearmanr,
}


def rows(seed: int, count: int = 60, ties: bool = False, offset: float = 0.0):
    """Labels, predictions `(N, 1)` that are like them, and weights of 0 and 1."""
    random = np.random.default_rng(seed)
    labels = random.normal(size=count) * 2 + offset
    predictions = labels + random.normal(size=count)
    if ties:
        labels, predictions = np.round(labels), np.round(predictions)
    weights = (random.random(count) < 0.7).astype("float32")
    return labels.astype("float32"), predictions.astype("float32")[:, None], weights


def expected(kind, parts) -> float:
    labels, predictions = (
        np.concatenate([part[place][part[2] > 0].ravel() for part in parts]).astype(float)
        for place in (0, 1)
    )
    return METRICS[kind](labels, predictions).statistic


def count(metric, parts) -> float:
    for labels, predictions, weights in parts:
        metric.update_state(labels, ops.convert_to_tensor(predictions), sample_weight=weights)
    return float(metric.result())


@pytest.mark.parametrize("kind", METRICS)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_is_that_of_scipy(kind, ties, offset):
    parts = [rows(seed, ties=ties, offset=offset) for seed in range(3)]
    apart = abs(count(kind(), parts) - expected(kind, parts))
    at_most(f"{kind.__name__} from scipy's", apart, 1e-4)


@pytest.mark.parametrize("kind", METRICS)
def test_rows_without_a_label_count_for_nothing(kind):
    labels, predictions, weights = rows(0)
    labels[weights == 0] = np.nan
    predictions[weights == 0] = 1e9
    assert count(kind(), [(labels, predictions, weights)]) == pytest.approx(
        expected(kind, [(labels, predictions, weights)]), abs=1e-5
    )


@pytest.mark.parametrize("kind", METRICS)
def test_nothing_to_correlate_is_0(kind):
    labels, predictions, weights = rows(0)
    assert float(kind().result()) == 0.0
    assert count(kind(), [(labels, predictions, weights * 0)]) == 0.0
    assert count(kind(), [(labels * 0 + 3, predictions, weights)]) == 0.0
    assert count(kind(), [(labels[:1], predictions[:1], weights[:1] * 0 + 1)]) == 0.0


@pytest.mark.parametrize("kind", METRICS)
def test_a_model_that_diverged_has_no_figure(kind):
    labels, predictions, weights = rows(0)
    predictions[np.argmax(weights)] = np.nan
    assert np.isnan(count(kind(), [(labels, predictions, weights)]))


@pytest.mark.parametrize("kind", METRICS)
def test_after_a_reset(kind):
    metric = kind()
    count(metric, [rows(1)])
    metric.reset_state()
    assert count(metric, [rows(2)]) == pytest.approx(expected(kind, [rows(2)]), abs=1e-5)


@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_pearson_of_many_rows_keeps_its_digits(offset):
    labels, predictions, weights = rows(0, 100_000)
    predictions = predictions * 0.2 + offset
    parts = [
        (labels[i : i + 1000], predictions[i : i + 1000], weights[i : i + 1000])
        for i in range(0, 100_000, 1000)
    ]
    found = count(PearsonCorrelation(), parts)
    at_most("of 100,000 rows", abs(found - expected(PearsonCorrelation, parts)), 1e-5)


def test_pearson_takes_weights():
    labels, predictions, _ = rows(0)
    weights = np.random.default_rng(1).random(60)
    weighted = np.cov(labels, predictions[:, 0], aweights=weights)
    found = count(PearsonCorrelation(), [(labels, predictions, weights)])
    assert found == pytest.approx(
        weighted[0, 1] / np.sqrt(weighted[0, 0] * weighted[1, 1]), abs=1e-5
    )


@pytest.mark.parametrize("batch", [7, 40, 200])
def test_spearman_keeps_the_last_rows(batch):
    labels, predictions, weights = rows(0, 400, ties=True)
    parts = [
        (labels[i : i + batch], predictions[i : i + batch], weights[i : i + batch])
        for i in range(0, 400, batch)
    ]
    last = np.flatnonzero(weights)[-50:]
    kept = [(labels[last], predictions[last], np.ones(50))]
    found = count(SpearmanCorrelation(capacity=50), parts)
    assert found == pytest.approx(expected(SpearmanCorrelation, kept), abs=1e-5)


@pytest.mark.parametrize("kind", METRICS)
def test_config_round_trip(kind):
    metric = kind(name="mine", **({"capacity": 9} if kind is SpearmanCorrelation else {}))
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(copy) is kind and copy.get_config() == metric.get_config()


def test_a_capacity_of_too_few_rows_is_refused():
    with pytest.raises(ValueError, match="at least 2 rows. Received: capacity=1"):
        SpearmanCorrelation(1)
