import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl import trunks
from keras_mtl.heads import Pooling
from tests.contracts import IDS, MASK, VOCABULARY_SIZE, check_trunk

pytestmark = pytest.mark.any_backend


def table(trunk: keras.Model, name: str) -> np.ndarray:
    return trunk.get_layer(name).get_weights()[0]


def mean_feature(trunk: keras.Model) -> np.ndarray:
    features = trunk({"token_ids": IDS})
    pooled = Pooling("mean")(features["sequence"], features["padding_mask"])
    return np.asarray(ops.convert_to_numpy(pooled))


@pytest.mark.parametrize("buckets", [0, 50])
def test_the_mean_by_numpy(buckets):
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=buckets)
    words = table(trunk, "embedding")
    expected = np.zeros((len(IDS), 3))
    for row, ids in enumerate(IDS):
        text = [int(token) for token in ids if token]
        vectors = [words[token] for token in text]
        if buckets:
            pairs = table(trunk, "bigram_embedding")
            assert len(pairs) == buckets + 1
            numbers = [
                (left * 31 * 527 + right) % buckets + 1
                for left, right in zip(text, text[1:], strict=False)
            ]
            vectors += [pairs[number] for number in [*numbers, 0][: len(text)]]
        expected[row] = np.sum(vectors, axis=0) / max(len(text), 1)
    np.testing.assert_allclose(mean_feature(trunk), expected, atol=1e-7)


def test_order_matters_by_pairs_only():
    keras.utils.set_random_seed(0)
    one, other = [[2, 3, 4, 2, 5]], [[2, 5, 4, 2, 3]]  # The same words.
    for buckets, same in ((0, True), (1000, False)):
        trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=buckets)
        sums = [
            ops.convert_to_numpy(trunk({"token_ids": np.array(ids)})["sequence"]).sum(axis=1)
            for ids in (one, other)
        ]
        assert np.allclose(*sums, atol=1e-6) is same


@pytest.mark.parametrize("options", [{"bigram_buckets": 0}, {"embedding_dropout": 0.5}])
def test_contract_with_options(options):
    options = {"bigram_buckets": 40, **options}
    check_trunk(functools.partial(trunks.bag, VOCABULARY_SIZE, 4, **options))


def test_dropout_acts_in_training_only():
    keras.utils.set_random_seed(0)
    trunk = trunks.bag(VOCABULARY_SIZE, 8, embedding_dropout=0.5, bigram_buckets=0)
    words = table(trunk, "embedding")[IDS]
    read, trained = (trunk({"token_ids": IDS}, training=mode)["sequence"] for mode in (False, True))
    np.testing.assert_array_equal(ops.convert_to_numpy(read), words)
    zeros = (ops.convert_to_numpy(trained) == 0).mean()
    assert 0.4 < zeros < 0.6


def test_padding_is_no_word():
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=20)
    weights = trunk.get_weights()
    before = mean_feature(trunk)
    assert weights[0].shape == (VOCABULARY_SIZE, 3)
    weights[0][0] += 100.0
    trunk.set_weights(weights)
    np.testing.assert_array_equal(mean_feature(trunk), before)
    assert MASK.any(axis=1).tolist() == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embedding_dim": 0}, "`embedding_dim` of 'bag' .* at least 1. Received: embedding_dim=0"),
        ({"bigram_buckets": 1}, "`buckets` of hashed bigrams .* Received: buckets=1"),
        ({"bigram_buckets": -1}, "`buckets` of hashed bigrams"),
        ({"bigram_buckets": 10**7}, "from 2 to 2097152. Received: buckets=10000000"),
    ],
)
def test_sizes_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        trunks.bag(VOCABULARY_SIZE, **options)
