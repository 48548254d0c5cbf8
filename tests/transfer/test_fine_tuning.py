"""Load, train the heads, thaw, train the rest; beside the same from scratch."""

import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer
from tests.training.small import TASKS, demo_mixture, demo_model

pytestmark = pytest.mark.any_backend


def rows():
    mixture = demo_mixture(length_classes=1)
    return mixture, mixture.like(*mixture.splits.values())


def compiled(seed=0):
    model = demo_model(seed)
    model.compile("adam")
    return model


def source():
    model = compiled(seed=5)
    model.fit(rows()[0], epochs=2, verbose=0)
    return model


def test_the_road_in_one_call():
    train, validation = rows()
    model, taught = compiled(), source()
    before = {v.path: np.array(v) for v in model.weights}
    found = transfer.fine_tune(
        model, taught, train, epochs=3, validation_data=validation, scratch=True, verbose=0
    )
    assert found.report.coverage == 1.0
    assert len(found.history["val_loss"]) == len(found.scratch["val_loss"]) == 3
    assert found.history["loss"][0] < found.scratch["loss"][0]  # Its heads were learned already.
    assert all(not np.array_equal(before[v.path], v) for v in model.trainable_variables)
    text = str(found)
    assert "from scratch" in text and "val_topic_accuracy" in text
    # What is trained from scratch is what the model was: the same training by itself.
    alone = compiled()
    history = alone.fit(train, epochs=3, validation_data=validation, verbose=0).history
    np.testing.assert_allclose(found.scratch["loss"], history["loss"], rtol=1e-4)


def test_never_thawed_with_cached_features():
    train, validation = rows()
    model, taught = compiled(), source()
    transfer.fine_tune(model, taught, train, epochs=2, thaw="never", cache_features=True, verbose=0)
    for mine, theirs in zip(model.trunk.weights, taught.trunk.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_at_once():
    model, taught = compiled(), source()
    transfer.fine_tune(model, taught, rows()[0], epochs=1, thaw="at_once", verbose=0)
    assert not np.array_equal(model.trunk.weights[0], taught.trunk.weights[0])


def test_bad_input():
    with pytest.raises(ValueError, match=r"Received: thaw='slowly'"):
        transfer.fine_tune(compiled(), source(), rows()[0], thaw="slowly")
    with pytest.raises(ValueError, match=r"Call `compile` before `fine_tune`"):
        transfer.fine_tune(demo_model(), source(), rows()[0])
    other = mtl.MultiTaskModel(mtl.trunks.lstm(mtl.WordTokenizer(["a"]), 4, 4), TASKS)
    with pytest.raises(ValueError, match=r"do not fit"):
        transfer.fine_tune(compiled(), other, rows()[0])
