import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.trunks import lstm
from keras_mtl.trunks.recurrent import LSTM
from tests.figures import at_most

# (rows, length, width, units): ordinary, one row, one step, one unit, rows for several loops.
SHAPES = [(5, 9, 6, 4), (1, 7, 3, 2), (4, 1, 3, 2), (3, 6, 2, 1), (53, 5, 3, 2)]


def gradients_by(layer, values):
    import tensorflow as tf

    x = tf.convert_to_tensor(values)
    weights = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=True)
        scalar = tf.reduce_sum(
            tf.sin(3 * outputs) * tf.cast(tf.range(1, layer.units + 1), "float32")
        )
    return [outputs, *tape.gradient(scalar, [x, *weights])]


def largest(found, expected):
    return max(
        float(np.abs(one - other).max() / max(np.abs(other).max(), 1e-3))
        for one, other in zip(map(np.asarray, found), map(np.asarray, expected), strict=True)
    )


def pair_of_layers(width, units):
    keras.utils.set_random_seed(0)
    own = LSTM(units, return_sequences=True)
    plain = keras.layers.LSTM(units, return_sequences=True)
    for layer in (own, plain):
        layer.build((None, None, width))
    random = np.random.default_rng(0)
    own.set_weights([random.normal(0, 0.7, weight.shape) for weight in own.weights])
    plain.set_weights(own.get_weights())
    return own, plain


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_outputs_and_gradients_are_those_of_keras(shape, jit_compile):
    import tensorflow as tf

    rows, length, width, units = shape
    own, plain = pair_of_layers(width, units)
    values = np.random.default_rng(1).normal(size=(rows, length, width)).astype("float32")
    run = tf.function(gradients_by, autograph=False, jit_compile=jit_compile)
    found, expected = (run(layer, values) for layer in (own, plain))
    at_most(f"{shape}, largest relative difference", largest(found, expected), 2e-6)


def test_rows_are_dealt_out_to_as_many_loops_as_there_are_cores(monkeypatch):
    import tensorflow as tf

    from keras_mtl.trunks import tensorflow_lstm

    sizes = []
    one_loop = tensorflow_lstm._one_loop
    monkeypatch.setattr(
        tensorflow_lstm, "_one_loop", lambda x, *w: sizes.append(x.shape[0]) or one_loop(x, *w)
    )
    own, plain = pair_of_layers(3, 2)
    for cores, rows, expected in ((3, 53, [18, 18, 17]), (8, 53, [18, 18, 17]), (1, 53, [53])):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        sizes.clear()
        values = np.random.default_rng(1).normal(size=(rows, 4, 3)).astype("float32")
        found = tf.function(lambda x: own(x, training=True), autograph=False)(values)
        assert sizes == expected
        np.testing.assert_allclose(found, plain(values), atol=1e-6)


def test_the_own_way_is_taken_in_compiled_training_only(monkeypatch):
    import tensorflow as tf

    from keras_mtl.trunks import tensorflow_lstm

    taken = []
    monkeypatch.setattr(tensorflow_lstm, "lstm", lambda x, *_: taken.append(1) or x)
    own, _ = pair_of_layers(3, 3)
    values = np.zeros((2, 4, 3), "float32")

    def run(layer, **arguments):
        layer.build(values.shape)
        tf.function(layer, autograph=False)(values, **{"training": True, **arguments})

    run(own, training=False)
    run(own, mask=np.ones((2, 4), bool))
    run(own, initial_state=[np.zeros((2, 3), "float32")] * 2)
    run(LSTM(3))
    for option in ({"recurrent_dropout": 0.5}, {"activation": "relu"}, {"dtype": "mixed_bfloat16"}):
        run(LSTM(3, return_sequences=True, **option))
    own(values, training=True)  # Not compiled.
    assert not taken
    run(own)
    assert taken == [1]


def test_unknown_shapes_are_left_to_keras():
    import tensorflow as tf

    own, plain = pair_of_layers(3, 2)
    values = np.random.default_rng(1).normal(size=(4, 5, 3)).astype("float32")
    signature = [tf.TensorSpec((None, None, 3))]
    run = tf.function(lambda x: own(x, training=True), input_signature=signature)
    np.testing.assert_allclose(run(values), plain(values), atol=1e-6)


@pytest.mark.any_backend
def test_a_trunk_keeps_its_layer_when_it_is_saved(tmp_path):
    trunk = lstm(20, 4, 3, bidirectional=True)
    trunk.save(tmp_path / "trunk.keras")
    again = keras.saving.load_model(tmp_path / "trunk.keras")
    assert type(again.get_layer("lstm_1")) is LSTM
    ids = np.array([[2, 3, 0], [4, 5, 6]])
    for name, feature in trunk({"token_ids": ids}).items():
        found = again({"token_ids": ids})[name]
        np.testing.assert_array_equal(ops.convert_to_numpy(found), ops.convert_to_numpy(feature))
