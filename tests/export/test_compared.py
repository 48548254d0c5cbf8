"""SavedModels of models that compare texts take raw text."""

import random

import numpy as np
import pytest
import tensorflow as tf

import keras_mtl as mtl
from keras_mtl.data.text.compared import READS
from keras_mtl.data.text.graph_compared import GraphCompared, joins_in_graph
from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
from keras_mtl.export import load_manifest
from tests.training.compared import splits, tasks, trunk
from tests.trunks.tiny_bert import PIECES

STREAMS = {"pair": "pairs", "candidates": "queries"}


@pytest.fixture(scope="module", params=["lstm", "bert", "bert apart", "pairs only"])
def served(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    kind, _, how = request.param.partition(" ")
    chosen = tasks(False if how == "apart" else None)
    if kind == "pairs":
        kind, chosen = "bert", chosen[:1]
    model = mtl.MultiTaskModel(trunk(kind, folder), chosen)
    bundle = mtl.export(model, folder / "bundle")
    return model, load_manifest(bundle), tf.saved_model.load(str(bundle / "saved_model"))


def test_signatures_on_texts_give_what_the_model_gives(served):
    model, manifest, loaded = served
    for reads in {task.reads for task in model.tasks} - {"text"}:
        assert manifest["signatures"][reads] == list(READS[reads])
        split = splits()[STREAMS[reads]]
        first, second = (list(split[column]) for column in READS[reads])
        if reads == "candidates":
            width = max(map(len, second))
            second = [list(row) + [""] * (width - len(row)) for row in second]
        given = dict(zip(READS[reads], map(tf.constant, (first, second)), strict=True))
        found = loaded.signatures[reads](**given)
        expected = model.predict(split, verbose=0)
        assert set(found) == set(expected)
        for name, one in expected.items():
            np.testing.assert_allclose(found[name].numpy(), one, atol=1e-5)


def test_tasks_of_one_text_have_their_own_signatures(served):
    model, manifest, loaded = served
    texts = [task.name for task in model.tasks if task.reads == "text"]
    signatures = set(manifest["signatures"]) - {"token_ids", "pair", "candidates"}
    assert signatures == {*texts, "serving_default"} if texts else not signatures
    for name in texts:
        found = loaded.signatures["serving_default"](texts=tf.constant(["fly to boston", ""]))
        expected = model.predict(["fly to boston", ""], verbose=0)
        np.testing.assert_allclose(found[name].numpy(), expected[name], atol=1e-5)


@pytest.mark.parametrize("truncation", ["head", "head_tail"])
@pytest.mark.parametrize("limit", [5, 8, 13, 40])
def test_pairs_are_cut_in_the_graph_as_by_the_tokenizer(limit, truncation):
    tokenizer = mtl.SubwordTokenizer.wordpiece(PIECES, limit, truncation=truncation)
    assert joins_in_graph(tokenizer)
    chance = random.Random(limit)
    words = ["fly", "flying", "to", "a", "b", "c", "don't", "好"]
    first, second = (
        [" ".join(chance.choices(words, k=chance.randint(1, 18))) for _ in range(200)]
        for _ in range(2)
    )
    expected = tokenizer.encode_pairs(first, second)["token_ids"]
    graph = GraphCompared(GraphSubwordTokenizer(tokenizer), tokenizer.vocabulary_size)
    found = graph.ids(tf.constant(first), tf.constant(second)[:, None]).numpy()[:, 0]
    for row, ids in enumerate(found):
        assert ids[: len(expected.row(row))].tolist() == expected.row(row).tolist()
        assert not ids[len(expected.row(row)) :].any()


def test_texts_of_a_pair_read_apart_keep_their_ends_in_the_graph():
    tokenizer = mtl.SubwordTokenizer.wordpiece(PIECES, 7, truncation="head_tail")
    first, second = ["a b c fly to a b c", "a b"], ["to to to to to to c", "fly"]
    found = GraphCompared(GraphSubwordTokenizer(tokenizer)).ids(
        tf.constant(first), tf.constant(second)[:, None]
    )
    expected = tokenizer([*first, *second])["token_ids"].reshape(2, 2, -1).swapaxes(0, 1)
    np.testing.assert_array_equal(found, expected)
    # The last piece that is read is the text's last, not the fifth.
    assert [PIECES[number] for number in found.numpy()[0, :, 5]] == ["c", "c"]


def test_a_task_must_not_have_the_name_of_such_a_signature():
    with pytest.raises(ValueError, match="must not have a task of that name"):
        mtl.MultiTaskModel(trunk("bag"), mtl.pair_classification("pair", ("no", "yes")))


def test_the_signature_of_a_task_of_such_a_name_is_its_own(tmp_path):
    task = mtl.classification("pair", ("no", "yes"))
    bundle = mtl.export(mtl.MultiTaskModel(trunk("bag"), task), tmp_path / "bundle")
    assert load_manifest(bundle)["signatures"]["pair"] == ["texts"]
