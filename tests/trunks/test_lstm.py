"""The trunk reads without masks; Keras's own layers with masks say what must come out."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl import WordTokenizer, trunks
from tests.contracts import IDS, MASK, VOCABULARY_SIZE, arrays, check_trunk

pytestmark = pytest.mark.any_backend


def random_trunk(**options) -> keras.Model:
    """A trunk whose weights are all random and far from zero, biases too."""
    keras.utils.set_random_seed(1)
    trunk = trunks.lstm(VOCABULARY_SIZE, 4, 3, **options)
    random = np.random.default_rng(1)
    trunk.set_weights([random.normal(0, 0.7, weight.shape) for weight in trunk.get_weights()])
    return trunk


def weights_of(trunk: keras.Model, *names: str) -> list[np.ndarray]:
    return [weight for name in names for weight in trunk.get_layer(name).get_weights()]


def masked_reading(trunk: keras.Model, layers: int, bidirectional: bool) -> dict[str, np.ndarray]:
    """The sequences and `last` by `Embedding(mask_zero=True)` and masked layers, same weights."""
    embedding = keras.layers.Embedding(VOCABULARY_SIZE, 4)
    embedding.build()
    embedding.set_weights(weights_of(trunk, "embedding"))
    sequence, mask = embedding(IDS), ops.convert_to_tensor(MASK)
    features, last = {}, None
    for number in range(1, layers + 1):
        names = [f"lstm_{number}"] + [f"lstm_{number}_backward"] * bidirectional
        found = []
        for whole in (True,) if number < layers else (True, False):
            layer = keras.layers.LSTM(3, return_sequences=whole)
            if bidirectional:
                layer = keras.layers.Bidirectional(layer)
            layer.build(sequence.shape)
            layer.set_weights(weights_of(trunk, *names))
            found.append(layer(sequence, mask=mask))
        sequence, last = found[0], found[-1]
        features[f"sequence_{number}"] = sequence
    return arrays({"sequence": sequence, "last": last, **features})


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_reads_as_keras_does_with_a_mask(layers, bidirectional):
    trunk = random_trunk(layers=layers, bidirectional=bidirectional)
    features = arrays(trunk({"token_ids": IDS}))
    expected = masked_reading(trunk, layers, bidirectional)
    assert features["sequence"].shape[-1] == features["last"].shape[-1] == 3 * (1 + bidirectional)
    assert np.abs(expected["last"][0]).min() > 1e-3  # Or equality would say nothing.
    assert set(features) - set(expected) == {"padding_mask"}
    for name in set(expected) - {"last"}:
        np.testing.assert_allclose(features[name][MASK], expected[name][MASK], atol=1e-6)
    texts = MASK.any(axis=1)
    np.testing.assert_allclose(features["last"][texts], expected["last"][texts], atol=1e-6)
    assert (features["last"][~texts] == 0).all()


def test_last_of_both_directions_are_the_two_ends_of_the_sequence():
    features = arrays(random_trunk(bidirectional=True)({"token_ids": IDS}))
    ends = np.concatenate([features["sequence"][0, 6, :3], features["sequence"][0, 0, 3:]])
    np.testing.assert_array_equal(features["last"][0], ends)


def test_contract_with_every_option():
    make = functools.partial(
        trunks.lstm,
        VOCABULARY_SIZE,
        4,
        3,
        layers=2,
        bidirectional=True,
        embedding_dropout=0.3,
        dropout=0.3,
    )
    check_trunk(make)


def test_word_vectors_lose_whole_channels():
    keras.utils.set_random_seed(0)
    trunk = trunks.lstm(VOCABULARY_SIZE, 8, 3, embedding_dropout=0.5)
    dropped = keras.Model(trunk.input, trunk.get_layer("embedding_dropout").output)
    found = ops.convert_to_numpy(dropped({"token_ids": IDS}, training=True))[4]
    assert 0 < (found == 0).all(axis=0).sum() < 8
    np.testing.assert_array_equal((found == 0).all(axis=0), (found == 0).any(axis=0))


@pytest.mark.parametrize("layers", [1, 2])
def test_dropout_acts_between_layers_and_in_training_only(layers):
    keras.utils.set_random_seed(0)
    trunk = trunks.lstm(VOCABULARY_SIZE, 4, 3, layers=layers, dropout=0.5)
    read, trained = (
        ops.convert_to_numpy(trunk({"token_ids": IDS}, training=mode)["last"])
        for mode in (False, True)
    )
    assert bool(np.abs(read - trained).max() > 1e-3) is (layers > 1)


def test_the_tokenizer_becomes_the_preprocessor():
    tokenizer = WordTokenizer(["good", "film"])
    trunk = trunks.lstm(tokenizer, 4, 3)
    assert trunk.preprocessor is tokenizer
    assert trunk.get_layer("embedding").input_dim == tokenizer.vocabulary_size == 4
    assert trunks.lstm(np.int64(9), 4, 3).preprocessor is None


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lstm", {"bidirectional": True}),
        ("bag", {"bigram_buckets": 50, "tasks": ["one"]}),
        ("cnn", {"dilations": (1, 2)}),
        ("transformer", {"hidden_dim": 8}),
    ],
)
def test_mixed_precision_is_finite(name, options):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        trunk = getattr(trunks, name)(VOCABULARY_SIZE, 4, **options)
        features = trunk({"token_ids": IDS}, training=True)
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(features["sequence"].dtype) == "float16"
    for feature in features.values():
        assert np.isfinite(ops.convert_to_numpy(ops.cast(feature, "float32"))).all()


@pytest.mark.parametrize("size", ["embedding_dim", "units", "layers"])
def test_sizes_below_one_are_refused(size):
    with pytest.raises(ValueError, match=f"`{size}` of 'lstm' .* at least 1. Received: {size}=0"):
        trunks.lstm(VOCABULARY_SIZE, **{size: 0})


@pytest.mark.parametrize("option", ["embedding_dropout", "dropout"])
def test_shares_out_of_range_are_refused(option):
    with pytest.raises(
        ValueError, match=rf"`{option}` of 'lstm' .* \[0, 1\). Received: {option}=1"
    ):
        trunks.lstm(VOCABULARY_SIZE, **{option: 1.5})


@pytest.mark.parametrize("wrong", ["a text", None, True, 3.0])
def test_what_is_no_tokenizer_is_refused(wrong):
    with pytest.raises(TypeError, match="`tokenizer` of a trunk must be"):
        trunks.lstm(wrong)


def test_a_vocabulary_of_padding_alone_is_refused():
    with pytest.raises(ValueError, match="at least the ids 0 .* Received: vocabulary_size=1"):
        trunks.lstm(1)
