"""The optimizer that pretrained encoders are fine-tuned with."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from tests.training.small import TASKS, id_model, id_rows, largest_difference, weights_of
from tests.trunks.tiny_bert import write_tiny_bert

pytestmark = pytest.mark.any_backend


def rates(optimizer, steps):
    found = []
    for step in range(steps):
        optimizer.iterations.assign(step)
        found.append(float(ops.convert_to_numpy(optimizer.learning_rate)))
    return found


def test_the_rate_rises_and_falls_by_hand():
    optimizer = mtl.FineTuning(steps=10, learning_rate=0.8, warmup=0.2)
    expected = [0.4, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0]
    np.testing.assert_allclose(rates(optimizer, 12), expected, atol=1e-6)


def test_without_warmup_the_first_step_has_the_highest_rate():
    optimizer = mtl.FineTuning(steps=4, learning_rate=0.8, warmup=0.0)
    np.testing.assert_allclose(rates(optimizer, 5), [0.8, 0.6, 0.4, 0.2, 0.0], atol=1e-6)


def test_weights_decay_but_biases_and_norms_do_not(tmp_path):
    """With gradients of 0, a step is the decay alone."""
    trunk = mtl.trunks.pretrained(write_tiny_bert(tmp_path / "tiny"))
    slots = mtl.tagging("slots", ["O", "B-a", "I-a"], crf=True)
    model = mtl.MultiTaskModel(trunk, [TASKS[0], slots])
    optimizer = mtl.FineTuning(
        steps=10, learning_rate=0.5, warmup=0.0, weight_decay=0.2, global_clipnorm=None
    )
    variables = model.trainable_variables
    for variable in variables:
        variable.assign(ops.ones(variable.shape))
    optimizer.apply([ops.zeros(variable.shape) for variable in variables], variables)
    kept = {v.path for v in variables if (ops.convert_to_numpy(v) == 1.0).all()}
    ends = {path.rsplit("/", 1)[-1] for path in kept}
    assert ends == {"bias", "gamma", "beta"}
    for variable in variables:
        if variable.path not in kept:
            assert not variable.path.endswith(("bias", "gamma", "beta"))
            np.testing.assert_allclose(ops.convert_to_numpy(variable), 0.9, atol=1e-6)


def test_it_survives_saving_and_still_spares_biases():
    optimizer = mtl.FineTuning(steps=50, learning_rate=0.01, warmup=0.5, epsilon=1e-6)
    config = keras.saving.serialize_keras_object(optimizer)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is mtl.FineTuning and copy.get_config() == optimizer.get_config()
    np.testing.assert_allclose(rates(copy, 50), rates(optimizer, 50))
    bias, kernel = (keras.Variable([1.0], name=name) for name in ("bias", "kernel"))
    assert not copy._use_weight_decay(bias) and copy._use_weight_decay(kernel)


def test_a_model_trains_as_with_keras_own_parts():
    """AdamW of Keras with the same schedule, the same exceptions and the same clipping."""
    x, y = id_rows()
    models = id_model("bag"), id_model("bag")
    own = mtl.FineTuning(steps=6, learning_rate=0.1, weight_decay=0.1, global_clipnorm=0.01)
    of_keras = keras.optimizers.AdamW(own._learning_rate, weight_decay=0.1, global_clipnorm=0.01)
    of_keras.exclude_from_weight_decay(var_names=["bias"])
    for model, optimizer in zip(models, (own, of_keras), strict=True):
        model.compile(optimizer)
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert largest_difference(weights_of(models[0]), weights_of(models[1])) <= 1e-6
    assert largest_difference(weights_of(models[0]), weights_of(id_model("bag"))) > 1e-3


def test_a_saved_model_goes_on_with_it(tmp_path):
    x, y = id_rows()
    model = id_model("bag")
    model.compile(mtl.FineTuning(steps=12, learning_rate=0.1))
    model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    copy = keras.models.load_model(tmp_path / "model.keras")
    for one in (model, copy):
        one.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    assert largest_difference(weights_of(copy), weights_of(model)) <= 1e-6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "`steps` .* must be at least 1. Received: steps=0"),
        ({"steps": 5, "learning_rate": 0}, "`learning_rate` .* must be above 0"),
        ({"steps": 5, "warmup": 1.0}, r"`warmup` .* must be in \[0, 1\)"),
    ],
)
def test_numbers_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        mtl.FineTuning(**arguments)
