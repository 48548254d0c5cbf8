"""Bundles of models that label words, and of pretrained ones: Python tokenizes texts."""

import json
import shutil

import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.text.words import words_of
from keras_mtl.export import BundleError
from tests.training.small import row_model, row_split
from tests.trunks.tiny_bert import write_tiny_bert

TEXTS = ["word1, word2  word5!", "", "word7 word8 word9 word10 word11 word3", "word4"]


def bert(folder):
    tasks = [
        mtl.tagging("slots", ("O", "B-city", "I-city"), crf=True),
        mtl.classification("intent", ("ask", "book")),
    ]
    return mtl.MultiTaskModel(mtl.trunks.pretrained(folder), tasks)


@pytest.fixture(scope="module", params=["lstm", "bert"])
def model_and_bundle(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    model = row_model(row_split(rows=4))
    if request.param == "bert":
        model = bert(write_tiny_bert(folder / "tiny"))
    return model, mtl.export(model, folder / "bundle")


def test_predictions_are_those_of_the_model(model_and_bundle):
    model, bundle = model_and_bundle
    predictor = mtl.Predictor(bundle)
    expected = model.predict(TEXTS, verbose=0)
    for batch_size in (64, 2):
        found = predictor.predict(TEXTS, batch_size)
        for task in model.tasks:
            assert found[task.name].shape == expected[task.name].shape
            for row, text in enumerate(TEXTS):
                # Behind a text's own words there is nothing to read.
                real = slice(len(words_of(text))) if task.of_words else slice(None)
                one, other = found[task.name][row][real], expected[task.name][row][real]
                np.testing.assert_allclose(one, other, atol=1e-6)


def test_answers_have_words_tags_and_entities_with_places(model_and_bundle):
    model, bundle = model_and_bundle
    answers = mtl.Predictor(bundle)(TEXTS)
    predicted = model.predict(TEXTS, verbose=0)
    task = next(task for task in model.tasks if task.name == "slots")
    entities = 0
    for row, text in enumerate(TEXTS):
        found = answers[row]["slots"]
        expected = task.decode(predicted["slots"][row], words_of(text))
        for one, other in zip(found["entities"], expected["entities"], strict=True):
            assert one.pop("score") == pytest.approx(other.pop("score"), abs=1e-6)
        assert found == expected
        assert len(found["tags"]) == len(found["words"]) == len(words_of(text))
        for entity in found["entities"]:
            assert text[entity["start"] : entity["end"]] == entity["text"]
        entities += len(found["entities"])
    assert entities


def test_lists_of_words_are_read_as_they_are(model_and_bundle):
    _, bundle = model_and_bundle
    predictor = mtl.Predictor(bundle)
    words = ["word1,", "word2"]
    (found,) = predictor([words])
    assert found["slots"]["words"] == words and len(found["slots"]["tags"]) == 2
    assert all("start" not in entity for entity in found["slots"]["entities"])
    with pytest.raises(TypeError, match="must be a list of str"):
        predictor([words, "word3"])
    with pytest.raises(TypeError, match="For a single text pass"):
        predictor("word3")
    assert predictor([]) == []


def test_nothing_is_said_of_words_that_were_cut_off(model_and_bundle):
    model, bundle = model_and_bundle
    words = ["a"] * 60
    (read,) = model.preprocessor.encode_words([words])["word_starts"].lengths
    assert 0 < read < 60
    predictor = mtl.Predictor(bundle)
    for given in (words, " ".join(words)):
        found = predictor([given])[0]["slots"]
        assert len(found["words"]) == len(found["tags"]) == read


def test_a_bundle_of_before_there_were_signatures_on_texts(model_and_bundle, tmp_path):
    bundle = shutil.copytree(model_and_bundle[1], tmp_path / "bundle")
    manifest = json.loads((bundle / "bundle.json").read_text("utf-8"))
    expected = mtl.Predictor(bundle)(TEXTS)
    manifest["signatures"] = {"token_ids": manifest["signatures"]["token_ids"]}
    (bundle / "bundle.json").write_text(json.dumps(manifest), "utf-8")
    assert mtl.Predictor(bundle)(TEXTS) == expected


def test_a_bundle_without_a_tokenizer_reads_no_texts(tmp_path):
    trunk = mtl.trunks.lstm(40, 4, 4)
    model = mtl.MultiTaskModel(trunk, mtl.tagging("slots", ("O", "B-city", "I-city")))
    bundle = mtl.export(model, tmp_path / "bundle")
    with pytest.raises(BundleError, match="must have a tokenizer to read texts"):
        mtl.Predictor(bundle)
