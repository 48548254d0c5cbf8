import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.trunks.layers import ClearPadding, HashedBigrams, PaddingMask, ReverseTokens

pytestmark = pytest.mark.any_backend


def bigrams(buckets: int, ids) -> np.ndarray:
    found = HashedBigrams(buckets)(ops.array(ids, "int32"))
    assert keras.backend.standardize_dtype(found.dtype) == "int32"
    return np.asarray(ops.convert_to_numpy(found))


def test_numbers_of_pairs_are_the_same_everywhere():
    # Written down once: a model trained under other numbers would read other vectors.
    ids = [[5, 6, 0, 0], [6, 5, 5, 6], [0, 0, 0, 0], [9, 0, 0, 0], [19_999, 2, 777_777, 3]]
    assert bigrams(100, ids).tolist() == [
        [92, 0, 0, 0],
        [28, 91, 92, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [66, 52, 53, 0],
    ]
    assert bigrams(2**16, ids)[4].tolist() == [26706, 24020, 29957, 0]


@pytest.mark.parametrize("buckets", [2, 1000, 2**16, 2**21])
def test_pairs_of_any_ids_stay_in_range(buckets):
    random = np.random.default_rng(0)
    ids = random.integers(1, 60_000_000, (50, 9))
    expected = (ids[:, :-1] * 31 * 527 + ids[:, 1:]) % buckets + 1  # In 64 bits.
    found = bigrams(buckets, ids)
    np.testing.assert_array_equal(found[:, :-1], expected)
    assert (found[:, -1] == 0).all() and found[:, :-1].min() >= 1 and found.max() <= buckets


def test_pairs_spread_over_the_buckets():
    ids = np.array([[left, right] for left in range(2, 102) for right in range(2, 102)])
    filled = np.bincount(bigrams(2**16, ids)[:, 0])
    assert filled.max() <= 4 and (filled > 0).sum() > 7_000


def test_a_pair_does_not_depend_on_where_it_stands():
    assert bigrams(500, [[7, 8, 0]])[0, 0] == bigrams(500, [[3, 4, 7, 8]])[0, 2]
    assert bigrams(500, [[7, 8]])[0, 0] != bigrams(500, [[8, 7]])[0, 0]


def test_reversing_leaves_padding_behind():
    sequence = np.arange(1, 9, dtype="float32").reshape(2, 4, 1)
    mask = ops.array([[True, True, True, False], [True, False, False, False]])
    once = ReverseTokens()(ops.array(sequence), mask)
    assert ops.convert_to_numpy(once)[..., 0].tolist() == [[3, 2, 1, 4], [5, 6, 7, 8]]
    twice = ReverseTokens()(once, mask)
    np.testing.assert_array_equal(ops.convert_to_numpy(twice), sequence)


def gradient_of(function, values):
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(function)(values))
    import tensorflow as tf

    values = tf.convert_to_tensor(values)
    with tf.GradientTape() as tape:
        tape.watch(values)
        scalar = function(values)
    return tape.gradient(scalar, values).numpy()


def test_the_gradient_of_reversing_is_that_of_gathering():
    random = np.random.default_rng(0)
    lengths = np.array([[5], [1], [0], [3]])
    steps = np.arange(5)
    mask = ops.array(steps < lengths)
    source = np.where(steps < lengths, lengths - 1 - steps, steps)[..., None]
    sequence, weights = random.normal(size=(2, 4, 5, 3)).astype("float32")

    def gathered(values):
        return ops.sum(ops.sin(ops.take_along_axis(values, source, axis=1)) * weights)

    def reversed_(values):
        return ops.sum(ops.sin(ReverseTokens()(values, mask)) * weights)

    found, expected = (gradient_of(one, sequence) for one in (reversed_, gathered))
    np.testing.assert_array_equal(found, expected)


def test_padding_is_id_zero():
    mask = ops.convert_to_numpy(PaddingMask()(ops.array([[4, 1, 0]])))
    assert mask.tolist() == [[True, True, False]]


def test_config_round_trip():
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(HashedBigrams(77))
    )
    assert isinstance(copy, HashedBigrams) and copy.buckets == 77


def test_padding_is_cleared_whatever_stands_there():
    sequence = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, np.nan], [np.inf, 6.0]]], np.float32)
    found = ClearPadding()(ops.array(sequence), ops.array([[True, False], [False, False]]))
    assert ops.convert_to_numpy(found).tolist() == [[[1, 2], [0, 0]], [[0, 0], [0, 0]]]
