"""Methods on the Gramian, against exact answers and what defines them."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.balancing import (
    IMTLG,
    MGDA,
    AlignedMTL,
    CAGrad,
    ConFIG,
    DualProj,
    FairGrad,
    NashMTL,
    UPGrad,
)
from tests.balancing import exact
from tests.balancing.problems import random_gradients, weights_of

KINDS = ("well", "badly", "low rank")
CASES = [(seed, tasks, kind) for seed, tasks in enumerate((2, 3, 5, 7)) for kind in KINDS]


def apart(gradients, found, expected):
    """How far directions are apart, of the longer one; of the gradients if that is near 0."""
    one, other = found @ gradients, expected @ gradients
    longest = np.linalg.norm(gradients, axis=1).max()
    return np.linalg.norm(one - other) / max(np.linalg.norm(other), 1e-2 * longest)


@pytest.mark.parametrize(("seed", "tasks", "kind"), CASES)
def test_projections_are_exact(seed, tasks, kind):
    gradients = random_gradients(seed, tasks, kind)
    gramian = gradients @ gradients.T
    assert apart(gradients, weights_of(UPGrad(), gradients), exact.upgrad(gramian)) < 3e-3
    assert apart(gradients, weights_of(DualProj(), gradients), exact.dual_proj(gramian)) < 3e-3


@pytest.mark.parametrize(("seed", "tasks", "kind"), CASES)
def test_mgda_is_the_shortest(seed, tasks, kind):
    """No average is shorter: in the direction of each gradient there is as much, or more."""
    gradients = random_gradients(seed, tasks, kind)
    gramian = gradients @ gradients.T
    weights = weights_of(MGDA(), gradients)
    assert (weights >= 0).all() and abs(weights.sum() - 1) < 1e-5
    shortest = weights @ gramian @ weights
    assert (gramian @ weights).min() >= shortest - 2e-5 * np.trace(gramian) / tasks


@pytest.mark.parametrize(("seed", "tasks", "kind"), CASES)
def test_cagrad_is_the_least(seed, tasks, kind):
    """Against many points of the simplex, and a step towards each corner."""
    gradients = random_gradients(seed, tasks, kind)
    gramian, mean = gradients @ gradients.T, np.full(tasks, 1 / tasks)
    for c in (0.1, 0.5, 0.9):
        extra = weights_of(CAGrad(c), gradients) - mean
        shares = extra / extra.sum()
        assert (shares > -1e-6).all()
        least = exact.cagrad_objective(gramian, shares, c)
        tried = np.random.default_rng(seed).dirichlet(np.full(tasks, 0.5), 300)
        corners = [shares + step * (corner - shares)
                   for corner in np.eye(tasks) for step in (1e-3, 1e-2, 1e-1, 1.0)]  # fmt: skip
        others = [exact.cagrad_objective(gramian, one, c) for one in [*tried, *corners]]
        size = max(1.0, np.sqrt(np.trace(gramian) / tasks)) * exact.length(gramian, mean)
        assert least <= min(others) + 1e-4 * max(size, 1e-6)


@pytest.mark.parametrize(("seed", "tasks", "kind"), [c for c in CASES if c[2] != "low rank"])
def test_fair_shares_solve_their_equation(seed, tasks, kind):
    gradients = random_gradients(seed, tasks, kind)
    gramian = gradients @ gradients.T
    for alpha in (0.5, 1.0, 2.0):
        weights = weights_of(FairGrad(alpha), gradients)
        ridge = 1e-6 * np.trace(gramian) / tasks
        gains = gramian @ weights + ridge * weights
        np.testing.assert_allclose(gains, weights ** (-1 / alpha), rtol=2e-2)


# The lengths of five gradients.
UNLIKE = np.array([1.0, 3e-3, 0.2, 1e-3, 0.03])


@pytest.mark.parametrize("seed", range(8))
def test_projections_heed_short_gradients(seed):
    gradients = random_gradients(seed, 5) * UNLIKE[:, None]
    gramian = gradients @ gradients.T
    for method, expected in ((UPGrad(), exact.upgrad), (DualProj(), exact.dual_proj)):
        assert apart(gradients, weights_of(method, gradients), expected(gramian)) < 1e-4
        direction = weights_of(method, gradients) @ gradients
        # No task is hurt, by the length of its own gradient.
        against = gradients @ direction / np.linalg.norm(gradients, axis=1)
        assert against.min() > -1e-4 * np.linalg.norm(direction)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_fair_shares_are_fair_to_short_gradients(alpha):
    gradients = random_gradients(3, 5) * UNLIKE[:, None]
    weights = weights_of(FairGrad(alpha), gradients)
    gains = gradients @ gradients.T @ weights
    np.testing.assert_allclose(gains, weights ** (-1 / alpha), rtol=1e-4)


def test_short_gradients_are_aligned_and_projected_as_long_ones():
    gradients = random_gradients(3, 5) * UNLIKE[:, None]
    gramian = gradients @ gradients.T
    values, vectors = np.linalg.eigh(gramian)
    aligned = np.sqrt(values[0]) * vectors / np.sqrt(values) @ vectors.T @ np.full(5, 0.2)
    assert apart(gradients, weights_of(AlignedMTL(), gradients), aligned) < 1e-4
    np.testing.assert_allclose(weights_of(AlignedMTL(), gradients), aligned, rtol=1e-3)
    alike = np.linalg.solve(gramian, np.sqrt(np.diagonal(gramian)))
    np.testing.assert_allclose(weights_of(IMTLG(), gradients), alike / alike.sum(), rtol=1e-3)


def test_fair_grad_of_1_is_nash_mtl():
    gradients = random_gradients(1, 4)
    np.testing.assert_array_equal(
        weights_of(FairGrad(1.0), gradients), weights_of(NashMTL(), gradients)
    )


@pytest.mark.parametrize("tasks", [2, 5])
def test_definitions_of_the_rest(tasks):
    gradients = random_gradients(3, tasks)
    norms = np.linalg.norm(gradients, axis=1)
    shadows = gradients @ gradients.T @ weights_of(IMTLG(), gradients) / norms
    np.testing.assert_allclose(shadows, shadows[0], rtol=1e-3)
    direction = weights_of(ConFIG(), gradients) @ gradients
    cosines = gradients @ direction / norms
    np.testing.assert_allclose(cosines, cosines[0], rtol=1e-3)
    left, values, right = np.linalg.svd(gradients, full_matrices=False)
    aligned = values.min() * left @ right
    expected = aligned.mean(axis=0)
    np.testing.assert_allclose(weights_of(AlignedMTL(), gradients) @ gradients, expected, rtol=1e-3)
    # All three keep the angle of the aligned ones, at other lengths.
    for mode, size in (("median", np.median(values**2)), ("rmse", (values**2).mean())):
        found = weights_of(AlignedMTL(mode), gradients) @ gradients
        if mode == "rmse" or tasks % 2:
            expected_size = expected * np.sqrt(size) / values.min()
            np.testing.assert_allclose(found, expected_size, rtol=1e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CAGrad(-1.0), "`c` of CAGrad must be a number of 0 or more"),
        (lambda: CAGrad(rescale="two"), "`rescale` of CAGrad must be one of 'none', 'one'"),
        (lambda: MGDA("l3"), "`normalize` of MGDA must be one of 'none', 'l2'"),
        (lambda: FairGrad(0.0), "`alpha` of FairGrad must be a number above 0"),
        (lambda: AlignedMTL("max"), "`scale_mode` of AlignedMTL must be one of 'min'"),
        (lambda: UPGrad(every=0), "`every` of UPGrad must be a whole number of 1 or more"),
        (lambda: UPGrad(level="feature"), "`level` of UPGrad must be 'parameters' or 'features'"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_loss_balancer_must_act_on_losses():
    with pytest.raises(TypeError, match="`loss_balancer` of UPGrad must be a LossBalancer"):
        UPGrad(loss_balancer=MGDA())
    assert UPGrad(loss_balancer="equal").loss_balancer is not None


def test_weights_take_any_array():
    assert keras.ops.shape(UPGrad().weights([[1.0, 0.0], [0.0, 1.0]])) == (2,)
    assert ops.convert_to_numpy(UPGrad().weights(np.eye(2))).tolist() == [0.5, 0.5]
