import numpy as np
import pytest
from keras import ops

from keras_mtl.heads import GradeProbabilities, OrdinalHead, log_probabilities
from tests.contracts import random_features

pytestmark = pytest.mark.any_backend


def array(value) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(value))


def reference(logits: np.ndarray) -> np.ndarray:
    """Differences of sigmoids, in float64."""
    below = 1 / (1 + np.exp(-logits.astype(float)))
    edges = np.pad(below, [(0, 0), (1, 1)], constant_values=(0, 1))
    edges[:, 0] = 0.0
    return np.diff(edges, axis=1)


def test_probabilities_are_differences_of_sigmoids():
    logits = np.sort(np.random.default_rng(0).normal(size=(20, 4)) * 3).astype("float32")
    found = array(GradeProbabilities()(ops.array(logits)))
    np.testing.assert_allclose(found, reference(logits), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-6)


def test_logarithms_are_exact_where_probabilities_are_0():
    logits = ops.array([[-1000.0, -998.0, 0.0], [500.0, 502.0, 900.0]])
    inside = np.log(-np.expm1(-2.0))
    found = array(log_probabilities(logits))
    assert np.isfinite(found).all()
    assert found[0, :2] == pytest.approx([-1000.0, -998.0 + inside])
    assert found[1] == pytest.approx([0.0, -500.0 + inside, -502.0, -900.0])


def test_all_grades_are_alike_at_the_start():
    for grades in (2, 3, 7):
        head = OrdinalHead(grades)
        head.build({"sequence": (None, None, 4), "padding_mask": (None, None)})
        logits = array(head.cut_points())[None]
        np.testing.assert_allclose(array(GradeProbabilities()(logits)), 1 / grades, atol=1e-5)


def test_cut_points_are_in_order_whatever_is_learned():
    head, features = OrdinalHead(5), random_features()
    head(features)
    random = np.random.default_rng(0)
    for weight in head.weights:
        weight.assign(random.normal(size=weight.shape) * 5)
    logits = array(head(features))
    assert logits.shape == (5, 4) and (np.diff(logits, axis=1) > 0).all()
    score = array(head.score(features))
    np.testing.assert_allclose(logits, array(head.cut_points()) - score, atol=1e-5)
    # Softplus by hand.
    first, steps = array(head.first), array(head.steps)
    np.testing.assert_allclose(
        array(head.cut_points()), first + np.cumsum([0, *np.log1p(np.exp(steps))]), rtol=1e-4
    )
