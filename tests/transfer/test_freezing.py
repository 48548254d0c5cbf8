"""What is frozen stays as it is to the last bit; what goes on learning goes on as before."""

import keras
import numpy as np
import pytest

from keras_mtl import transfer
from keras_mtl.training import SelfCheckError
from tests.figures import exactly
from tests.training.small import demo_mixture, demo_model, id_model, id_rows

pytestmark = pytest.mark.any_backend

WAYS = {
    "the trunk": "trunk",
    "the heads but one": ["topic"],
    "a layer": "lstm_1",
    "a pattern": "trunk/lstm_*",
    "two groups": 2,
    "several": ["embedding", "topic"],
}


def values(layers):
    return {v.path: keras.ops.convert_to_numpy(v).copy() for one in layers for v in one.weights}


def slots(optimizer):
    return {v.path: keras.ops.convert_to_numpy(v).copy() for v in optimizer.variables}


def trained(model, epochs=1, **options):
    x, y = id_rows()
    return model.fit(x, y, batch_size=8, epochs=epochs, verbose=0, shuffle=False, **options)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_frozen_variables_are_the_same_to_the_last_bit(way):
    model = id_model()
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1))
    trained(model)
    paths = transfer.freeze(model, way)
    layers = [one for path, one in transfer.freezing.layers_of(model).items() if path in paths]
    before, rest = values(layers), values([model.trunk, *model.heads.values()])
    trained(model)
    after = values(layers)
    changed = sum(not np.array_equal(before[path], after[path]) for path in before)
    exactly(f"of {len(before)} frozen variables those that changed", changed, 0)
    assert before
    now = values([model.trunk, *model.heads.values()])
    moved = {path for path in rest if not np.array_equal(rest[path], now[path])}
    assert moved == set(rest) - set(before)


def test_the_optimizer_keeps_its_state_of_what_goes_on_learning():
    model = id_model()
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)
    model.compile(keras.optimizers.Adam(schedule))
    trained(model)
    before = slots(model.optimizer)
    transfer.freeze(model, "trunk")
    after = slots(model.optimizer)
    assert int(model.optimizer.iterations) == 3
    assert isinstance(model.optimizer._learning_rate, type(schedule))
    assert set(after) < set(before)
    assert not [path for path in after if "trunk" in path or "lstm" in path]
    assert all(np.array_equal(before[path], after[path]) for path in after)


def test_freezing_and_thawing_between_epochs_without_steps_changes_nothing():
    """A head frozen and thawed at once, of which the optimizer knows nothing, as one never was."""
    apart, whole = id_model(), id_model()
    for model in (apart, whole):
        model.compile(keras.optimizers.SGD(0.1))
        trained(model)
    transfer.freeze(apart, "trunk")
    transfer.thaw(apart, "trunk")
    for model in (apart, whole):
        trained(model)
    one, other = values([apart.trunk]), values([whole.trunk])
    for (_, mine), (_, expected) in zip(one.items(), other.items(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-7)


def test_what_is_thawed_late_takes_the_steps_of_a_new_optimizer():
    """Adam's first step is the learning rate long, whatever the gradient, if its count is right."""
    model = id_model()
    model.compile(keras.optimizers.Adam(0.01))
    transfer.freeze(model, "trunk")
    trained(model, epochs=4)
    before = values([model.trunk])
    transfer.thaw(model, "trunk")
    x, y = id_rows(8)
    model.fit(x, y, batch_size=8, verbose=0)
    after = values([model.trunk])
    largest = max(np.abs(before[path] - after[path]).max() for path in before)
    assert largest == pytest.approx(0.01, rel=1e-3)
    assert int(model.optimizer.iterations) == 13


def test_a_scale_of_losses_goes_on():
    model = id_model()
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01), initial_scale=64.0)
    model.compile(scaled)
    trained(model)
    scaled.dynamic_scale.assign(16.0)
    transfer.freeze(model, "trunk")
    trained(model)
    transfer.thaw(model, "trunk")
    before = values([model.trunk])
    trained(model)
    now = model.optimizer
    assert isinstance(now, keras.optimizers.LossScaleOptimizer) and now is not scaled
    assert float(now.dynamic_scale) == 16.0 and int(now.inner_optimizer.iterations) == 9
    after = values([model.trunk])
    assert all(not np.array_equal(before[path], after[path]) for path in before)


def test_dropout_of_what_is_frozen_is_off():
    x, y = id_rows()
    losses = []
    for freeze in (False, True):
        model = id_model(embedding_dropout=0.9)
        model.compile(keras.optimizers.SGD(0.0))
        if freeze:
            transfer.freeze(model, "trunk")
        history = model.fit(x, y, batch_size=24, epochs=2, verbose=0)
        expected = model.evaluate(x, y, batch_size=24, verbose=0, return_dict=True)["loss"]
        losses.append(np.abs(np.array(history.history["loss"]) - expected).max())
    assert losses[0] > 1e-3
    assert losses[1] < 1e-5
    transfer.thaw(model, "trunk")
    history = model.fit(x, y, batch_size=24, epochs=1, verbose=0)
    assert abs(history.history["loss"][0] - expected) > 1e-3


def test_moving_averages_of_what_is_frozen_stand_still():
    import keras_mtl as mtl

    ids = keras.Input((None,), dtype="int32", name="token_ids")
    sequence = keras.layers.Embedding(40, 6, name="embedding")(ids)
    sequence = keras.layers.BatchNormalization(name="norm")(sequence)
    mask = keras.layers.Lambda(lambda one: one > 0, name="mask")(ids)
    trunk = keras.Model({"token_ids": ids}, {"sequence": sequence, "padding_mask": mask})
    model = mtl.MultiTaskModel(trunk, id_model().tasks)
    model.compile("sgd")
    trained(model)
    transfer.freeze(model, "trunk")
    before = values([trunk])
    trained(model)
    after = values([trunk])
    assert all(np.array_equal(before[path], after[path]) for path in before)
    transfer.thaw(model, "trunk")
    trained(model)
    assert not np.array_equal(values([trunk])["norm/moving_mean"], before["norm/moving_mean"])


def test_a_trunk_frozen_as_a_whole_is_thawed_layer_by_layer():
    model = id_model()
    model.trunk.trainable = False
    thawed = transfer.thaw(model, "lstm_1")
    assert sorted(thawed) == ["trunk/lstm_1", "trunk/lstm_1_backward"]
    assert not model.trunk.get_layer("embedding").trainable
    assert {v.path.split("/")[0] for v in model.trunk.trainable_variables} == {
        "lstm_1",
        "lstm_1_backward",
    }


def test_what_is_frozen_is_saved_and_loaded(tmp_path):
    model = id_model()
    model.compile("adam")
    transfer.freeze(model, ["embedding", "topic"])
    trained(model)
    transfer.freeze(model, "lstm_1")
    transfer.thaw(model, "embedding")
    trained(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert transfer.trainable(loaded) == transfer.trainable(model)
    trained(model)
    trained(loaded)
    one, other = values([model]), values([loaded])
    for path in one:
        np.testing.assert_allclose(one[path], other[path], rtol=1e-4, atol=1e-6, err_msg=path)
    np.testing.assert_array_equal(
        [int(v) for v in slots_named(model, "iteration")],
        [int(v) for v in slots_named(loaded, "iteration")],
    )


def slots_named(model, name):
    return [v for path, v in slots(model.optimizer).items() if path.endswith(name)]


def test_a_frozen_variable_that_changes_is_told():
    class Meddle(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                self.model.adapter.sync(self.model)
                layer = self.model.trunk.get_layer("embedding")
                layer.embeddings.assign(layer.embeddings * 1.0001)

    model = id_model()
    model.compile("adam")
    transfer.freeze(model, "trunk")
    with pytest.raises(SelfCheckError, match=r"Frozen variables.*embedding/embeddings"):
        trained(model, callbacks=[Meddle()])


def test_a_table_says_what_is_trained():
    model = id_model()
    transfer.freeze(model, 1)
    table = transfer.trainable(model).splitlines()
    assert table[0].split() == ["group", "layer", "numbers", "trained"]
    assert table[1].split() == ["embedding", "trunk/embedding", "240", "0"]
    assert {row.split()[0] for row in table[2:4]} == {"lstm_1"}
    whole, left = (int(one.replace(",", "")) for one in table[-1].split()[1:])
    assert whole - left == 240


def test_mixtures_go_on_where_they_were():
    """Freezing in the middle of `fit`: the logs, the step count and the mixture go on."""

    class Freeze(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                transfer.freeze(self.model, "trunk")

    model, mixture = demo_model(), demo_mixture()
    model.compile("adam", loss_weights={"topic": 0.5})
    history = model.fit(
        mixture,
        validation_data=mixture.like(*mixture.splits.values()),
        epochs=3,
        callbacks=[Freeze()],
        verbose=0,
    )
    assert len(history.history["val_loss"]) == 3
    assert int(model.optimizer.iterations) == 3 * mixture.steps_per_epoch
    assert model.settings.loss_weights == (0.5, 1.0)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("lstm_2", r"Did you mean 'lstm_1'"),
        (3, r"from 1 to 2.*embedding, lstm_1"),
        (0, r"from 1 to 2"),
        (["trunk", "heads"], r"leave something to train"),
        ("*", r"leave something to train"),
    ],
)
def test_what_cannot_be_frozen_is_refused_and_nothing_changed(what, message):
    model = id_model()
    with pytest.raises(ValueError, match=message):
        transfer.freeze(model, what)
    assert all(one.trainable for one in model.layers)


def test_bad_types_are_refused():
    with pytest.raises(TypeError, match=r"must be a MultiTaskModel"):
        transfer.freeze(keras.Sequential(), "trunk")
    with pytest.raises(TypeError, match=r"Received: 1.5"):
        transfer.freeze(id_model(), 1.5)
