import dataclasses
import gc
import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.named.demo import REVIEW_LABELS, generate_reviews
from keras_mtl.data.text.cleaning import CleaningStep
from keras_mtl.export import BundleError, export
from keras_mtl.serving import Predictor

TEXTS = [
    *["", "charming film " * 2000, "a dull film", "great 😀👍🏽", "这部电影很好看！", " \n"],
    *["half a pair \ud83d alone", "<br/>don't &amp; won't", "a\x00b", "e\u0301"],
    *generate_reviews(80, seed=1)[0],
]
TOPICS = ("business", "sports", "经济")


@pytest.fixture(scope="module", params=["lstm", "bag"])
def model(request: pytest.FixtureRequest) -> mtl.MultiTaskModel:
    texts = [*generate_reviews(60, seed=0)[0], "这部电影 😀"]
    tokenizer = mtl.WordTokenizer.fit(texts, vocabulary_size=300, truncation="head_tail")
    if request.param == "lstm":
        trunk = mtl.trunks.lstm(tokenizer, 8, 4, layers=2, bidirectional=True, dropout=0.5)
    else:
        trunk = mtl.trunks.bag(tokenizer, 8, bigram_buckets=50, word_dropout=0.5)
    topic = mtl.classification("topic", TOPICS, pooling="max", dropout=0.5)
    made = mtl.MultiTaskModel(trunk, [mtl.classification("sentiment", REVIEW_LABELS), topic])
    rng = np.random.default_rng(0)
    for variable in made.trainable_variables:
        variable.assign(rng.normal(0.0, 0.5, variable.shape))
    return made


@pytest.fixture(scope="module")
def bundle(model: mtl.MultiTaskModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(model, tmp_path_factory.mktemp("bundles") / "bundle")


@pytest.fixture(scope="module")
def predictor(bundle: Path) -> Predictor:
    return Predictor(bundle)


@pytest.mark.parametrize("batch_size", [7, 64, 1000])
def test_predicts_as_the_model_does(
    model: mtl.MultiTaskModel, predictor: Predictor, batch_size: int
) -> None:
    expected = model.predict(TEXTS, verbose=0)
    found = predictor.predict(TEXTS, batch_size)
    assert list(found) == list(expected) == ["sentiment", "topic"]
    for task, rows in expected.items():
        np.testing.assert_allclose(found[task], rows, rtol=0, atol=1e-6, err_msg=task)


def test_answers_in_words(model: mtl.MultiTaskModel, predictor: Predictor) -> None:
    expected = model.predict(TEXTS, verbose=0)
    answers = predictor(TEXTS)
    assert len(answers) == len(TEXTS)
    for row, answer in enumerate(answers):
        assert list(answer) == ["sentiment", "topic"]
        best = int(np.argmax(expected["topic"][row]))
        assert answer["topic"]["label"] == TOPICS[best]
        assert answer["topic"]["score"] == pytest.approx(expected["topic"][row, best], abs=1e-6)
    # It is an answer to be sent as it is.
    assert json.loads(json.dumps(answers)) == answers


def test_knows_its_tasks(model: mtl.MultiTaskModel, predictor: Predictor) -> None:
    assert predictor.tasks == model.tasks


def test_no_text_no_answer(predictor: Predictor) -> None:
    assert predictor([]) == []
    shapes = {task: rows.shape for task, rows in predictor.predict([]).items()}
    assert shapes == {"sentiment": (0, 2), "topic": (0, 3)}


def test_takes_any_iterable_of_texts(predictor: Predictor) -> None:
    texts = ["a dull film", "great"]
    assert predictor(text for text in texts) == predictor(texts) == predictor(np.array(texts))


def test_keeps_what_it_needs_alive(bundle: Path) -> None:
    call = Predictor(bundle).predict
    gc.collect()
    assert call(["great"])["topic"].shape == (1, 3)


@pytest.mark.parametrize("texts", ["a film", b"a film", 3, None])
def test_a_single_text_is_not_a_list(predictor: Predictor, texts: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a list of str.*For a single text pass \[text\]"):
        predictor(texts)


@pytest.mark.parametrize("wrong", [None, 3, b"bytes", float("nan"), ["nested"]])
def test_what_is_no_text_is_named_by_its_place(predictor: Predictor, wrong: Any) -> None:
    with pytest.raises(TypeError, match="Text 2 must be a str. Received: "):
        predictor(["a", "b", wrong])


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, None])
def test_batch_size(predictor: Predictor, batch_size: Any) -> None:
    with pytest.raises(
        ValueError, match="`batch_size` of a Predictor must be an integer of at least"
    ):
        predictor(["a"], batch_size=batch_size)


def test_a_damaged_bundle_is_not_loaded(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    with (copy / "saved_model" / "variables" / "variables.data-00000-of-00001").open("r+b") as file:
        first = file.read(1)[0]
        file.seek(0)
        file.write(bytes([first ^ 1]))
    with pytest.raises(BundleError, match="variables.data-00000-of-00001' has changed"):
        Predictor(copy)


def test_there_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="must be a bundle"):
        Predictor(tmp_path / "nowhere")


def test_a_bundle_that_reads_ids_only(tmp_path: Path) -> None:
    trunk = mtl.trunks.bag(20, 4, bigram_buckets=0)
    model = mtl.MultiTaskModel(trunk, mtl.classification("topic", TOPICS))
    bundle = export(model, tmp_path / "bundle")
    with pytest.raises(BundleError, match="must have a tokenizer to read texts.*\\['token_ids'\\]"):
        Predictor(bundle)


@keras.saving.register_keras_serializable(package="test_predictor")
@dataclasses.dataclass(frozen=True)
class WithoutHashes(CleaningStep):
    def __call__(self, text: str) -> str:
        return text.replace("#", "")


@pytest.fixture(scope="module", params=["unicode", "own"])
def cleaned_model(request: pytest.FixtureRequest) -> mtl.MultiTaskModel:
    step = "unicode" if request.param == "unicode" else WithoutHashes()
    texts = [*generate_reviews(60, seed=0)[0], "这部电影"]
    tokenizer = mtl.WordTokenizer.fit(
        texts,
        vocabulary_size=300,
        sequence_length=50,
        truncation="head_tail",
        cleaning=[step, "lowercase", {"stop_words": {"words": ["这部"]}}],
    )
    trunk = mtl.trunks.bag(tokenizer, 8, bigram_buckets=50)
    model = mtl.MultiTaskModel(trunk, mtl.classification("topic", TOPICS))
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(0.0, 0.5, variable.shape))
    return model


@pytest.fixture(scope="module")
def cleaned_bundle(
    cleaned_model: mtl.MultiTaskModel, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return export(cleaned_model, tmp_path_factory.mktemp("bundles") / "bundle")


@pytest.mark.parametrize("batch_size", [7, 1000])
def test_cleans_in_python_what_no_graph_can(
    cleaned_model: mtl.MultiTaskModel, cleaned_bundle: Path, batch_size: int
) -> None:
    texts = [*TEXTS, "ＣＨＡＲＭＩＮＧ ｆｉｌｍ", "charm#ing film", "这部电影"]
    expected = cleaned_model.predict(texts, verbose=0)["topic"]
    found = Predictor(cleaned_bundle).predict(texts, batch_size)["topic"]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert np.ptp(found, axis=0).max() > 0.05


def test_cleans_no_text_in_python(cleaned_bundle: Path) -> None:
    assert Predictor(cleaned_bundle)([]) == []
    with pytest.raises(TypeError, match="Text 1 must be a str"):
        Predictor(cleaned_bundle)(["a", None])


def test_a_step_of_ones_own_must_be_known_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = mtl.WordTokenizer(["film"], cleaning=[WithoutHashes()])
    trunk = mtl.trunks.bag(tokenizer, 4, bigram_buckets=0)
    model = mtl.MultiTaskModel(trunk, mtl.classification("topic", TOPICS))
    bundle = export(model, tmp_path / "bundle")
    Predictor(bundle)
    monkeypatch.delitem(keras.saving.get_custom_objects(), "test_predictor>WithoutHashes")
    expected = "test_predictor>WithoutHashes.*import the module that registers it with keras.saving"
    with pytest.raises(BundleError, match=expected):
        Predictor(bundle)
