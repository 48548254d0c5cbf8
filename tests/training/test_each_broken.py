"""Gradients, losses and weights that are not finite: what is left out, and what is said."""

import keras
import numpy as np
import pytest

from keras_mtl.training.checks import SelfCheckError
from tests.training import traded
from tests.training.small import largest_difference, weights_of

pytestmark = pytest.mark.any_backend


def test_a_loss_scale_too_high_skips_the_step():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model, batch = traded.plain()
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(1.0), initial_scale=2.0**40
    )
    model.compile(optimizer, balancer=traded.UnitMean(), self_checks=False)
    before = weights_of(model)
    model.train_on_batch(*batch)
    assert largest_difference(before, weights_of(model)) == 0.0
    assert float(optimizer.dynamic_scale) == 2.0**39
    assert not np.any(keras.ops.convert_to_numpy(model.balancer.non_finite))


def broken_head(model):
    """A head whose gradients are not finite from now on."""
    kernel = model.heads["topic"].trainable_variables[0]
    kernel.assign(np.full(kernel.shape, np.nan, "float32"))


def test_a_task_whose_gradient_is_not_finite_is_left_out():
    model, batch = traded.plain()
    broken_head(model)
    model.compile(keras.optimizers.SGD(1.0), balancer=traded.Fixed(), self_checks=False)
    model.train_on_batch(*batch)
    left = traded.expected(traded.plain, lambda *_: (0.0, 3.0))
    ours = traded.values_of(model)
    trunk = len(model.trunk.trainable_variables)
    assert max(float(np.abs(ours[path] - left[path]).max()) for path in range(trunk)) < 2e-6
    assert keras.ops.convert_to_numpy(model.balancer.non_finite).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("kind", ["uncertainty", "imtl_l", "geometric_mean", "famo"])
def test_a_task_whose_loss_breaks_takes_no_other_with_it_under_a_balancer_of_losses(kind):
    """`topic` has no finite loss, and a weight of `sentiment` may be made of both."""
    model, batch = traded.plain()
    broken_head(model)
    balancer = traded.Fixed(loss_balancer=kind)
    model.compile(keras.optimizers.SGD(0.1), balancer=balancer, self_checks=False)
    before = traded.values_of(model)
    logs = model.train_on_batch(*batch, return_dict=True)
    model.train_on_batch(*batch)
    for variable in model.trainable_variables:
        if variable.path != model.heads["topic"].trainable_variables[0].path:
            assert np.isfinite(keras.ops.convert_to_numpy(variable)).all(), variable.path
    trunk = len(model.trunk.trainable_variables)
    after = traded.values_of(model)
    assert max(float(np.abs(after[n] - before[n]).max()) for n in range(trunk)) > 1e-4
    assert keras.ops.convert_to_numpy(model.balancer.non_finite).tolist() == [2.0, 0.0]
    assert np.isfinite(logs["sentiment_weight"]) and logs["sentiment_weight"] > 0


def test_a_task_whose_loss_breaks_ends_training_only_after_so_many_steps():
    model, (x, y, _) = traded.bags()
    broken_head(model)
    model.compile(keras.optimizers.SGD(0.1), balancer=traded.Fixed(max_non_finite=3))
    # Three steps go on without the task, which the end of the epoch says has learned nothing.
    with pytest.warns(UserWarning, match="'topic'"):
        history = model.fit(x, y, batch_size=8, epochs=1, verbose=0).history
    assert np.isfinite(history["loss"][0]) and history["sentiment_loss"][0] > 0
    with pytest.raises(SelfCheckError, match="'topic' was not finite in 4 steps, more than"):
        model.fit(x, y, batch_size=8, epochs=1, verbose=0)


def test_too_many_gradients_that_are_not_finite_end_training():
    model, (x, y, _) = traded.plain()
    broken_head(model)
    model.compile(keras.optimizers.SGD(1.0), balancer=traded.Fixed(max_non_finite=2))
    model.balancer.non_finite.assign([3.0, 0.0])
    problem = model.balancer.problem()
    assert "task 'topic' was not finite in 3 steps, more than max_non_finite=2" in problem


class Wrong(traded.Fixed):
    def weights(self, gramian, losses=None, present=None):
        return gramian[0]


class Infinite(traded.Fixed):
    def weights(self, gramian, losses=None, present=None):
        return present / 0.0


class TooMany(traded.Fixed):
    def weights(self, gramian, losses=None, present=None):
        return keras.ops.ones((5,))


def test_weights_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match=r"`weights` of TooMany .* shape \(2,\). Received: .*\(5,"):
        traded.one_step(traded.plain, TooMany())


def test_weights_that_are_not_finite_change_nothing_and_are_told():
    model, (x, y, _) = traded.plain()
    model.compile(keras.optimizers.SGD(1.0), balancer=Infinite())
    before = weights_of(model)[: len(model.trunk.trainable_variables)]
    with pytest.raises(SelfCheckError, match="`weights` of Infinite must be finite numbers"):
        model.fit(x, y, batch_size=8, verbose=0)
    assert largest_difference(before, weights_of(model)[: len(before)]) == 0.0
