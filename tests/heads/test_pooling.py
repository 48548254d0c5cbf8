import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.heads import POOLINGS, Pooling

pytestmark = pytest.mark.any_backend

NAN, INF = float("nan"), float("inf")
SEQUENCE = [
    [[1.0, -5.0], [3.0, -1.0], [8.0, -9.0]],
    [[1.0, -5.0], [3.0, -1.0], [99.0, 99.0]],
    [[-2.0, -3.0], [99.0, 99.0], [99.0, 99.0]],
    [[99.0, 99.0], [99.0, 99.0], [99.0, 99.0]],
]
MASK = [[True, True, True], [True, True, False], [True, False, False], [False, False, False]]
EXPECTED = {
    "mean": [[4, -5], [2, -3], [-2, -3], [0, 0]],
    "sqrtn": [[12 / 3**0.5, -15 / 3**0.5], [4 / 2**0.5, -6 / 2**0.5], [-2, -3], [0, 0]],
    "max": [[8, -1], [3, -1], [-2, -3], [0, 0]],
    "first": [[1, -5], [1, -5], [-2, -3], [0, 0]],
    "last": [[8, -9], [3, -1], [-2, -3], [0, 0]],
}


# Only roots are rounded.
ROUNDING = {"float32": 1e-7, "float16": 1e-3, "bfloat16": 8e-3}


def pool(mode: str, sequence, mask=MASK, dtype: str = "float32") -> np.ndarray:
    found = Pooling(mode, dtype=dtype)(ops.array(sequence, dtype), ops.array(mask, "bool"))
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    return np.asarray(ops.convert_to_numpy(ops.cast(found, "float32")))


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("mode", POOLINGS)
def test_pooling_by_hand(mode, dtype):
    rounding = ROUNDING[dtype] if mode == "sqrtn" else 0.0
    np.testing.assert_allclose(pool(mode, SEQUENCE, dtype=dtype), EXPECTED[mode], rtol=rounding)


@pytest.mark.parametrize("mode", POOLINGS)
@pytest.mark.parametrize("garbage", [NAN, INF, -INF, 1e30])
def test_what_stands_at_padding_does_not_matter(mode, garbage):
    sequence = np.where(np.array(MASK)[..., None], SEQUENCE, garbage)
    np.testing.assert_array_equal(pool(mode, sequence), pool(mode, SEQUENCE))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_mean_of_a_long_text_is_exact_in_half_precision(dtype):
    # Added up in half precision, 4,000 tokens would count as 256 or overflow at 65,504.
    sequence, mask = np.full((1, 4100, 1), 96.0), np.arange(4100)[None] < 4000
    assert pool("mean", sequence, mask, dtype).item() == 96.0


def test_the_maximum_has_no_least_value():
    assert pool("max", [[[-3e30]]], [[True]]).item() == np.float32(-3e30)
    assert pool("max", [[[-6e4], [0.0]]], [[True, False]], "float16").item() < -5e4


def test_an_integer_mask_is_read_as_booleans():
    found = Pooling("last")(ops.array(SEQUENCE), ops.cast(ops.array(MASK), "int32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(found), EXPECTED["last"])


def test_an_unknown_mode_is_refused():
    with pytest.raises(
        ValueError, match="`mode` of a pooling .* 'mean', 'sqrtn', 'max', 'first', 'last'.*'median'"
    ):
        Pooling("median")


def test_config_round_trip():
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(Pooling("max"))
    )
    assert isinstance(copy, Pooling) and copy.mode == "max"
