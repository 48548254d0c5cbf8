"""Methods on losses: values printed in papers or worked out by hand, and who is absent."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.balancing import (
    FAMO,
    IMTLL,
    DynamicTaskPrioritization,
    DynamicWeightAverage,
    EqualWeighting,
    GeometricMean,
    LossBalancer,
    RandomLossWeighting,
    SmoothTchebycheff,
    UncertaintyWeighting,
    WeightSchedule,
)
from tests.balancing.kinds import exported, made
from tests.balancing.problems import LOSSES_A

pytestmark = pytest.mark.any_backend

TASKS = [mtl.classification(name, ("x", "y")) for name in ("a", "b", "c")]


def derivatives(balancer, losses, present=None):
    """The scalar, and its derivatives by the losses and by the trainable variables."""
    losses = ops.convert_to_tensor(np.asarray(losses, "float32"))
    present = ops.ones_like(losses) if present is None else ops.convert_to_tensor(present)
    if not balancer.built:
        balancer.build(losses.shape)
    own = balancer.trainable_variables
    if keras.backend.backend() == "jax":
        import jax

        def scalar(losses, values):
            kept = balancer.non_trainable_variables
            mapping = [*zip(own, values, strict=True), *((one, one.value) for one in kept)]
            with keras.StatelessScope(state_mapping=mapping):
                return balancer(losses, present=present)

        value, (by_losses, by_own) = jax.value_and_grad(scalar, (0, 1))(
            losses, [one.value for one in own]
        )
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(losses)
            value = balancer(losses, present=present)
        by_losses, *by_own = tape.gradient(value, [losses, *(one.value for one in own)])
    numpy = ops.convert_to_numpy
    return float(value), numpy(by_losses), [numpy(one) for one in by_own]


def weights(balancer, losses=LOSSES_A, present=None):
    return derivatives(balancer, losses, present)[1]


KNOWN = {
    "uncertainty": (UncertaintyWeighting, (0.5, 0.5, 0.5)),
    "uncertainty, cross-entropy": (
        lambda: UncertaintyWeighting(form="cross_entropy"), (1.0, 1.0, 1.0)
    ),
    "uncertainty, from 1": (
        lambda: UncertaintyWeighting(1.0), tuple([float(np.exp(-1) / 2)] * 3)
    ),
    "imtl_l": (IMTLL, (1.0, 1.0, 1.0)),
    "geometric_mean": (GeometricMean, (0.3333, 0.6667, 0.1667)),
    "smooth_tchebycheff": (SmoothTchebycheff, (0.1028, 0.0870, 0.1435)),
    "famo": (FAMO, (0.2857, 0.5714, 0.1429)),
}  # fmt: skip


@pytest.mark.parametrize("name", list(KNOWN))
def test_weights(name):
    make, expected = KNOWN[name]
    np.testing.assert_allclose(weights(make()), expected, atol=6e-5)


def test_uncertainty_learns_its_log_variance():
    """`(1 - exp(-s) loss) / 2` at s = 0."""
    _, _, (by_s,) = derivatives(UncertaintyWeighting(), LOSSES_A)
    np.testing.assert_allclose(by_s, (1 - LOSSES_A) / 2, atol=1e-6)
    _, _, (by_scale,) = derivatives(IMTLL(), LOSSES_A)
    np.testing.assert_allclose(by_scale, LOSSES_A - 1, atol=1e-6)


def test_uncertainty_goes_by_the_kind_of_task():
    balancer = UncertaintyWeighting()
    balancer.for_tasks([TASKS[0], mtl.regression("score", range=(1, 5)), TASKS[1]])
    np.testing.assert_allclose(weights(balancer), (1.0, 0.5, 1.0))


def test_dynamic_weight_average():
    balancer = DynamicWeightAverage()
    balancer.for_tasks(TASKS)
    balancer.build((3,))
    for epoch, losses in enumerate(((1.2, 0.6, 2.2), (1.1, 0.55, 2.1))):
        assert weights(balancer).tolist() == [1, 1, 1]
        balancer.end_epoch(epoch, dict(zip("abc", losses, strict=True)), {})
    np.testing.assert_allclose(weights(balancer), (0.99367, 0.99367, 1.01267), atol=6e-6)
    before = weights(balancer)
    balancer.end_epoch(2, {"a": 0.5}, {})  # The others keep what they had.
    rates = np.exp(np.array([0.5 / 1.1, 0.55 / 0.6, 2.1 / 2.2]) / 2)
    np.testing.assert_allclose(weights(balancer), 3 * rates / rates.sum(), rtol=1e-5)
    assert not np.allclose(weights(balancer), before)


def test_dynamic_task_prioritization():
    balancer = DynamicTaskPrioritization(discount=1.0)
    balancer.for_tasks(TASKS)
    balancer.build((3,))
    assert weights(balancer).tolist() == [1, 1, 1]
    metrics = {name: {"accuracy": one} for name, one in zip("abc", (0.9, 0.5, 0.7), strict=True)}
    balancer.end_epoch(0, dict.fromkeys("abc", 1.0), metrics)
    np.testing.assert_allclose(weights(balancer), (0.01054, 0.34657, 0.10700), atol=6e-6)
    slower = DynamicTaskPrioritization(gamma=2.0, discount=0.25, metric={"a": "accuracy"})
    slower.for_tasks(TASKS[:1])
    for epoch, value in enumerate((0.5, 0.9)):
        slower.build((1,)) if not slower.built else None
        slower.end_epoch(epoch, {"a": 1.0}, {"a": {"loss": 3.0, "accuracy": value}})
    np.testing.assert_allclose(weights(slower, [1.0]), -(0.4**2) * np.log(0.6), rtol=1e-5)
    with pytest.raises(ValueError, match="one of task 'a' that lies in .0, 1.. Received: 'acc"):
        slower.end_epoch(2, {"a": 1.0}, {"a": {"accuracy": 1.5}})
    with pytest.raises(ValueError, match="must name tasks of the model"):
        DynamicTaskPrioritization(metric={"z": "accuracy"}).for_tasks(TASKS)


def test_random_weights():
    balancer, drawn = RandomLossWeighting(seed=1), []
    for _ in range(3):
        drawn.append(weights(balancer))
        if keras.backend.backend() == "jax":  # A stateless call leaves the seed as it is.
            balancer.seed_generator.next()
    assert all(abs(one.sum() - 3) < 1e-5 and (one > 0).all() for one in drawn)
    assert not np.allclose(drawn[0], drawn[1]) and not np.allclose(drawn[1], drawn[2])
    one = weights(RandomLossWeighting(seed=1), present=np.array([1, 0, 1], "float32"))
    assert one[1] == 0 and abs(one.sum() - 2) < 1e-5


def test_weight_schedule():
    balancer = WeightSchedule({"a": [(1, 0.0), (3, 1.0)], "b": lambda epoch: 2.0**epoch})
    balancer.for_tasks(TASKS)
    balancer.build((3,))
    for epoch, expected in enumerate(((0, 1, 1), (0, 2, 1), (0.5, 4, 1), (1, 8, 1), (1, 16, 1))):
        balancer.begin_epoch(epoch)
        assert weights(balancer).tolist() == list(expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "must be a dictionary from task name to pairs"),
        ({"a": [(0, 1.0), (0, 2.0)]}, "must give task 'a' pairs of epoch and weight, each epoch"),
        ({"a": "often"}, "must give task 'a' pairs"),
    ],
)
def test_plans_that_are_none(given, message):
    with pytest.raises(ValueError, match=message):
        WeightSchedule(given)


def test_weights_of_a_plan_that_are_none():
    negative = "must be 0 or more. Received: -1.0 for task 'a' in epoch 2"
    zero = "one above 0 in each epoch"
    for plan, message in (({"a": -1.0}, negative), (dict.fromkeys("abc", 0.0), zero)):
        balancer = WeightSchedule(plan)
        balancer.for_tasks(TASKS)
        with pytest.raises(ValueError, match=message):
            balancer.begin_epoch(2)
        with pytest.raises(ValueError, match=message.replace("epoch 2", "epoch 0")):
            balancer.build((3,))
    with pytest.raises(ValueError, match="must name tasks of the model"):
        WeightSchedule({"z": 1.0}).for_tasks(TASKS)


def test_famo_moves_towards_who_fell_least():
    """The first step of Adam is the rate against the sign of the gradient."""
    balancer = FAMO(learning_rate=0.1, weight_decay=0.0)
    balancer.build((3,))
    before, after = np.array([1.0, 1.0, 1.0]), np.array([0.5, 0.9, 1.0])
    given = [ops.convert_to_tensor(one.astype("float32")) for one in (before, after)]
    balancer.after_step(*given, ops.ones(3))
    fallen = np.log(before) - np.log(after)
    gradient = (fallen - fallen.mean()) / 3
    expected = -0.1 * np.sign(gradient)
    np.testing.assert_allclose(ops.convert_to_numpy(balancer.logits), expected, rtol=1e-4)
    # A second step by numpy, with decay; the third task is absent.
    first, second = 0.1 * gradient, 0.001 * gradient**2
    balancer.weight_decay = 1e-3
    balancer.after_step(*given, ops.convert_to_tensor(np.array([1, 1, 0], "float32")))
    shares = np.exp(expected[:2]) / np.exp(expected[:2]).sum()
    new = shares * (fallen[:2] - shares @ fallen[:2]) + 1e-3 * expected[:2]
    first, second = 0.9 * first[:2] + 0.1 * new, 0.999 * second[:2] + 0.001 * new**2
    mean, spread = first / (1 - 0.9**2), np.sqrt(second / (1 - 0.999**2))
    found = ops.convert_to_numpy(balancer.logits)
    np.testing.assert_allclose(found[:2], expected[:2] - 0.1 * mean / (spread + 1e-8), rtol=1e-3)
    assert found[2] == pytest.approx(expected[2], rel=1e-4)


@pytest.mark.parametrize("kind", [GeometricMean, FAMO])
def test_losses_without_logarithm_are_told(kind):
    balancer = kind()
    balancer.for_tasks(TASKS)
    balancer.build((3,))
    assert balancer.problem() is None
    balancer(ops.convert_to_tensor([1.0, -0.5, 2.0]), present=ops.ones(3))
    problem = balancer.problem()
    assert f"Losses of task 'b' must be above 0 under {kind.__name__}" in problem
    assert "Received: 0 or less in 1 step" in problem


@pytest.mark.parametrize("kind", [GeometricMean, FAMO])
def test_a_loss_without_logarithm_takes_no_part(kind):
    whole = derivatives(kind(), [1.0, -0.5, 2.0])
    smaller = derivatives(kind(), [1.0, 2.0])
    assert whole[0] == pytest.approx(smaller[0])
    np.testing.assert_allclose(whole[1][[0, 2]], smaller[1], rtol=1e-6)
    assert whole[1][1] == 0


def test_famo_forgets_steps_that_broke():
    balancer = FAMO()
    balancer.build((3,))
    given = [ops.convert_to_tensor(np.array(one, "float32")) for one in
             ([1.0, 1.0, 1.0], [0.5, np.nan, 0.9])]  # fmt: skip
    balancer.after_step(*given, ops.ones(3))
    found = ops.convert_to_numpy(balancer.logits)
    assert found[1] == 0 and np.isfinite(found).all() and found[0] != 0


def test_dynamic_weights_of_a_loss_that_leaps():
    balancer = DynamicWeightAverage()
    balancer.for_tasks(TASKS)
    balancer.build((3,))
    for epoch, loss in enumerate((1e-6, 1.0)):
        balancer.end_epoch(epoch, {"a": loss, "b": 1.0, "c": 1.0}, {})
    np.testing.assert_allclose(weights(balancer), (3, 0, 0), atol=1e-6)


PLANNED = (WeightSchedule, RandomLossWeighting)


@pytest.mark.parametrize("kind", [one for one in exported(LossBalancer) if one not in PLANNED])
def test_an_absent_task_takes_no_part(kind):
    present = np.array([1, 0, 1], "float32")
    whole, by_losses, by_own = derivatives(made(kind), [1.0, 0.0, 2.0], present)
    smaller, expected, by_smaller = derivatives(made(kind), [1.0, 2.0])
    assert whole == pytest.approx(smaller, abs=1e-6)
    np.testing.assert_allclose(by_losses[[0, 2]], expected, atol=1e-6)
    for one, other in zip(by_own, by_smaller, strict=True):
        np.testing.assert_allclose(one[[0, 2]], other, atol=1e-6)
        assert one[1] == 0


@pytest.mark.parametrize("kind", [one for one in exported(LossBalancer) if one not in PLANNED])
def test_order_and_size(kind):
    one = weights(made(kind), [1.0, 0.5, 2.0])
    other = weights(made(kind), [2.0, 1.0, 0.5])
    np.testing.assert_allclose(other, one[[2, 0, 1]], rtol=1e-5)
    for size in (1e-6, 1e6):
        value, by_losses, _ = derivatives(made(kind), np.array([1.0, 0.5, 2.0]) * size)
        assert np.isfinite(value) and np.isfinite(by_losses).all()


@pytest.mark.parametrize("kind", exported(LossBalancer))
def test_whether_weights_are_made_of_losses(kind):
    one, other = (weights(made(kind), losses) for losses in ([1.0, 0.5, 2.0], [0.7, 3.0, 1.5]))
    assert np.array_equal(one, other) == (not kind.weighs_by_losses)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UncertaintyWeighting(form="both"), "`form` of UncertaintyWeighting must be one"),
        (lambda: DynamicWeightAverage(0.0), "`temperature` of DynamicWeightAverage must be a"),
        (lambda: DynamicTaskPrioritization(-1.0), "`gamma` of DynamicTaskPrioritization"),
        (lambda: DynamicTaskPrioritization(discount=0.0), "`discount` of DynamicTask"),
        (lambda: SmoothTchebycheff(0.0), "`mu` of SmoothTchebycheff must be a number above 0"),
        (lambda: FAMO(learning_rate=-1.0), "`learning_rate` of FAMO must be a number of 0"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_equal_weighting_is_there_to_compare():
    assert weights(EqualWeighting()).tolist() == [1, 1, 1]
