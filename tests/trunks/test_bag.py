import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl import trunks
from keras_mtl.heads import PooledHead
from keras_mtl.tasks import classification, tagging
from tests.contracts import IDS, MASK, VOCABULARY_SIZE, check_trunk

pytestmark = pytest.mark.any_backend


def table(trunk: keras.Model, name: str) -> np.ndarray:
    return trunk.get_layer(name).get_weights()[0]


def pooled(trunk: keras.Model) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(trunk({"token_ids": IDS})["pooled"]))


@pytest.mark.parametrize("buckets", [0, 50])
def test_sums_over_the_root_of_how_many_they_are_by_numpy(buckets):
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_dim=2, bigram_buckets=buckets)
    words = table(trunk, "embedding")
    expected = np.zeros((len(IDS), 5 if buckets else 3))
    for row, ids in enumerate(IDS):
        text = [int(token) for token in ids if token]
        expected[row, :3] = sum_over_root(words, text)
        if buckets:
            pairs = table(trunk, "bigram_embedding")
            assert pairs.shape == (buckets + 1, 2)
            following = zip(text, text[1:], strict=False)
            numbers = [(left * 31 * 527 + right) % buckets + 1 for left, right in following]
            expected[row, 3:] = sum_over_root(pairs, numbers)
    np.testing.assert_allclose(pooled(trunk), expected, atol=1e-7)


def sum_over_root(vectors: np.ndarray, numbers: list[int]) -> np.ndarray:
    total = np.zeros(vectors.shape[1])
    for number in numbers:
        total += vectors[number]
    return total / np.sqrt(max(len(numbers), 1))


def test_the_sequence_has_words_and_the_pairs_they_begin():
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_dim=2, bigram_buckets=50)
    found = ops.convert_to_numpy(trunk({"token_ids": IDS})["sequence"])
    words, pairs = table(trunk, "embedding"), table(trunk, "bigram_embedding")
    for ids, vectors in zip(IDS, found, strict=True):
        following = [*ids[1:], 0]
        for left, right, vector in zip(ids, following, vectors, strict=True):
            number = (left * 31 * 527 + right) % 50 + 1 if left and right else 0
            np.testing.assert_array_equal(vector, [*words[left], *pairs[number]])


def test_heads_read_the_pooled_feature():
    keras.utils.set_random_seed(0)
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=20)
    head = PooledHead(2)
    found = ops.convert_to_numpy(head(trunk({"token_ids": IDS})))
    kernel, bias = (ops.convert_to_numpy(weight) for weight in head.weights)
    np.testing.assert_allclose(found, pooled(trunk) @ kernel + bias, atol=1e-6)


def test_order_matters_by_pairs_only():
    keras.utils.set_random_seed(0)
    one, other = [[2, 3, 4, 2, 5]], [[2, 5, 4, 2, 3]]  # The same words.
    for buckets, same in ((0, True), (1000, False)):
        trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=buckets)
        found = [
            ops.convert_to_numpy(trunk({"token_ids": np.array(ids)})["pooled"])
            for ids in (one, other)
        ]
        assert np.allclose(*found, atol=1e-6) is same


@pytest.mark.parametrize(
    "options", [{"bigram_buckets": 0}, {"word_dropout": 0.0, "dropout": 0.0}, {"tasks": ["one"]}]
)
def test_contract_with_options(options):
    options = {"bigram_buckets": 40, **options}
    check_trunk(functools.partial(trunks.bag, VOCABULARY_SIZE, 4, **options))


def test_whole_words_and_whole_pairs_are_dropped_in_training_only():
    keras.utils.set_random_seed(0)
    trunk = trunks.bag(
        VOCABULARY_SIZE, 8, bigram_dim=3, bigram_buckets=40, word_dropout=0.5, dropout=0.0
    )
    ids = np.tile([[3, 4]], (200, 1))
    read, trained = (
        np.asarray(ops.convert_to_numpy(trunk({"token_ids": ids}, training=mode)["pooled"]))
        for mode in (False, True)
    )
    words = table(trunk, "embedding")
    by_hand = np.stack([0 * words[3], words[3], words[4], words[3] + words[4]]) * 2 / np.sqrt(2)
    nearest = np.abs(trained[:, None, :8] - by_hand).sum(-1).argmin(axis=1)
    np.testing.assert_allclose(trained[:, :8], by_hand[nearest], atol=1e-6)
    assert set(nearest.tolist()) == {0, 1, 2, 3}
    of_pairs = trained[:, 8:]  # There is one pair.
    kept = (of_pairs != 0).any(-1)
    assert 0.4 < kept.mean() < 0.6
    np.testing.assert_allclose(of_pairs[kept], 2 * read[kept, 8:], rtol=1e-5)


def test_dropout_of_the_pooled_feature():
    keras.utils.set_random_seed(0)
    trunk = trunks.bag(VOCABULARY_SIZE, 64, bigram_buckets=0, word_dropout=0.0, dropout=0.5)
    rows = MASK.any(axis=1)
    trained = ops.convert_to_numpy(trunk({"token_ids": IDS}, training=True)["pooled"])[rows]
    assert 0.4 < (trained == 0).mean() < 0.6
    assert (pooled(trunk)[rows] != 0).all()


def test_padding_is_no_word():
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=20)
    weights = trunk.get_weights()
    before = pooled(trunk)
    assert weights[0].shape == (VOCABULARY_SIZE, 3)
    weights[0][0] += 100.0
    trunk.set_weights(weights)
    np.testing.assert_array_equal(pooled(trunk), before)
    assert MASK.any(axis=1).tolist() == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embedding_dim": 0}, "`embedding_dim` of 'bag' .* at least 1. Received: embedding_dim=0"),
        ({"bigram_dim": 0}, "`bigram_dim` of 'bag' .* at least 1. Received: bigram_dim=0"),
        ({"bigram_buckets": 1}, "`buckets` of hashed bigrams .* Received: buckets=1"),
        ({"bigram_buckets": -1}, "`buckets` of hashed bigrams"),
        ({"bigram_buckets": 10**7}, "from 2 to 2097152. Received: buckets=10000000"),
    ],
)
def test_sizes_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        trunks.bag(VOCABULARY_SIZE, **options)


@pytest.mark.parametrize("option", ["word_dropout", "dropout"])
@pytest.mark.parametrize("value", [-0.1, 1.0, 60, float("nan")])
def test_shares_out_of_range_are_refused(option, value):
    with pytest.raises(ValueError, match=rf"`{option}` of 'bag' .* \[0, 1\). Received: {option}="):
        trunks.bag(VOCABULARY_SIZE, **{option: value})


@pytest.mark.parametrize(
    "tasks",
    ["topic", [3], classification("topic", ["a", "b"]), [[]], [["a", 3]], {"sum": ["a", "b"]}],
)
def test_tasks_that_are_none_are_refused(tasks):
    with pytest.raises(TypeError, match="`tasks` of 'bag' .* list of tasks .* Received: tasks="):
        trunks.bag(VOCABULARY_SIZE, tasks=tasks)


def test_a_task_given_twice_is_refused():
    tasks = ["topic", classification("topic", ["a", "b"])]
    with pytest.raises(ValueError, match=r"each task once. Received twice: \['topic'\]"):
        trunks.bag(VOCABULARY_SIZE, tasks=tasks)


def test_a_task_of_words_has_no_sum_of_its_own():
    tasks = [
        classification("topic", ("a", "b")),
        tagging("parts", ("a", "b"), scheme="plain"),
    ]
    trunk = trunks.bag(VOCABULARY_SIZE, 4, tasks=tasks)
    assert [name for name in trunk.output if name.startswith("pooled_")] == ["pooled_topic"]
