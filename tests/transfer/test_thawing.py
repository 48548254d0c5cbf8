"""Who is trained in which epoch."""

import keras
import numpy as np
import pytest

from keras_mtl import transfer
from tests.training.small import id_model, id_rows

pytestmark = pytest.mark.any_backend


class Moves(keras.callbacks.Callback):
    """Which layers moved in each epoch."""

    def __init__(self):
        super().__init__()
        self.moved = []

    def on_epoch_begin(self, epoch, logs=None):
        self.before = self._values()

    def on_epoch_end(self, epoch, logs=None):
        after = self._values()
        self.moved.append(
            {
                path.split("/")[0]
                for path in after
                if not np.array_equal(after[path], self.before[path])
            }
        )

    def _values(self):
        self.model.adapter.sync(self.model)
        return {v.path: keras.ops.convert_to_numpy(v).copy() for v in self.model.weights}


def moves(model, *callbacks, epochs, **options):
    x, y = id_rows()
    watch = Moves()
    model.fit(
        x, y, batch_size=12, epochs=epochs, callbacks=[*callbacks, watch], verbose=0, **options
    )
    return watch.moved


def compiled(**options):
    model = id_model(**options)
    model.compile(keras.optimizers.Adam(0.01))
    return model


def names_of_heads(model):
    return {v.path.split("/")[0] for head in model.heads.values() for v in head.weights}


def test_one_group_more_each_epoch_from_the_top():
    model = compiled(layers=2)
    heads = names_of_heads(model)
    low, middle, high = {"embedding"}, {"lstm_1", "lstm_1_backward"}, {"lstm_2", "lstm_2_backward"}
    found = moves(model, transfer.GradualThaw(), epochs=5)
    whole = heads | high | middle | low
    assert found == [heads, heads | high, heads | high | middle, whole, whole]
    assert int(model.optimizer.iterations) == 10


def test_a_later_start_begins_where_it_was_and_some_stay_frozen():
    model = compiled()
    heads = names_of_heads(model)
    thaw = transfer.GradualThaw(epochs=2, but="embedding")
    found = moves(model, thaw, epochs=5, initial_epoch=1)
    both = heads | {"lstm_1", "lstm_1_backward"}
    assert found == [heads, both, both, both]
    # Parts that no group holds stay frozen, too.
    (moved,) = moves(model, transfer.GradualThaw(but="topic"), epochs=1)
    assert not moved & {v.path.split("/")[0] for v in model.heads["topic"].weights}


def test_thaw_at():
    model = compiled()
    heads = names_of_heads(model)
    transfer.freeze(model, "trunk")
    found = moves(model, transfer.ThawAt(1, "lstm_1"), transfer.ThawAt(2), epochs=3)
    both = heads | {"lstm_1", "lstm_1_backward"}
    assert found == [heads, both, both | {"embedding"}]


def test_bad_input():
    with pytest.raises(ValueError, match=r"Received: epochs=0"):
        transfer.GradualThaw(epochs=0)
    with pytest.raises(ValueError, match=r"Received: epoch=-1"):
        transfer.ThawAt(-1)
    with pytest.raises(ValueError, match=r"Did you mean 'lstm_1'"):
        moves(compiled(), transfer.ThawAt(1, "lstm1"), epochs=1)
    with pytest.raises(ValueError, match=r"`but` of GradualThaw.*matches nothing"):
        moves(compiled(), transfer.GradualThaw(but="nobody"), epochs=1)


def test_a_run_that_was_broken_off_goes_on(tmp_path):
    """Saved between two groups, loaded, and gone on with: the same weights as in one go."""
    x, y = id_rows()
    options = {"batch_size": 12, "verbose": 0, "shuffle": False}
    whole, part = compiled(layers=2), compiled(layers=2)
    whole.fit(x, y, epochs=4, callbacks=[transfer.GradualThaw()], **options)
    part.fit(x, y, epochs=2, callbacks=[transfer.GradualThaw()], **options)
    part.save(tmp_path / "part.keras")
    loaded = keras.models.load_model(tmp_path / "part.keras")
    loaded.fit(x, y, epochs=4, initial_epoch=2, callbacks=[transfer.GradualThaw()], **options)
    steps = [int(one.iterations) for one, _ in loaded.optimizer.groups]
    assert steps == [int(one.iterations) for one, _ in whole.optimizer.groups]
    assert sorted(steps) == [2, 4, 6, 8]
    for mine, expected in zip(loaded.weights, whole.weights, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6, err_msg=mine.path)
