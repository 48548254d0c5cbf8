"""Bundles of models that compare texts."""

import numpy as np
import pytest

import keras_mtl as mtl
from tests.training.compared import PAIRS, QUERIES, TEXTS, splits, tasks, trunk

ROWS = {
    "same": [
        {"sentence1": one, "sentence2": other}
        for one, other in zip(PAIRS["sentence1"], PAIRS["sentence2"], strict=True)
    ],
    "answer": [
        {"query": one, "candidates": several}
        for one, several in zip(QUERIES["query"], QUERIES["candidates"], strict=True)
    ],
    "topic": TEXTS["text"],
}
STREAMS = {"same": "pairs", "answer": "queries", "topic": "texts"}


@pytest.fixture(scope="module", params=["bag", "bert"])
def model_and_bundle(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    model = mtl.MultiTaskModel(trunk(request.param, folder), tasks())
    return model, mtl.export(model, folder / "bundle")


@pytest.mark.parametrize("batch_size", [64, 1])
def test_predictions_are_those_of_the_model(model_and_bundle, batch_size):
    model, bundle = model_and_bundle
    predictor = mtl.Predictor(bundle)
    for name, rows in ROWS.items():
        expected = model.predict(splits()[STREAMS[name]], verbose=0)
        found = predictor.predict(rows, batch_size)
        assert name in found and set(found) == set(expected)
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_answers_are_of_the_tasks_that_read_such_rows(model_and_bundle):
    model, bundle = model_and_bundle
    predictor = mtl.Predictor(bundle)
    assert all(set(answer) == {"same", "alike"} for answer in predictor(ROWS["same"]))
    columns = {name: PAIRS[name] for name in ("sentence1", "sentence2")}
    assert [one["same"]["label"] for one in predictor(columns)] == [
        one["same"]["label"] for one in predictor(ROWS["same"])
    ]
    for row, answer in zip(ROWS["answer"], predictor(ROWS["answer"]), strict=True):
        ranked = answer["answer"]["ranking"]
        assert sorted(one["text"] for one in ranked) == sorted(row["candidates"])
        scores = [one["score"] for one in ranked]
        assert scores == sorted(scores, reverse=True)
    assert predictor([]) == []
    assert predictor(iter(ROWS["same"][:2])) == predictor(ROWS["same"][:2])
    with pytest.raises(ValueError, match="must hold a text in every row"):
        predictor([{"sentence1": "a", "sentence2": ""}])
    with pytest.raises(ValueError, match="Rows that are dictionaries must have"):
        predictor([{"text": "a"}])


def test_a_bundle_of_pairs_alone_answers_nothing_with_nothing(tmp_path):
    model = mtl.MultiTaskModel(trunk("bag"), tasks()[0])
    predictor = mtl.Predictor(mtl.export(model, tmp_path / "bundle"))
    assert predictor([]) == [] and predictor.predict([])["same"].shape == (0, 2)
