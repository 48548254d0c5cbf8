"""Drawn back to the source: the gradient is the distance, times the strength."""

import keras
import numpy as np
import pytest

from keras_mtl import transfer
from tests.training.small import id_model, id_rows

pytestmark = pytest.mark.any_backend
RATE, STRENGTH, HEAD = 0.1, 0.5, 0.2


def stepped(drawn, moved=0.25):
    """The weights of a model after a step from a place that is apart from its source."""
    model = id_model(kind="bag")
    model.compile(keras.optimizers.SGD(RATE))
    if drawn:
        count = transfer.l2_sp(model, STRENGTH, HEAD)
        assert count == len(model.trunk.trainable_variables)
    for variable in model.trunk.trainable_variables:
        variable.assign(np.array(variable) + moved)
    heads = {v.path: np.array(v) for head in model.heads.values() for v in head.weights}
    x, y = id_rows(8)
    model.fit(x, y, batch_size=8, verbose=0)
    return model, heads


def test_a_step_goes_back_by_the_distance():
    (plain, _), (drawn, heads) = stepped(False), stepped(True)
    for one, other in zip(
        plain.trunk.trainable_variables, drawn.trunk.trainable_variables, strict=True
    ):
        back = np.array(one) - np.array(other)
        np.testing.assert_allclose(back, RATE * STRENGTH * 0.25, rtol=1e-3)
    theirs = {v.path: np.array(v) for head in drawn.heads.values() for v in head.weights}
    mine = {v.path: np.array(v) for head in plain.heads.values() for v in head.weights}
    for path, start in heads.items():
        np.testing.assert_allclose(mine[path] - theirs[path], RATE * HEAD * start, atol=1e-6)


def test_the_logs_are_of_the_tasks_alone():
    (plain, _), (drawn, _) = stepped(False, 0.0), stepped(True, 0.0)
    x, y = id_rows(8)
    one, other = (m.evaluate(x, y, verbose=0, return_dict=True) for m in (plain, drawn))
    assert one.keys() == other.keys()


def test_bad_input():
    with pytest.raises(ValueError, match=r"`strength` of `l2_sp`.*strength=-1"):
        transfer.l2_sp(id_model(), -1)
    with pytest.raises(ValueError, match=r"`what` of `l2_sp`.*matches nothing"):
        transfer.l2_sp(id_model(), what="nobody")


def test_slanted_triangular_as_published():
    """Howard & Ruder: T = 100, cut_frac = .1, ratio = 32, at the cut and half way down."""
    rate = transfer.SlantedTriangular(0.01, steps=100)
    assert float(rate(10)) == pytest.approx(0.01)
    assert float(rate(0)) == float(rate(100)) == pytest.approx(0.01 / 32)
    assert float(rate(55)) == pytest.approx(0.01 * (1 + 0.5 * 31) / 32)
    config = keras.optimizers.schedules.serialize(rate)
    assert keras.optimizers.schedules.deserialize(config).get_config() == rate.get_config()
