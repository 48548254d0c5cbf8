"""Heads joined in the saved model predict what each does by itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_mtl as mtl
from keras_mtl.export import export
from keras_mtl.export.joined_heads import joined_heads
from keras_mtl.heads import PooledHead
from tests.export.conftest import with_large_weights
from tests.figures import at_most, exactly

LABELS = ("art", "sea", "war")
TEXTS = ["a dull film", "", "a charming film 这部电影", "film"]
# By name: tasks of the mean over a text, and of what was read last.
OF_MEAN = {"three_0", "two", "three_1", "some_0", "score_0", "some_1", "score_1"}
OF_LAST = {f"last_{n}" for n in range(4)}
BY_ITSELF = {"deep", "grade", "greatest"}


def several_tasks():
    """Of each kind that a text can be asked for; some alike, some not, in no good order."""
    return [
        mtl.classification("three_0", LABELS, pooling="mean", dropout=0.5),
        mtl.tagging("slots", ("B-x", "O", "I-x")),
        mtl.classification("two", ("no", "yes"), pooling="mean"),
        mtl.classification("last_0", LABELS, pooling="last"),
        mtl.classification("three_1", LABELS, pooling="mean"),
        mtl.classification("deep", LABELS, pooling="mean", hidden_dim=4),
        *(mtl.multilabel(f"some_{n}", LABELS, pooling="mean") for n in range(2)),
        *(
            mtl.regression(f"score_{n}", range=(1, 5), mean=2.0 + n, std=1.5, pooling="mean")
            for n in range(2)
        ),
        *(mtl.classification(f"last_{n}", LABELS, pooling="last") for n in range(1, 4)),
        mtl.ordinal("grade", ("low", "middle", "high"), pooling="mean"),
        mtl.classification("greatest", LABELS, pooling="max"),
        mtl.similarity("like", joint=False),
    ]


@pytest.fixture
def model(tokenizer):
    keras.utils.set_random_seed(0)
    trunk = mtl.trunks.lstm(tokenizer, 8, 4, dropout=0.5)
    return with_large_weights(mtl.MultiTaskModel(trunk, several_tasks()))


def names_of(group):
    return {task.name for kind in group.kinds for task in kind}


def test_heads_that_read_one_vector_are_joined(model):
    assert [names_of(group) for group in joined_heads(model)] == [OF_MEAN, OF_LAST]
    alike = [[task.name for task in kind] for kind in joined_heads(model)[0].kinds]
    # Two scores in units of their own are not made alike.
    assert alike == [
        ["three_0", "three_1"],
        ["two"],
        ["some_0", "some_1"],
        ["score_0"],
        ["score_1"],
    ]


def test_each_task_is_predicted_as_by_its_own_head(model, tmp_path, monkeypatch):
    called, call = [], PooledHead.call

    def counting(head, features, training=None):
        called.append(head.task)
        return call(head, features, training)

    expected = model.predict(TEXTS, verbose=0)
    monkeypatch.setattr(PooledHead, "call", counting)
    loaded = tf.saved_model.load(str(export(model, tmp_path / "bundle") / "saved_model"))
    monkeypatch.undo()
    # Once where tasks are asked for by themselves, and the rest again where all are.
    once = {name for name in called if called.count(name) == 1}
    exactly("heads joined where all are asked for", sorted(once), sorted(OF_MEAN | OF_LAST))
    assert {name for name in called if called.count(name) == 2} == BY_ITSELF
    together = loaded.signatures["serving_default"](texts=tf.constant(TEXTS))
    farthest = 0.0
    for task in model.tasks:
        if task.reads == "text":
            own = loaded.signatures[task.name](texts=tf.constant(TEXTS))[task.name]
            for found in (together[task.name], own):
                difference = np.abs(found.numpy() - expected[task.name])
                farthest = max(farthest, float(difference.max()))
    at_most("joined heads from each by itself", farthest, 1e-6)


def test_several_texts_of_a_row_by_their_ids(model, tmp_path):
    loaded = tf.saved_model.load(str(export(model, tmp_path / "bundle") / "saved_model"))
    random = np.random.default_rng(0)
    ids = {
        "token_ids": random.integers(1, 40, (3, 2, 7)).astype("int32"),
        "word_starts": np.array([[0, 2, 4]] * 3, np.int32),
    }
    expected = model.predict(ids, verbose=0)
    found = loaded.signatures["token_ids"](**{name: tf.constant(one) for name, one in ids.items()})
    assert set(found) == set(expected) == {task.name for task in model.tasks}
    differences = [np.abs(found[name].numpy() - one).max() for name, one in expected.items()]
    at_most("all tasks of two texts a row from the model", float(max(differences)), 1e-6)


def test_no_text(model, tmp_path):
    loaded = tf.saved_model.load(str(export(model, tmp_path / "bundle") / "saved_model"))
    found = loaded.signatures["serving_default"](texts=tf.constant([], tf.string))
    assert {name: found[name].shape[1:] for name in ("three_0", "two", "score_1")} == {
        "three_0": (3,),
        "two": (2,),
        "score_1": (1,),
    }
    assert len(found["three_0"]) == 0


class Sharpened(mtl.MultiTaskModel):
    def call(self, inputs, training=None, mask=None):
        found = super().call(inputs, training=training, mask=mask)
        return {name: one * one for name, one in found.items()}


def test_a_call_of_ones_own_is_what_is_saved(tokenizer, tmp_path):
    tasks = [mtl.classification(f"t{n}", LABELS) for n in range(5)]
    trunk = mtl.trunks.bag(tokenizer, 4, bigram_buckets=0)
    model = with_large_weights(Sharpened(trunk, tasks))
    loaded = tf.saved_model.load(str(export(model, tmp_path / "bundle") / "saved_model"))
    found = loaded.signatures["serving_default"](texts=tf.constant(TEXTS))
    own = loaded.signatures["t0"](texts=tf.constant(TEXTS))
    expected = model(model.preprocessor(TEXTS), training=False)["t0"].numpy()
    assert expected.sum(-1).max() < 0.999
    farthest = max(np.abs(one["t0"].numpy() - expected).max() for one in (found, own))
    at_most("a model with a call of its own", float(farthest), 1e-6)


def test_few_heads_stay_as_they_are(tokenizer):
    tasks = [mtl.classification(f"t{n}", LABELS) for n in range(3)]
    trunk = mtl.trunks.bag(tokenizer, 4, bigram_buckets=0)
    assert joined_heads(mtl.MultiTaskModel(trunk, tasks)) == []
    tasks.append(mtl.classification("t3", LABELS))
    assert len(joined_heads(mtl.MultiTaskModel(trunk, tasks))) == 1


@pytest.mark.parametrize("of_trunk", ["float32", "mixed_bfloat16"])
def test_in_half_precision_as_by_its_own_head(of_trunk, tokenizer, tmp_path):
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(0)
    try:
        keras.config.set_dtype_policy(of_trunk)
        trunk = mtl.trunks.lstm(tokenizer, 8, 4)
        keras.config.set_dtype_policy("mixed_bfloat16")
        tasks = [
            mtl.classification(f"{pooling}_{n}", LABELS, pooling=pooling)
            for n in range(4)
            for pooling in ("mean", "last")
        ]
        model = with_large_weights(mtl.MultiTaskModel(trunk, tasks))
    finally:
        keras.config.set_dtype_policy(before)
    expected = model.predict(TEXTS, verbose=0)
    loaded = tf.saved_model.load(str(export(model, tmp_path / "bundle") / "saved_model"))
    found = loaded.signatures["serving_default"](texts=tf.constant(TEXTS))
    differences = [np.abs(found[name].numpy() - one).max() for name, one in expected.items()]
    at_most("joined heads from each by itself, bfloat16", float(max(differences)), 1e-6)
