"""Token ids and odd rows for models that compare texts."""

import numpy as np
import pytest

import keras_mtl as mtl
from tests.training.compared import PAIRS, QUERIES, TEXTS, splits, tasks, trunk
from tests.trunks.tiny_bert import PIECES

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def model():
    found = mtl.MultiTaskModel(trunk("bag"), tasks())
    found.compile("sgd")
    return found


def ids_of(model, name):
    """Token ids of a stream, as they go into the model."""
    split = splits()[name]
    rows = [list(row) if name != "texts" else [row] for row in split.inputs]
    count = max(map(len, rows))
    found = np.zeros((len(rows), count, 8), np.int32)
    for number, row in enumerate(rows):
        of_texts = model.preprocessor(row)["token_ids"]
        found[number, : len(row), : of_texts.shape[1]] = of_texts
    return found


@pytest.mark.filterwarnings("ignore:Task .* got no labels")
def test_ids_train_and_score_the_tasks_that_have_labels(model):
    pairs, texts = ids_of(model, "pairs"), ids_of(model, "texts")
    labels = {"same": PAIRS["same"], "alike": PAIRS["alike"]}
    columns = {name: PAIRS[name] for name in ("sentence1", "sentence2")}
    expected = model.evaluate(columns, labels, return_dict=True, verbose=0)
    found = model.evaluate({"token_ids": pairs}, labels, return_dict=True, verbose=0)
    assert found == pytest.approx(expected, abs=1e-6)
    topics = {"topic": TEXTS["topic"]}
    expected = model.evaluate(TEXTS["text"], topics, return_dict=True, verbose=0)
    for given in (texts, texts[:, 0]):
        found = model.evaluate({"token_ids": given}, topics, return_dict=True, verbose=0)
        assert found == pytest.approx(expected, abs=1e-6)
    model.fit({"token_ids": pairs}, labels, verbose=0)
    answers = np.array([[1, 0, -1], [0, 0, 2.5], [1, 0, 0]])
    queries = {"token_ids": ids_of(model, "queries")}
    assert model.evaluate(queries, {"answer": answers}, return_dict=True, verbose=0)["answer_loss"]
    with pytest.raises(ValueError, match=r"relevance of each candidate, .N, K."):
        model.fit(queries, {"answer": np.array([0, 2, 1])}, verbose=0)


def test_labels_of_tasks_that_read_other_rows_are_refused(model):
    columns = {name: PAIRS[name] for name in ("sentence1", "sentence2")}
    with pytest.raises(ValueError, match="Received: 'topic', which reads text"):
        model.fit(columns, {"same": PAIRS["same"], "topic": ["x"] * 6})
    columns = {name: QUERIES[name] for name in ("query", "candidates")}
    with pytest.raises(ValueError, match="for each of the 3 rows. Received: 2 labels"):
        model.fit(columns, {"answer": QUERIES["answer"][:2]})


def test_nothing_is_predicted_of_nothing(model):
    ranking = mtl.MultiTaskModel(trunk("bag"), tasks()[1])
    assert ranking.predict([])["answer"].shape == (0, 0)


def test_a_word_level_trunk_reads_texts_apart_whatever_its_tokenizer():
    tokenizer = mtl.SubwordTokenizer.wordpiece(PIECES)
    bag = mtl.trunks.bag(tokenizer, 4, bigram_buckets=0)
    found = mtl.MultiTaskModel(bag, tasks()[0])
    assert found.tasks[0].joint is False
    columns = {name: PAIRS[name] for name in ("sentence1", "sentence2")}
    assert np.isfinite(found.predict(columns, verbose=0)["same"]).all()
    with pytest.raises(ValueError, match="for a model that reads single texts"):
        mtl.MultiTaskModel(bag, tasks(True)[0])


def test_a_candidate_of_no_word_is_a_candidate(model):
    rows = {"query": ["boston"], "candidates": [["fly", "<br/>"]]}
    scores = model.predict(rows, verbose=0)["answer"]
    assert (np.abs(scores) < 100).all()


def test_tasks_of_one_sort_are_read_alike(tmp_path):
    kinds = [tasks()[0], mtl.similarity("alike", range=(0, 5), joint=False)]
    with pytest.raises(ValueError, match="must read texts alike: all joint, or each text"):
        mtl.MultiTaskModel(trunk("bert", tmp_path), kinds)


def test_a_split_of_two_sorts_is_read_as_the_tasks_do(model):
    both = mtl.Split({**splits()["pairs"].columns, "text": ["zebra"] * 6}, "both")
    pairs = mtl.MultiTaskModel(trunk("bag"), tasks()[0])
    assert pairs.predict(both, verbose=0)["same"].shape == (6, 2)
    with pytest.raises(ValueError, match=r"Choose: split.inputs_for\('pair'\)"):
        model.predict(both)
    assert set(model.predict(both.inputs_for("pair"), verbose=0)) == {"same", "alike"}
    assert {"zebra", "boston"} <= set(mtl.WordTokenizer.fit(both).vocabulary)


def test_arrays_of_candidates_are_lists_of_them(model):
    rows = {"query": ["boston"], "candidates": [np.array(["fly", "to boston"])]}
    assert model.predict(mtl.Split(rows, "q"), verbose=0)["answer"].shape == (1, 2)


def test_a_pair_has_room_for_a_piece_of_each():
    tokenizer = mtl.SubwordTokenizer.wordpiece(PIECES, 4)
    with pytest.raises(ValueError, match="must be at least 5 where pairs"):
        tokenizer.encode_pairs(["a"], ["b"])
