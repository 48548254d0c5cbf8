"""Early stopping beside an optimizer that keeps moving averages of the weights."""

import keras
import pytest

from keras_mtl.training import MultiTaskEarlyStopping
from tests.training.small import id_model, id_rows


def small_fit(model, callbacks):
    x, y = id_rows(16)
    return model.fit(
        x,
        y,
        batch_size=8,
        epochs=1,
        verbose=0,
        callbacks=callbacks,
        validation_data=id_rows(16, seed=5),
    ).history


@pytest.mark.parametrize("scaled", [False, True])
def test_moving_averages_must_not_overwrite_the_heads_that_were_put_back(scaled):
    model = id_model("bag")
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=2)
    model.compile(keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer)
    with pytest.raises(ValueError, match="ema_overwrite_frequency=2. Leave .* out of the opt"):
        small_fit(model, [MultiTaskEarlyStopping("each")])


@pytest.mark.parametrize(
    "options, ema",
    [
        ({"by": "all"}, 2),
        ({"by": "each", "restore_best_weights": False}, 2),
        ({"by": "each"}, None),
    ],
)
def test_moving_averages_that_overwrite_no_head_are_allowed(options, ema):
    model = id_model("bag")
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=ema))
    assert len(small_fit(model, [MultiTaskEarlyStopping(**options)])["loss"]) == 1
