from pathlib import Path

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.named.demo import REVIEW_LABELS, generate_reviews
from keras_mtl.export import export

TASKS = (
    mtl.classification("sentiment", REVIEW_LABELS, dropout=0.5),
    mtl.classification("topic", ["business", "sports", "经济"], pooling="last", hidden_dim=4),
)


def with_large_weights(model: mtl.MultiTaskModel) -> mtl.MultiTaskModel:
    """So that predictions differ enough between texts for a comparison to mean something."""
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(0.0, 0.5, variable.shape))
    return model


def lstm_model(tokenizer: mtl.WordTokenizer | int) -> mtl.MultiTaskModel:
    dropout = {"dropout": 0.5, "embedding_dropout": 0.5}
    trunk = mtl.trunks.lstm(tokenizer, 8, 4, layers=2, bidirectional=True, **dropout)
    return with_large_weights(mtl.MultiTaskModel(trunk, TASKS))


def bag_model(tokenizer: mtl.WordTokenizer | int) -> mtl.MultiTaskModel:
    trunk = mtl.trunks.bag(tokenizer, 8, bigram_buckets=50, word_dropout=0.5)
    return with_large_weights(mtl.MultiTaskModel(trunk, TASKS))


@pytest.fixture(scope="package")
def tokenizer() -> mtl.WordTokenizer:
    texts = generate_reviews(60, seed=0)[0]
    return mtl.WordTokenizer.fit(texts, ["这部电影 😀"], vocabulary_size=300, sequence_length=60)


@pytest.fixture(scope="package")
def models(tokenizer: mtl.WordTokenizer) -> dict[str, mtl.MultiTaskModel]:
    # The bag has been trained, so that there is an optimizer to be left out, or kept.
    keras.utils.set_random_seed(0)
    trained = bag_model(tokenizer)
    trained.compile("adam")
    texts = ["a dull film", "a charming film"] * 4
    trained.fit(texts, {"sentiment": [0, 1] * 4, "topic": [0, 2] * 4}, verbose=0)
    return {"lstm": lstm_model(tokenizer), "bag": trained}


@pytest.fixture(scope="package")
def bundles(
    models: dict[str, mtl.MultiTaskModel], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return {name: export(model, folder / name) for name, model in models.items()}


@pytest.fixture(scope="package")
def texts() -> list[str]:
    """From every script, of every length, and none at all."""
    tricky = [
        "",
        " \n",
        "a dull film",
        "great 😀👍🏽",
        "这部电影很好看！",
        "<br/>don't &amp; won't",
    ]
    return [*tricky, "charming film " * 2000, *generate_reviews(30, seed=1)[0]]
