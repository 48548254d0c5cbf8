"""Loss weights that change while training runs."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.balancing import EqualWeighting
from tests.figures import exactly
from tests.training.small import TASKS, id_model, id_rows, largest_difference, weights_of

pytestmark = pytest.mark.any_backend


class Change(keras.callbacks.Callback):
    """Sets loss weights in an epoch, at its begin or behind its first step."""

    def __init__(self, epoch, weights, at_begin=True):
        super().__init__()
        self.epoch, self.weights, self.at_begin, self.now = epoch, weights, at_begin, None

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch
        if epoch == self.epoch and self.at_begin:
            # Alive, it must not be taken for the new one: JAX compiles equal functions once.
            self.old = self.model.train_function
            self.model.set_loss_weights(self.weights)

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch and batch == 0 and not self.at_begin:
            self.model.set_loss_weights(self.weights)


def trained(optimizer, *fits, kind="bag", **compiled):
    """A model after several `fit`s on the same rows; an entry that is a dictionary is weights."""
    (x, y), model = id_rows(), id_model(kind)
    model.compile(optimizer, **compiled)
    for one in fits:
        if isinstance(one, dict):
            model.set_loss_weights(one)
        else:
            options = {"batch_size": 8, "shuffle": False, "verbose": 0}
            model.fit(x, y, epochs=one[1], initial_epoch=one[0], callbacks=one[2:], **options)
    return model


def test_a_change_inside_fit_is_that_between_two_fits_to_the_bit():
    inside = trained("adam", (0, 3, Change(1, {"topic": 0.25})))
    between = trained("adam", (0, 1), {"topic": 0.25}, (1, 3))
    unchanged = trained("adam", (0, 3))
    exactly("bits apart", largest_difference(*map(weights_of, (inside, between))), 0.0)
    assert largest_difference(*map(weights_of, (inside, unchanged))) > 1e-4
    # Inside `fit` it ends with it, outside it stays.
    assert inside.settings.training_weights == inside.settings.loss_weights == (1.0, 1.0)
    assert between.settings.training_weights == (0.25, 1.0)
    between.set_loss_weights(None)
    assert between.settings.training_weights == (1.0, 1.0)


def test_a_step_moves_a_head_by_its_weight():
    moves = []
    for weight in (1.0, 0.25):
        model = id_model("bag")
        model.compile(keras.optimizers.SGD(0.1))
        model.set_loss_weights({"topic": weight})
        before = np.array(model.heads["topic"].scores.bias)
        model.train_on_batch(*id_rows())
        moves.append(np.array(model.heads["topic"].scores.bias) - before)
    np.testing.assert_allclose(moves[1], 0.25 * moves[0], rtol=1e-4)


def test_weight_0_inside_an_epoch_stops_a_head_at_once():
    (x, y), model = id_rows(), id_model("bag")
    model.compile("adam")
    heads = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            heads.append({name: head.get_weights() for name, head in self.model.heads.items()})

    callbacks = [Change(0, {"topic": 0.0}, at_begin=False), Look()]
    model.fit(x, y, batch_size=8, verbose=0, callbacks=callbacks)
    exactly("moves of the head", largest_difference(heads[0]["topic"], heads[2]["topic"]), 0.0)
    assert largest_difference(heads[0]["sentiment"], heads[2]["sentiment"]) > 0


def test_logs_and_saved_weights_stay_those_of_compile(tmp_path):
    (x, y), model = id_rows(), id_model("bag")
    model.compile(keras.optimizers.SGD(0.0), loss_weights={"topic": 0.5})
    model.set_loss_weights({"topic": 0.0})
    logs = model.fit(x, y, validation_data=(x, y), verbose=0).history
    for before in ("", "val_"):
        by_hand = 0.5 * logs[f"{before}topic_loss"][0] + logs[f"{before}sentiment_loss"][0]
        assert logs[f"{before}loss"][0] == pytest.approx(by_hand, rel=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.settings.training_weights == (0.5, 1.0)


def test_an_error_inside_fit_leaves_the_weights_of_before():
    class Fail(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("made to fail")

    (x, y), model = id_rows(), id_model("bag")
    model.compile("adam")
    with pytest.raises(RuntimeError, match="made to fail"):
        model.fit(x, y, verbose=0, callbacks=[Change(0, {"topic": 0.0}), Fail()])
    assert model.settings.training_weights == (1.0, 1.0) and not model.settings.idle


def test_a_head_of_weight_0_keeps_its_averages_and_pushes_nothing():
    @keras.saving.register_keras_serializable("tests")
    class NormedHead(mtl.heads.PooledHead):
        def build(self, shape):
            super().build(shape)
            self.norm = keras.layers.BatchNormalization(dtype=self.dtype_policy)
            self.norm.build((None, self.units))
            self.norm.activity_regularizer = keras.regularizers.L2(10.0)

        def call(self, features, training=None):
            return self.norm(super().call(features, training=training), training=training)

    class NormedTask(type(TASKS[0])):
        def head(self):
            return NormedHead(self.num_classes, dropout=0.5, name=f"{self.name}_head")

    (x, y) = id_rows()
    ends = []
    for labels in (y, {"sentiment": y["sentiment"]}):
        tasks = (NormedTask("topic", labels=TASKS[0].labels), TASKS[1])
        model = id_model("bag", tasks=tasks)
        model.compile("adam", loss_weights={"topic": 0.0}, self_checks=False)
        before = model.heads["topic"].get_weights()
        model.fit(x, labels, epochs=2, shuffle=False, verbose=0)
        exactly("moves", largest_difference(before, model.heads["topic"].get_weights()), 0.0)
        ends.append(model)
    exactly("bits apart without its labels", largest_difference(*map(weights_of, ends)), 0.0)


def test_a_balancer_does_not_count_a_task_of_weight_0():
    @keras.saving.register_keras_serializable("tests")
    class MeanOfPresent(EqualWeighting):
        def call(self, losses, present):
            return keras.ops.sum(losses) / keras.ops.sum(present)

    sgd = keras.optimizers.SGD
    mean = trained(sgd(0.5), (0, 2), balancer=MeanOfPresent(), loss_weights={"topic": 0.0})
    plain = trained(sgd(0.5), (0, 2), loss_weights={"topic": 0.0})
    assert largest_difference(*map(weights_of, (mean, plain))) < 1e-7


def test_bad_loss_weights():
    model = id_model("bag")
    with pytest.raises(ValueError, match="Call `compile` before `set_loss_weights`"):
        model.set_loss_weights({"topic": 0.0})
    model.compile("adam", loss_weights={"topic": 0.0})
    with pytest.raises(ValueError, match="must name tasks of the model.*topics"):
        model.set_loss_weights({"topics": 0.0})
    with pytest.raises(ValueError, match="of task 'topic' must be a number of 0 or more"):
        model.set_loss_weights({"topic": -1.0})
    with pytest.raises(ValueError, match="At least one of `loss_weights` must be above 0"):
        model.set_loss_weights({"sentiment": 0.0})
    assert model.settings.training_weights == (0.0, 1.0)
