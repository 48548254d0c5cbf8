"""Parts that a step cannot have, and accumulation that is none of them."""

import keras
import pytest

from keras_mtl.balancing import MGDA
from keras_mtl.training.micro_batches import check_accumulation
from tests.training import traded

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("wrong", [0, -2, 2.0, "2", True, None])
def test_no_number_of_parts(wrong):
    with pytest.raises(ValueError, match=r"`micro_batches` of `compile` must be a whole number"):
        traded.bags()[0].compile(micro_batches=wrong)


def test_features_of_all_rows_at_once_are_refused():
    model, _ = traded.bags()
    with pytest.raises(ValueError, match="must be 1 under MGDA with level='features'"):
        model.compile(balancer=MGDA(level="features"), micro_batches=2)
    assert model.settings is None
    model.compile(balancer=MGDA(level="features"))


def test_accumulation_by_the_optimizer_is_another_thing():
    model, (x, y, weights) = traded.bags()
    adam = keras.optimizers.Adam(0.01, gradient_accumulation_steps=3)
    with pytest.warns(UserWarning, match="however few labels") as told:
        model.compile(adam)
    assert "`gradient_accumulation_steps` of Adam is 3" in str(told[0].message)
    assert "compile(micro_batches=3)" in str(told[0].message)


def test_accumulation_by_the_optimizer_on_several_devices():
    """Keras's fails on TensorFlow, in the first step."""
    adam = keras.optimizers.Adam(0.01, gradient_accumulation_steps=3)
    scaled = keras.optimizers.LossScaleOptimizer(adam)
    if keras.backend.backend() == "tensorflow":
        with pytest.raises(ValueError, match="must be None on several devices.*Received: 3, and 2"):
            check_accumulation(scaled, 2)
    else:
        with pytest.warns(UserWarning, match="`gradient_accumulation_steps` of Adam is 3"):
            check_accumulation(scaled, 2)
    check_accumulation(keras.optimizers.Adam(0.01), 2)
