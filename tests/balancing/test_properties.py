"""What every method on gradients keeps; exporting one enrols it."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_mtl import balancing
from keras_mtl.balancing import (
    FairGrad,
    GradientAggregator,
    GradNorm,
    GradVac,
    NashMTL,
    PCGrad,
    UPGrad,
)
from tests.balancing.kinds import exported, made
from tests.balancing.problems import combined, random_gradients, weights_of
from tests.compiled import compiled

ALL = exported(GradientAggregator)
# Those that draw at random are held to one order, or seen through their weights.
IN_ORDER = {"PCGrad": {"order": "ascending"}, "GradVac": {"order": "ascending"}}
# A mean of the gradients where these agree; all others are a sum, or have a scale of their own.
MEANS = ("AlignedMTL", "DualProj", "IMTLG", "MGDA", "MoCo", "UPGrad")
FACTORS = {"CAGrad": 1.5}
# One step of these from scratch depends on losses, or on gradients of before, as it is defined.
KEEPING = ("DBMTL", "ExcessMTL", "GradNorm", "MoCo")


def method(kind, **options):
    return made(kind, **{**IN_ORDER.get(kind.__name__, {}), **options})


def unit(weights):
    return weights / max(np.abs(weights).sum(), 1e-30)


problems = st.builds(
    random_gradients,
    seed=st.integers(0, 10_000),
    tasks=st.integers(2, 5),
    kind=st.sampled_from(["well", "badly", "low rank"]),
)
few = settings(max_examples=8, deadline=None, derandomize=True)


def test_there_are_methods_to_check():
    assert {PCGrad, UPGrad, NashMTL} <= set(ALL) and len(ALL) == 16


@pytest.mark.parametrize("kind", ALL)
def test_one_task_keeps_its_direction(kind):
    gradients = np.array([[3.0, 4.0]])
    direction, weights = combined(method(kind), gradients, cut=(1,))
    assert weights.shape == (1,) and weights[0] > 0
    np.testing.assert_allclose(direction / np.linalg.norm(direction), [0.6, 0.8], atol=1e-6)
    if kind.__name__ not in (*KEEPING, "NashMTL", "FairGrad"):
        factor = FACTORS.get(kind.__name__, 1.0)
        np.testing.assert_allclose(direction, factor * gradients[0], rtol=1e-5)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("tasks", [2, 4])
def test_gradients_alike(kind, tasks):
    gradients = np.tile([[3.0, 4.0, 0.0]], (tasks, 1))
    direction, _ = combined(method(kind), gradients)
    np.testing.assert_allclose(direction / np.linalg.norm(direction), [0.6, 0.8, 0], atol=1e-5)
    if kind.__name__ in (*MEANS, *FACTORS) and kind.__name__ not in KEEPING:
        factor = FACTORS.get(kind.__name__, 1.0)
        np.testing.assert_allclose(direction, factor * gradients[0], rtol=1e-4)
    elif kind.__name__ in ("PCGrad", "GradVac", "ConFIG", "GradDrop"):
        np.testing.assert_allclose(direction, tasks * gradients[0], rtol=1e-4)


@pytest.mark.parametrize("kind", ALL)
@few
@given(problem=problems, power=st.integers(-6, 6))
def test_size_does_not_matter(kind, problem, power):
    one = weights_of(method(kind), problem)
    other = weights_of(method(kind), problem * 10.0**power)
    np.testing.assert_allclose(
        unit(other), unit(one), rtol=0, atol=2e-2 if _vague(problem) else 1e-3
    )


@pytest.mark.parametrize("kind", ALL)
@few
@given(problem=problems, seed=st.integers(0, 100))
def test_order_does_not_matter(kind, problem, seed):
    if kind.__name__ in IN_ORDER:
        return  # See the next test.
    order = np.random.default_rng(seed).permutation(len(problem))
    one, other = (weights_of(method(kind), rows) for rows in (problem, problem[order]))
    np.testing.assert_allclose(unit(other), unit(one[order]), rtol=0,
                               atol=2e-2 if _vague(problem) else 1e-3)  # fmt: skip


@pytest.mark.parametrize("kind", [PCGrad, GradVac])
@few
@given(problem=problems)
def test_turned_round_with_its_order(kind, problem):
    one = weights_of(kind("ascending") if kind is PCGrad else kind(order="ascending"), problem)
    turned = kind("descending") if kind is PCGrad else kind(order="descending")
    np.testing.assert_allclose(weights_of(turned, problem[::-1])[::-1], one, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ALL)
@few
@given(problem=problems, seed=st.integers(0, 100))
def test_an_absent_task_takes_no_part(kind, problem, seed):
    here = np.random.default_rng(seed).random(len(problem)) < 0.6
    here[seed % len(problem)] = True
    whole = weights_of(method(kind), problem, present=here.astype("float32"))
    smaller = weights_of(method(kind), problem[here])
    assert (whole[~here] == 0).all()
    if kind.__name__ == "MoCo":  # Its weights sum to 1 among those that are there.
        assert abs(whole.sum() - 1) < 1e-6
    np.testing.assert_allclose(unit(whole[here]), unit(smaller), rtol=0,
                               atol=2e-2 if _vague(problem[here]) else 1e-3)  # fmt: skip


DEGENERATE = {
    "all zero": np.zeros((3, 4)),
    "one zero": np.array([[1.0, 2, 0], [0, 0, 0], [2, 1, 1]]),
    "parallel": np.array([[1.0, 2, 0], [2, 4, 0], [0.5, 1, 0]]),
    "opposed": np.array([[1.0, 2, 0], [-1, -2, 0]]),
    "opposed, of unlike length": np.array([[1.0, 2, 0], [-1e-3, -2e-3, 0], [0, 1, 1]]),
    "around": np.array([[1.0, 0, 0], [-0.5, 0.8, 0], [-0.5, -0.8, 0]]),
    "tiny": np.full((2, 3), 1e-18),
    "huge": np.array([[1e15, 0, 0], [0, 1e-3, 0]]),
}


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("name", list(DEGENERATE))
def test_weights_are_finite_whatever_comes(kind, name):
    gradients = DEGENERATE[name]
    for absent in (None, 0):
        present = np.ones(len(gradients), "float32")
        if absent is not None:
            present[absent] = 0
        direction, weights = combined(method(kind), gradients, present=present)
        assert np.isfinite(weights).all() and np.isfinite(direction).all()
    nobody = weights_of(method(kind), gradients, present=np.zeros(len(gradients), "float32"))
    assert (nobody == 0).all()


@few
@given(problem=problems)
def test_upgrad_hurts_nobody(problem):
    gramian = problem @ problem.T
    gains = gramian @ weights_of(UPGrad(), problem)
    assert gains.min() >= -1e-4 * np.trace(gramian) / len(problem)


@few
@given(problem=problems)
def test_names_for_the_same(problem):
    np.testing.assert_array_equal(
        weights_of(FairGrad(1.0), problem), weights_of(NashMTL(), problem)
    )
    vaccine, surgery = GradVac(order="ascending"), PCGrad("ascending")
    expected = weights_of(surgery, problem)
    np.testing.assert_allclose(weights_of(vaccine, problem), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.any_backend
@pytest.mark.parametrize("kind", ALL)
def test_compiled_as_by_hand(kind):
    gradients = random_gradients(2, 4).astype("float32")
    by_hand = weights_of(method(kind), gradients)
    one = method(kind)
    one.build(4)
    ones = np.ones(4, "float32")
    arguments = [ops.convert_to_tensor(each) for each in (gradients @ gradients.T, ones, ones)]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = [compiled(one.weights), tf.function(one.weights, jit_compile=True, autograph=False)]
    else:
        found = [compiled(lambda *given: _stateless(one, given))]
    if kind in (GradVac, GradNorm):  # They move on at every call.
        found = found[:1]
    for function in found:
        np.testing.assert_allclose(
            ops.convert_to_numpy(function(*arguments)), by_hand, rtol=2e-4, atol=1e-5
        )


def _stateless(one, given):
    mapping = [(variable, variable.value) for variable in one.state.variables]
    with keras.StatelessScope(state_mapping=mapping):
        return one.weights(*given)


@pytest.mark.parametrize("kind", ALL)
def test_saved_and_made_again(kind):
    one = made(kind, max_non_finite=7, name="mine")
    config = keras.saving.serialize_keras_object(one)
    copy = balancing.get(config)
    assert type(copy) is kind and copy.get_config() == one.get_config()
    assert copy.max_non_finite == 7 and copy.state.name == "mine"


def _vague(problem):
    """Whether single precision can barely tell the answer: a Gramian that is nearly singular."""
    gramian = problem @ problem.T
    values = np.linalg.eigvalsh(gramian / np.trace(gramian) * len(problem))
    return values.min() < 1e-3
