"""Values printed in papers or worked out by hand, to the digits given."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.balancing import (
    DBMTL,
    IMTLG,
    MGDA,
    AlignedMTL,
    CAGrad,
    ConFIG,
    DualProj,
    ExcessMTL,
    FairGrad,
    GradDrop,
    GradNorm,
    GradVac,
    MoCo,
    NashMTL,
    PCGrad,
    UPGrad,
)
from tests.balancing.problems import CASE_A, LOSSES_A, combined, weights_of

pytestmark = pytest.mark.any_backend

KNOWN = {
    "pcgrad ascending": (lambda: PCGrad("ascending"), (1.47059, 2.11111, 1)),
    "pcgrad descending": (lambda: PCGrad("descending"), (1.38655, 2.11111, 1.28571)),
    "grad_vac, its first step": (lambda: GradVac(order="ascending"), (1.47059, 2.11111, 1)),
    "cagrad": (lambda: CAGrad(0.5), (0.3333, 0.5998, 0.3333)),
    "cagrad over 1 + c * c": (lambda: CAGrad(0.5, "square"), (0.26667, 0.47982, 0.26667)),
    "mgda": (MGDA, (0.28788, 0.50758, 0.20455)),
    "imtl_g": (IMTLG, (0.35484, 0.53108, 0.11407)),
    "nash_mtl": (NashMTL, (0.34186, 0.57324, 0.33989)),
    "fair_grad": (lambda: FairGrad(2.0), (0.25664, 0.44709, 0.23754)),
    "aligned_mtl": (AlignedMTL, (0.22743, 0.34430, 0.21214)),
    "upgrad": (UPGrad, (0.4902, 0.7037, 0.3333)),
    "dual_proj": (DualProj, (0.3333, 0.3704, 0.3333)),
}


@pytest.mark.parametrize("name", list(KNOWN))
def test_weights(name):
    make, expected = KNOWN[name]
    digits = max(len(str(one).partition(".")[2]) for one in expected)
    found = weights_of(make(), CASE_A)
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.6 * 10.0**-digits)


def test_mgda_gains_alike():
    gramian = CASE_A @ CASE_A.T
    np.testing.assert_allclose(gramian @ weights_of(MGDA(), CASE_A), [1.8561] * 3, atol=6e-5)


def test_cagrad_direction():
    direction = CASE_A.T @ weights_of(CAGrad(0.5), CASE_A)
    np.testing.assert_allclose(direction, (0.4671, 0.8662, 1.2664, 0.6667), atol=6e-5)


def test_imtl_g_projections():
    units = CASE_A / np.linalg.norm(CASE_A, axis=1, keepdims=True)
    np.testing.assert_allclose(units @ CASE_A.T @ weights_of(IMTLG(), CASE_A), 0.571, atol=6e-4)


def test_config_direction():
    direction = CASE_A.T @ weights_of(ConFIG(), CASE_A)
    np.testing.assert_allclose(direction, (1.3710, 2.7580, 2.2086, 1.3641), atol=6e-5)
    cosines = CASE_A @ direction / np.linalg.norm(CASE_A, axis=1) / np.linalg.norm(direction)
    np.testing.assert_allclose(cosines, 0.4123, atol=6e-5)


def test_mgda_of_normalised_gradients():
    """Those of length 1, 2 and 4 on three axes become alike, so that each has a third."""
    axes = np.diag([1.0, 2.0, 4.0])
    np.testing.assert_allclose(weights_of(MGDA("l2"), axes), [1 / 3] * 3, atol=1e-6)
    # Divided by losses 1, 2, 4 they are of length 1, too; by both, of 1, 1/2, 1/4: the shortest
    # average has shares in the ratio of the inverse squares, 1 : 4 : 16.
    losses = [1.0, 2.0, 4.0]
    np.testing.assert_allclose(weights_of(MGDA("loss"), axes, losses), [1 / 3] * 3, atol=1e-6)
    expected = np.array([1.0, 4.0, 16.0]) / 21
    np.testing.assert_allclose(weights_of(MGDA("loss+"), axes, losses), expected, atol=1e-6)


def test_grad_vac_second_step():
    """By the paper's formula: the aim of each pair is half the cosine of the first step."""
    method = GradVac(beta=0.5, order="ascending")
    gradients = np.array([[1.0, 0.0], [-1.0, 1.0]])
    weights_of(method, gradients)
    cosine = -1 / math.sqrt(2)
    aim = 0.5 * cosine
    np.testing.assert_allclose(ops.convert_to_numpy(method.usual)[[0, 1], [1, 0]], aim, atol=1e-6)
    # cos < aim, so each gets a part of the other; lengths are 1 and sqrt(2).
    side, aim_side = math.sqrt(1 - cosine**2), math.sqrt(1 - aim**2)
    part = (aim * side - cosine * aim_side) / aim_side
    expected = (1 + part * math.sqrt(2), 1 + part / math.sqrt(2))
    np.testing.assert_allclose(weights_of(method, gradients), expected, rtol=1e-5)


def test_grad_norm():
    method = GradNorm()
    method.build(3)
    method.first_losses.assign([2.0, 0.9, 2.5])
    gramian = ops.convert_to_tensor((CASE_A @ CASE_A.T).astype("float32"))
    gradient = method.gradient(gramian, ops.convert_to_tensor(LOSSES_A, "float32"), ops.ones(3))
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), (4.1231, 3, -2.6458), atol=6e-5)


def test_grad_norm_learns():
    """Adam's first step is the rate against the sign; then the weights sum to 3 again."""
    method = GradNorm(learning_rate=0.1)
    method.build(3)
    method.first_losses.assign([2.0, 0.9, 2.5])
    np.testing.assert_array_equal(weights_of(method, CASE_A, LOSSES_A), 1.0)
    expected = np.array([0.9, 0.9, 1.1]) * 3 / 2.9
    np.testing.assert_allclose(weights_of(method, CASE_A, LOSSES_A), expected, rtol=1e-5)


def test_grad_drop():
    rows = [ops.convert_to_tensor(row.astype("float32")) for row in CASE_A]
    method = GradDrop()
    # P = (.7143, .6667, 1, 1): below, the positive ones stay, above the negative ones.
    low = ops.convert_to_numpy(method.kept(rows, ops.convert_to_tensor([0.71, 0.66, 0.9, 0.9])))
    high = ops.convert_to_numpy(method.kept(rows, ops.convert_to_tensor([0.72, 0.67, 0.9, 0.9])))
    np.testing.assert_array_equal(low, [5, 2, 3, 2])
    np.testing.assert_array_equal(high, [-2, -1, 3, 2])
    leaky = GradDrop(leak=0.25).kept(rows, ops.convert_to_tensor([0.71, 0.66, 0.9, 0.9]))
    np.testing.assert_allclose(ops.convert_to_numpy(leaky), [4.5, 1.75, 3, 2])


def test_grad_drop_draws_the_purity():
    method = GradDrop(seed=1)
    many = np.repeat(CASE_A[:, :1], 4000, axis=1)
    direction, weights = combined(method, many, cut=(1500,))
    assert set(direction) == {5.0, -2.0} and weights.tolist() == [1, 1, 1]
    assert abs((direction == 5.0).mean() - 0.7143) < 0.03


def test_db_mtl():
    method = DBMTL(beta=0.0)
    direction, weights = combined(method, CASE_A, LOSSES_A)
    np.testing.assert_allclose(weights, (1.4552, 1, 4.5356), atol=6e-5)
    np.testing.assert_allclose(direction, (4.0886, 1.7322, 6.5356, 3.7230), atol=2e-4)
    heads = method.head_weights(weights, ops.convert_to_tensor(LOSSES_A), ops.ones(3))
    np.testing.assert_allclose(ops.convert_to_numpy(heads), (1, 2, 0.5))


def test_db_mtl_averages():
    """Two steps by numpy, with beta / sqrt(k)."""
    method, average = DBMTL(beta=0.8, sigma=0.5), np.zeros_like(CASE_A)
    for number, factor in enumerate((1.0, 0.5), start=1):
        gradients = factor * CASE_A
        logarithms = gradients / LOSSES_A[:, None]
        average = logarithms + 0.8 / math.sqrt(number) * (average - logarithms)
        norms = np.linalg.norm(average, axis=1)
        direction, weights = combined(method, gradients, LOSSES_A)
        np.testing.assert_allclose(weights, norms.max() / norms, rtol=1e-5)
        np.testing.assert_allclose(direction, (norms.max() / norms) @ average, rtol=1e-5)


def test_excess_mtl():
    """Two steps by numpy."""
    method, sums, weight = ExcessMTL(step_size=0.1), np.zeros_like(CASE_A), np.ones(3)
    first = None
    for factor in (1.0, 0.5, 2.0):
        gradients = factor * CASE_A
        sums = sums + gradients**2
        excess = (gradients**2 / np.sqrt(sums + 1e-7)).sum(axis=1)
        first = excess if first is None else first
        weight = weight * np.exp(0.1 * excess / first)
        weight = weight * 3 / weight.sum()
        direction, weights = combined(method, gradients)
        np.testing.assert_allclose(weights, weight, rtol=1e-5)
        np.testing.assert_allclose(direction, weight @ gradients, rtol=1e-5, atol=1e-6)


def test_moco():
    """Two steps by numpy."""
    method, average, shares = MoCo(rho=0.1), np.zeros_like(CASE_A), np.full(3, 1 / 3)
    for number in (1, 2):
        units = CASE_A * (LOSSES_A / np.linalg.norm(CASE_A, axis=1))[:, None]
        average = average - 0.5 / math.sqrt(number) * (average - units)
        raised = shares - 0.1 / math.sqrt(number) * (average @ average.T + 0.1 * np.eye(3)) @ shares
        shares = np.exp(raised) / np.exp(raised).sum()
        direction, weights = combined(method, CASE_A, LOSSES_A)
        np.testing.assert_allclose(weights, shares, rtol=1e-5)
        np.testing.assert_allclose(direction, shares @ average, rtol=1e-5, atol=1e-6)


def test_what_methods_keep_is_not_trained():
    for method in (GradNorm(), GradVac(), ExcessMTL(), DBMTL(), MoCo()):
        method.build(3, {"v": (2, 3)})
        assert not method.state.trainable_variables
        assert isinstance(method.state, keras.layers.Layer) and len(method.state.variables) > 5
