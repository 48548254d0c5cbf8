"""Focal loss (Lin et al., 2017) against the formula in float64."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from tests.figures import at_most
from tests.training.small import id_model, id_rows

pytestmark = pytest.mark.any_backend

LABELS = ("sport", "trade", "weather")
RANDOM = np.random.default_rng(0)
SCORES = RANDOM.normal(0, 3, (20, 3)).astype("float32")
NUMBERS = RANDOM.integers(0, 3, 20).astype("int32")


def loss(scores=SCORES, numbers=NUMBERS, **options) -> np.ndarray:
    task = mtl.classification("topic", LABELS, **options)
    found = task.loss(ops.convert_to_tensor(numbers), ops.array(scores, "float32"))
    return np.asarray(ops.convert_to_numpy(found))


def reference(gamma: float, smoothing: float = 0.0) -> np.ndarray:
    exact = np.asarray(SCORES, float)
    p = np.exp(exact) / np.exp(exact).sum(1, keepdims=True)
    targets = np.eye(3)[NUMBERS] * (1 - smoothing) + smoothing / 3
    return -(targets * (1 - p) ** gamma * np.log(p)).sum(1)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2, 5.0])
def test_loss_is_the_formula(gamma):
    apart = np.abs(loss(focal_gamma=gamma) - reference(gamma)) / np.maximum(reference(gamma), 1e-2)
    at_most(f"focal loss of gamma {gamma} from numpy, of its size", apart.max(), 2e-5)


def test_value_by_hand():
    # p = .75 for the true label: (1 / 4) ** 2 * -log(3 / 4).
    scores = np.log([[0.75, 0.125, 0.125]])
    found = loss(scores, np.array([0]), focal_gamma=2.0)
    np.testing.assert_allclose(found, [0.0179801], rtol=1e-5)


def test_of_power_zero_it_is_cross_entropy():
    assert (loss(focal_gamma=0.0) == loss()).all()


def test_smoothing_and_class_weights_compose():
    found = loss(focal_gamma=2.0, label_smoothing=0.3, class_weight=(0.5, 4.0, 1.0))
    expected = reference(2.0, 0.3) * np.array([0.5, 4.0, 1.0])[NUMBERS]
    np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_loss_is_exact_where_probabilities_saturate():
    scores = [[100.0, 0.0, 0.0], [100.0, 0.0, 0.0], [-1000.0, 3000.0, 0.0]]
    for gamma in (0.5, 2.0):
        found = loss(scores, np.array([0, 1, 0]), focal_gamma=gamma)
        assert found.tolist() == [0.0, 100.0, 4000.0]


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_gradient_is_right_up_to_certainty(gamma):
    """One step of SGD on a bias, beside the derivative by hand; and no NaN where p is 1."""
    for margin in (0.0, 3.0, 8.0, 30.0, 200.0):
        layer = keras.layers.Dense(2, kernel_initializer="zeros")
        layer.build((None, 1))
        layer.bias.assign([margin, 0.0])
        task = mtl.classification("t", ("a", "b"), focal_gamma=gamma)
        model = keras.Sequential([keras.Input((1,)), layer])
        model.compile(keras.optimizers.SGD(1.0), lambda y, scores, t=task: t.loss(y[:, 0], scores))
        model.train_on_batch(np.ones((1, 1), "float32"), np.zeros((1, 1), "int32"))
        # With q = 1 - p: d/dz -q^g log p = q^g * (g p log p - q).
        q = 1.0 / (1.0 + np.exp(margin))
        p = 1.0 - q
        slope = q**gamma * (gamma * p * np.log1p(-q) - q)
        moved = margin - float(ops.convert_to_numpy(layer.bias)[0])
        np.testing.assert_allclose(moved, slope, rtol=2e-3, atol=1e-5)


def test_the_loss_of_a_task_stays_a_mean_over_labelled_rows():
    x, y = id_rows()
    task = mtl.classification(
        "sentiment", ("neg", "pos"), focal_gamma=2.0, class_weight={"pos": 3.0}
    )
    model = id_model("bag", tasks=(task,))
    model.compile(keras.optimizers.SGD(0.0))
    labels, weights = y["sentiment"], np.where(np.arange(24) % 3, 0.5, 0.0)
    p = model.predict(x, verbose=0)["sentiment"][np.arange(24), labels].astype(float)
    each = np.where(labels == 1, 3.0, 1.0) * (1 - p) ** 2 * -np.log(p)
    found = model.evaluate(x, labels, sample_weight=weights, return_dict=True, verbose=0)
    assert found["loss"] == pytest.approx((each * weights).sum() / (weights > 0).sum(), rel=1e-5)


def test_a_class_weight_acts_on_the_step_of_one_row():
    """On the weights of the model, not only on what is logged."""
    (x, y), moved = id_rows(rows=1), []
    for weight in (1.0, 3.0):
        options = {"class_weight": [weight] * 2, "focal_gamma": 1.0}
        task = mtl.classification("sentiment", ("neg", "pos"), **options)
        model = id_model("bag", tasks=(task,))
        bias = model.heads["sentiment"].scores.bias
        model.compile(keras.optimizers.SGD(0.1))
        model.fit(x, {"sentiment": y["sentiment"]}, batch_size=1, epochs=1, verbose=0)
        moved.append(np.asarray(ops.convert_to_numpy(bias)))
    assert np.abs(moved[0]).min() > 0
    np.testing.assert_allclose(moved[1], 3 * moved[0], rtol=1e-5)
