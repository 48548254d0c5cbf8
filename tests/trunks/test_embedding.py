"""Trunks that begin with word vectors of a file."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import trunks
from tests.contracts import IDS, arrays, saved_and_loaded

pytestmark = pytest.mark.any_backend

WORDS = mtl.WordTokenizer([f"w{number}" for number in range(28)], sequence_length=9)
SMALL = {
    "bag": {"bigram_buckets": 8},
    "cnn": {"filters": 3},
    "lstm": {"units": 4},
    "transformer": {"hidden_dim": 8, "layers": 1},
}


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / "small.txt"
    random = np.random.default_rng(0)
    rows = [f"{word} {' '.join(map(str, random.normal(size=5)))}" for word in WORDS.vocabulary]
    path.write_text("\n".join(rows[:20]))
    return mtl.WordVectors.read(path, WORDS)


def table(trunk: keras.Model) -> np.ndarray:
    return trunk.get_layer("embedding").get_weights()[0]


@pytest.mark.parametrize("name", SMALL)
def test_a_trunk_begins_with_the_vectors(name, vectors):
    trunk = getattr(trunks, name)(WORDS, vectors=vectors, **SMALL[name])
    np.testing.assert_array_equal(table(trunk), vectors.matrix)
    assert trunk.get_layer("embedding").trainable


@pytest.mark.parametrize("name", SMALL)
def test_vectors_that_stay_as_they_are(name, vectors):
    trunk = getattr(trunks, name)(WORDS, vectors=vectors, train_embedding=False, **SMALL[name])
    frozen = trunk.get_layer("embedding").weights[0]
    assert not any(one is frozen for one in trunk.trainable_variables)


@pytest.mark.parametrize("frozen", [False, True])
def test_training_and_loading(frozen, vectors):
    trunk = trunks.cnn(WORDS, vectors=vectors, train_embedding=not frozen, **SMALL["cnn"])
    kernel = trunk.get_layer("convolution_1_3").get_weights()[0]
    model = mtl.MultiTaskModel(trunk, mtl.classification("topic", ["a", "b"]))
    model.compile("sgd")
    labels = {"topic": np.array([0, 1, 0, 1, 1])}
    model.fit({"token_ids": IDS}, labels, batch_size=5, verbose=0)
    assert (table(trunk) == vectors.matrix).all() == frozen
    assert (trunk.get_layer("convolution_1_3").get_weights()[0] != kernel).any()
    again = saved_and_loaded(model).trunk
    assert again.get_layer("embedding").trainable is not frozen
    np.testing.assert_array_equal(table(again), table(trunk))


def test_a_number_of_ids_does_for_a_tokenizer(vectors):
    trunk = trunks.lstm(WORDS.vocabulary_size, 5, 4, vectors=vectors)
    np.testing.assert_array_equal(table(trunk), vectors.matrix)


def test_vectors_in_mixed_precision(vectors):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        trunk = trunks.transformer(WORDS, vectors=vectors, **SMALL["transformer"])
        features = arrays(trunk({"token_ids": IDS}, training=True))
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_array_equal(table(trunk), vectors.matrix)
    assert features["sequence"].dtype == np.float16
    assert all(np.isfinite(one).all() for one in features.values())


OTHER = mtl.WordTokenizer([f"v{number}" for number in range(28)])


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(
    ("tokenizer", "options", "message"),
    [
        (WORDS, {"embedding_dim": 4}, "that of `vectors`, 5. Received: embedding_dim=4. Leave"),
        (OTHER, {}, "those of its tokenizer's words. Received: vectors of 30 ids"),
        (31, {}, "Received: vectors of 30 ids, and a tokenizer of 31"),
        (WORDS, {"vectors": None, "train_embedding": False}, "`train_embedding` .* must be True"),
    ],
)
def test_vectors_that_do_not_fit(name, tokenizer, options, message, vectors):
    with pytest.raises(ValueError, match=message) as caught:
        getattr(trunks, name)(tokenizer, **{"vectors": vectors, **options})
    assert f"of '{name}' trunks" in str(caught.value)


@pytest.mark.parametrize("wrong", ["vectors.txt", np.zeros(2), {"w1": [1.0]}])
def test_what_is_no_word_vectors(wrong):
    with pytest.raises(TypeError, match="`vectors` of 'lstm' trunks .* WordVectors.read"):
        trunks.lstm(WORDS, vectors=wrong)


def test_widths_by_default():
    found = {name: table(getattr(trunks, name)(9, **SMALL[name])).shape for name in SMALL}
    assert found == {"bag": (9, 64), "cnn": (9, 128), "lstm": (9, 128), "transformer": (9, 8)}
