"""Convolutions that do not see padding; numpy says what must come out."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl import WordTokenizer, trunks
from keras_mtl.heads import PooledHead
from tests.contracts import IDS, MASK, VOCABULARY_SIZE, arrays, check_trunk

pytestmark = pytest.mark.any_backend


def random_trunk(**options) -> keras.Model:
    """A small trunk whose weights are all random, those of padding too."""
    trunk = trunks.cnn(VOCABULARY_SIZE, 3, 2, **options)
    random = np.random.default_rng(1)
    trunk.set_weights([random.normal(0, 0.7, weight.shape) for weight in trunk.get_weights()])
    return trunk


def written_out(trunk: keras.Model, widths, dilations) -> list[np.ndarray]:
    """The features after each layer by numpy, each text alone and without padding."""
    found = [np.zeros((*IDS.shape, 2 * len(widths))) for _ in dilations]
    (words,) = trunk.get_layer("embedding").get_weights()
    for row, ids in enumerate(IDS):
        x = words[ids[ids > 0]]
        for number, dilation in enumerate(dilations, 1):
            parts = []
            for width in widths:
                kernel, bias = trunk.get_layer(f"convolution_{number}_{width}").get_weights()
                before = (width - 1) * dilation // 2
                sides = [(before, (width - 1) * dilation - before), (0, 0)]
                wide = np.pad(x, sides)
                taps = [wide[tap * dilation :][: len(x)] @ kernel[tap] for tap in range(width)]
                parts.append(np.maximum(sum(taps) + bias, 0))
            joined = np.concatenate(parts, axis=-1)
            x = joined if number == 1 else x + joined
            found[number - 1][row, : len(x)] = x
    return found


@pytest.mark.parametrize(
    ("widths", "dilations"), [((3, 4, 5), (1,)), ((3,), (1, 2, 4)), ((1, 2), (1, 1))]
)
def test_features_are_those_written_out(widths, dilations):
    trunk = random_trunk(widths=widths, dilations=dilations)
    found = arrays(trunk({"token_ids": IDS}))
    for number, expected in enumerate(written_out(trunk, widths, dilations), 1):
        np.testing.assert_allclose(found[f"sequence_{number}"][MASK], expected[MASK], atol=1e-5)
        assert (expected[MASK] > 0.1).any()
    np.testing.assert_array_equal(found["sequence"], found[f"sequence_{len(dilations)}"])
    largest = np.where(MASK[..., None], found["sequence"], -np.inf).max(axis=1)
    np.testing.assert_array_equal(found["pooled"][[0, 1, 3, 4]], largest[[0, 1, 3, 4]])
    assert not found["pooled"][2].any()


def test_contract_with_every_option():
    make = functools.partial(
        trunks.cnn,
        VOCABULARY_SIZE,
        4,
        6,
        widths=(2, 3),
        dilations=(1, 2),
        embedding_dropout=0.3,
        dropout=0.3,
    )
    check_trunk(make)


def test_how_far_a_word_is_seen():
    trunk = random_trunk(widths=(3,), dilations=(1, 2, 4))
    # So that nothing ends as a negative number, which would be 0 and tell nothing.
    trunk.set_weights([np.abs(weight) for weight in trunk.get_weights()])
    ids = np.full((1, 24), 3, np.int32)
    other = ids.copy()
    other[0, 12] = 4
    one, changed = (ops.convert_to_numpy(trunk({"token_ids": i})["sequence"]) for i in (ids, other))
    seen = np.flatnonzero((one != changed).any(axis=-1)[0])
    assert seen.tolist() == list(range(12 - 7, 12 + 7 + 1))


def test_heads_read_the_largest_of_each_feature():
    head = PooledHead(2)
    features = random_trunk()({"token_ids": IDS})
    found = ops.convert_to_numpy(head(features))
    kernel, bias = (ops.convert_to_numpy(weight) for weight in head.weights)
    np.testing.assert_allclose(found, arrays(features)["pooled"] @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize("dilations", [(1,), (1, 2)])
def test_dropout_acts_between_layers_and_in_training_only(dilations):
    trunk = random_trunk(dilations=dilations, dropout=0.5)
    read, trained = (
        ops.convert_to_numpy(trunk({"token_ids": IDS}, training=mode)["pooled"])
        for mode in (False, True)
    )
    assert bool(np.abs(read - trained).max() > 1e-3) is (len(dilations) > 1)


def test_the_tokenizer_becomes_the_preprocessor():
    tokenizer = WordTokenizer(["good", "film"])
    trunk = trunks.cnn(tokenizer, filters=2)
    assert trunk.preprocessor is tokenizer
    assert trunk.get_layer("embedding").get_weights()[0].shape == (4, 128)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embedding_dim": 0}, "`embedding_dim` of 'cnn' .* at least 1. Received: embedding_dim=0"),
        ({"filters": 0}, "`filters` of 'cnn' .* at least 1. Received: filters=0"),
        ({"dropout": 1.0}, r"`dropout` of 'cnn' .* \[0, 1\). Received: dropout=1.0"),
        ({"embedding_dropout": -0.1}, r"`embedding_dropout` .* Received: embedding_dropout=-0.1"),
        ({"widths": ()}, r"`widths` of 'cnn' .* each once. Received: widths=\(\)"),
        ({"widths": 3}, r"`widths` .* Received: widths=3. Write \(3,\) for one"),
        ({"widths": (3, 3)}, "`widths` .* each once. Received: "),
        ({"widths": "345"}, "`widths` .* Received: widths='345'"),
        ({"widths": (3.0,)}, "`widths` .* whole numbers"),
        ({"dilations": (1, 0)}, r"`dilations` .* at least 1. Received: dilations=\(1, 0\)"),
        ({"dilations": [True]}, r"`dilations` .* Received: dilations=\[True\]. Write \(1,\)"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        trunks.cnn(VOCABULARY_SIZE, **options)
