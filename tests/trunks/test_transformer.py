"""Pre-norm attention over words and places; numpy says what must come out."""

import functools
import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl import WordTokenizer, trunks
from keras_mtl.heads import PooledHead
from tests.contracts import IDS, MASK, VOCABULARY_SIZE, arrays

pytestmark = pytest.mark.any_backend
HEADS = 2
TENSORFLOW = keras.backend.backend() == "tensorflow"


def random_trunk(**options) -> keras.Model:
    """A small trunk whose weights are all random and far from zero."""
    options = {"heads": HEADS, "intermediate_dim": 6, "sequence_length": 12, **options}
    trunk = trunks.transformer(VOCABULARY_SIZE, 3, 8, **options)
    random = np.random.default_rng(1)
    trunk.set_weights([random.normal(0, 0.7, weight.shape) for weight in trunk.get_weights()])
    return trunk


def written_out(trunk: keras.Model, ids: np.ndarray, layers: int) -> list[np.ndarray]:
    """The features after each layer, by numpy."""

    def weights(name):
        return trunk.get_layer(name).get_weights()

    def norm(x, name):
        scale, shift = weights(f"{name}_norm")
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * scale + shift

    def gelu(x):
        return 0.5 * x * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))

    (words,), (projection,), (places,) = map(weights, ("embedding", "projection", "positions"))
    x = norm(words[ids] @ projection, "embedding") + places[: ids.shape[1]]
    found = []
    for number in range(1, layers + 1):
        start = f"layer_{number}"
        query, key, value, out = weights(f"{start}_attention")
        normal = norm(x, f"{start}_attention")
        by_head = [np.einsum("bld,dhk->bhlk", normal, one) for one in (query, key, value)]
        scores = by_head[0] @ by_head[1].transpose(0, 1, 3, 2) / np.sqrt(8 / HEADS)
        scores = np.where((ids > 0)[:, None, None], scores, -1e9)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        read = shares / shares.sum(-1, keepdims=True) @ by_head[2]
        x = x + np.einsum("bhlk,hkd->bld", read, out)
        (kernel, bias), (last_kernel, last_bias) = map(
            weights, (f"{start}_hidden", f"{start}_dense")
        )
        hidden = gelu(norm(x, f"{start}_dense") @ kernel + bias)
        x = x + hidden @ last_kernel + last_bias
        found.append(norm(x, "last"))
    return found


@pytest.mark.parametrize("dropout", [0.0, 0.1])  # Keras computes attention in two ways.
def test_features_are_those_written_out(dropout):
    trunk = random_trunk(dropout=dropout)
    found = arrays(trunk({"token_ids": IDS}))
    assert all(np.isfinite(features).all() for features in found.values())
    expected = written_out(trunk, IDS, 2)
    for number, features in enumerate(expected, 1):
        name = f"sequence_{number}"
        np.testing.assert_allclose(found[name][MASK], features[MASK], atol=2e-5)
    assert np.abs(expected[0] - expected[1])[MASK].max() > 0.1
    np.testing.assert_array_equal(found["sequence"], found["sequence_2"])


def test_dropout_acts_in_training_only():
    trunk = random_trunk(layers=1, dropout=0.5)
    one, same, trained = (
        ops.convert_to_numpy(trunk({"token_ids": IDS}, training=mode)["sequence"])
        for mode in (False, False, True)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - trained)[MASK].max() > 0.1


def test_there_are_as_many_places_as_the_tokenizer_keeps_tokens():
    tokenizer = WordTokenizer(["good", "film"], sequence_length=5)
    trunk = trunks.transformer(tokenizer, hidden_dim=4)
    assert trunk.preprocessor is tokenizer
    assert trunk.get_layer("positions").table.shape == (5, 4)
    assert trunk.get_layer("embedding").output_dim == 4
    longer = trunks.transformer(tokenizer, hidden_dim=4, sequence_length=9)
    assert longer.get_layer("positions").sequence_length == 9
    with pytest.raises(ValueError, match="`sequence_length` .* at least 5, as many tokens as the"):
        trunks.transformer(tokenizer, hidden_dim=4, sequence_length=4)
    assert trunks.transformer(9, hidden_dim=4).get_layer("positions").sequence_length == 512


def test_a_text_longer_than_there_are_places_is_an_error():
    trunk = random_trunk()
    ids = np.ones((2, 13), np.int32)
    assert trunk({"token_ids": ids[:, :12]})["sequence"].shape == (2, 12, 8)
    for read in (trunk, functools.partial(trunk.predict, verbose=0)):
        with pytest.raises(ValueError, match="at most 12 places in a row.* Received: 13. Cut"):
            read({"token_ids": ids})


@pytest.mark.skipif(not TENSORFLOW, reason="elsewhere shapes are known")
def test_a_text_too_long_is_an_error_where_a_graph_does_not_know_its_length():
    import tensorflow as tf

    trunk = random_trunk()
    shape = tf.TensorSpec((None, None), tf.int32)
    read = tf.function(lambda ids: trunk({"token_ids": ids})["sequence"], input_signature=[shape])
    assert read(np.ones((2, 12), np.int32)).shape == (2, 12, 8)
    with pytest.raises(tf.errors.InvalidArgumentError, match="12"):
        read(np.ones((2, 13), np.int32))


@pytest.mark.skipif(not TENSORFLOW, reason="one backend is enough to see it learn")
def test_it_learns_an_order_of_words_at_a_constant_rate():
    """Whether word 2 or word 3 comes first, which no bag of words can tell."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    ids = np.stack([random.permutation(np.arange(2, 8)) for _ in range(256)]).astype("int32")
    first = ids.argmin(axis=1) < np.where(ids == 3)[1]
    trunk = trunks.transformer(8, hidden_dim=16, layers=1, heads=HEADS, dropout=0.0)
    model = keras.Model(trunk.input, PooledHead(2)(trunk.output))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-2), loss)
    model.fit({"token_ids": ids}, first.astype("int32"), batch_size=32, epochs=12, verbose=0)
    scores = model.predict({"token_ids": ids}, verbose=0)
    assert (scores.argmax(-1) == first).mean() > 0.95


@pytest.mark.parametrize("size", ["embedding_dim", "hidden_dim", "layers", "heads"])
def test_sizes_below_one_are_refused(size):
    message = f"`{size}` of 'transformer' .* at least 1. Received: {size}=0"
    with pytest.raises(ValueError, match=message):
        trunks.transformer(VOCABULARY_SIZE, **{size: 0})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"intermediate_dim": 0}, "`intermediate_dim` .* at least 1. Received: intermediate_dim=0"),
        ({"sequence_length": 0}, "`sequence_length` .* at least 1. Received: sequence_length=0"),
        ({"dropout": 1.0}, r"`dropout` of 'transformer' .* \[0, 1\). Received: dropout=1.0"),
        ({"heads": 3}, "a multiple of `heads`. Received: hidden_dim=128, heads=3"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        trunks.transformer(VOCABULARY_SIZE, **options)
