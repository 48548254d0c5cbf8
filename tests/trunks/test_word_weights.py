import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl import trunks
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.trunks.word_weights import WeightedSums, told_by
from tests.contracts import IDS, VOCABULARY_SIZE

pytestmark = pytest.mark.any_backend


def numpy_of(value) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(value))


def sums_of(numbers: np.ndarray, **options) -> tuple[WeightedSums, np.ndarray]:
    layer = WeightedSums(6, **options)
    vectors = np.random.default_rng(0).normal(size=(*numbers.shape, 3)).astype("float32")
    layer(ops.array(numbers), ops.array(vectors))
    return layer, vectors


def test_sums_by_numpy():
    numbers = np.array([[2, 0, 5, 0], [2, 2, 3, 4], [0, 0, 0, 0]], np.int32)
    layer, vectors = sums_of(numbers, tasks=("one", "other"))
    weights = np.linspace(0, 3, 6).astype("float32")
    layer.weigh("other", weights)
    found = numpy_of(layer(ops.array(numbers), ops.array(vectors)))
    real = (numbers > 0)[..., None]
    root = np.sqrt([2, 4, 1])[:, None]
    plain = (vectors * real).sum(1) / root
    weighted = (vectors * real * weights[numbers][..., None]).sum(1) / root
    np.testing.assert_allclose(found, np.stack([plain, plain, weighted], 1), atol=1e-6)


def test_dropped_numbers_are_the_same_in_all_sums():
    keras.utils.set_random_seed(0)
    numbers = np.tile(np.arange(1, 6, dtype=np.int32), (400, 1))
    layer = WeightedSums(6, ["one"], dropout=0.4)
    vectors = np.tile(np.eye(5, dtype="float32"), (400, 1, 1))
    found = numpy_of(layer(ops.array(numbers), ops.array(vectors), training=True))
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    kept = found[:, 0] != 0
    assert 0.55 < kept.mean() < 0.65
    np.testing.assert_allclose(found[:, 0][kept], 1 / 0.6 / np.sqrt(5), rtol=1e-5)


def test_weights_are_saved_and_not_trained():
    numbers = np.array([[1, 2, 3]], np.int32)
    layer, _ = sums_of(numbers, tasks=["one"])
    assert not layer.trainable_weights
    layer.weigh("one", np.arange(6, dtype="float32"))
    copy = WeightedSums.from_config(layer.get_config())
    copy.build(numbers.shape, (*numbers.shape, 3))
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(numpy_of(copy.word_weights)[:, 0], np.arange(6))


def test_what_a_word_tells_by_hand():
    # Four rows of two groups. Number 1 is in all rows, 2 in both of the first group, 3 in one of
    # the second, 4 in none.
    numbers = Ragged.from_rows([[1, 2], [1, 2], [1, 3], [1]])
    found = told_by(numbers, np.arange(4), np.array([0, 0, 1, 1]), 5)
    expected = 0.5 * np.log([1, 1, 3, 2, 1])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_groups_of_unequal_size():
    # Of one row in six: number 1 is there and nowhere else, 2 everywhere.
    numbers = Ragged.from_rows([[1, 2], [2], [2], [2], [2], [2]])
    found = told_by(numbers, np.arange(6), np.array([1, 0, 0, 0, 0, 0]), 3)
    # Seen from the small group (1+1)/(0+1) and (1+1)/(5/5+1); from the large one 1/6 and 1.
    np.testing.assert_allclose(found, 0.5 * np.log([1, 6, 1]), rtol=1e-6)


def test_one_group_only_tells_nothing():
    numbers = Ragged.from_rows([[1], [2]])
    assert not told_by(numbers, np.arange(2), np.array([0, 0]), 3).any()


def test_a_row_may_be_in_several_groups():
    numbers = Ragged.from_rows([[1], [2], [1, 2]])
    rows, groups = np.array([0, 1, 2, 2]), np.array([0, 1, 0, 1])
    found = told_by(numbers, rows, groups, 3)
    # Group 0 has rows 0 and 2: number 1 twice inside, never outside, where there is one row.
    np.testing.assert_allclose(found, 0.5 * np.log([1, 3, 3]), rtol=1e-6)


def test_each_task_of_a_bag_has_its_sum():
    keras.utils.set_random_seed(0)
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=20, tasks=["one", "other"])
    weights = np.zeros(VOCABULARY_SIZE, "float32")
    weights[5] = 2.0
    trunk.get_layer("word_sums").weigh("other", weights)
    found = {name: numpy_of(value) for name, value in trunk({"token_ids": IDS}).items()}
    np.testing.assert_array_equal(found["pooled"], found["pooled_one"])
    table = trunk.get_layer("embedding").get_weights()[0]
    expected = np.zeros((len(IDS), 3))
    for row, ids in enumerate(IDS):
        expected[row] = 2 * table[5] * (ids == 5).sum() / np.sqrt(max((ids > 0).sum(), 1))
    np.testing.assert_allclose(found["pooled_other"][:, :3], expected, atol=1e-6)
    np.testing.assert_array_equal(found["pooled_other"][:, 3:], found["pooled"][:, 3:])


def test_tasks_of_one_list_share_a_sum():
    tasks = ["one", ["other", "third"]]
    trunk = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=20, tasks=tasks)
    layer = trunk.get_layer("word_sums")
    layer.weigh("third", np.arange(VOCABULARY_SIZE, dtype="float32"))
    found = {name: numpy_of(value) for name, value in trunk({"token_ids": IDS}).items()}
    pooled = {name for name in found if name.startswith("pooled")}
    assert pooled == {"pooled", "pooled_one", "pooled_other+third"}
    np.testing.assert_array_equal(found["pooled"], found["pooled_one"])
    alone = trunks.bag(VOCABULARY_SIZE, 3, bigram_buckets=20, tasks=["one", "other"])
    alone.set_weights(trunk.get_weights())
    np.testing.assert_array_equal(
        numpy_of(alone({"token_ids": IDS})["pooled_other"]), found["pooled_other+third"]
    )
    copy = keras.Model.from_config(trunk.get_config())
    copy.set_weights(trunk.get_weights())
    np.testing.assert_array_equal(
        numpy_of(copy({"token_ids": IDS})["pooled_other+third"]), found["pooled_other+third"]
    )
