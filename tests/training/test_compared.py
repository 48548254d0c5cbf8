"""Tasks that compare texts, in training: one pass through the trunk, exact means."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from tests.figures import at_most
from tests.training.compared import FEEDS, PAIRS, QUERIES, mixture, splits, tasks, trunk

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module", params=["lstm", "bag", "bert", "bert apart"])
def model(request, tmp_path_factory):
    kind, _, apart = request.param.partition(" ")
    found = mtl.MultiTaskModel(
        trunk(kind, tmp_path_factory.mktemp("models")), tasks(False if apart else None)
    )
    found.compile("sgd")
    return found


def feeds(model):
    """Each stream with each task that it feeds."""
    named = {task.name: task for task in model.tasks}
    return [(stream, named[name]) for stream, names in FEEDS.items() for name in names]


def expected_losses(model):
    """Each task's loss by numpy, from what `predict` gives, one row at a time."""
    given = splits()
    found = {}
    for stream, task in feeds(model):
        split, name = given[stream], task.name
        losses = []
        for row, label in enumerate(split[name]):
            if label is None:
                continue
            predicted = model.predict(split.select([row]), verbose=0)[name][0].astype(float)
            if name == "answer":
                shares = np.exp(predicted) / np.exp(predicted).sum()
                losses.append(-(np.array(label) / np.sum(label) * np.log(shares)).sum())
            elif name == "alike":
                losses.append(((predicted[0] - label) / task.std) ** 2)
            else:
                losses.append(-np.log(predicted[task.labels.index(label)]))
        found[name] = np.mean(losses)
    return found


def test_losses_are_means_over_labelled_rows(model):
    found = model.evaluate(mixture(), return_dict=True, verbose=0)
    for name, expected in expected_losses(model).items():
        apart = abs(found[f"{name}_loss"] - expected)
        at_most(f"loss of {name!r} from the mean by numpy", apart, 2e-5)
    trained = model.fit(
        mixture(batch_size=12, share={"pairs": 6, "queries": 3, "texts": 3}, length_classes=1),
        epochs=1, steps_per_epoch=1, verbose=0,
    ).history  # fmt: skip
    # The labels of all rows once: what was predicted before the step.
    assert trained["loss"][0] == pytest.approx(found["loss"], abs=2e-5)


def test_all_texts_of_all_streams_go_through_the_trunk_at_once():
    model = mtl.MultiTaskModel(trunk("lstm"), tasks())
    report = mixture(length_classes=1).report(model)
    assert report["passes_through_trunk_per_step"] == 1
    batch, labels, _ = mixture(length_classes=1).training_batches(model.preprocessor, model.tasks)[
        0
    ]
    shapes = {name: one["token_ids"].shape for name, one in batch.items()}
    assert [len(shape) for shape in shapes.values()] == [3, 3, 2]
    assert shapes["pairs"][1] == 2 and shapes["queries"][1] == 4  # A query and three candidates.
    assert labels["queries"]["answer"].shape[1] == 3
    assert labels["queries"]["answer"].min() == -1  # The first query has two.


def test_predictions_are_of_the_tasks_that_read_such_rows(model):
    given = splits()
    for stream, names in FEEDS.items():
        predicted = model.predict(given[stream], verbose=0)
        assert set(predicted) == set(names)
        assert all(len(one) == len(given[stream]) for one in predicted.values())
    pairs = model.predict(given["pairs"], verbose=0)["same"]
    columns = {name: list(given["pairs"][name]) for name in ("sentence1", "sentence2")}
    for form in (
        columns,
        [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
    ):
        np.testing.assert_allclose(model.predict(form, verbose=0)["same"], pairs, atol=1e-6)
    with pytest.raises(ValueError, match="must have tasks of the model that read them"):
        mtl.MultiTaskModel(trunk("bag"), tasks()[-1]).predict(columns)


def test_plain_rows_train_the_tasks_that_read_them(model):
    given = {name: splits()["pairs"][name] for name in ("sentence1", "sentence2", "same")}
    labels = given.pop("same")
    with pytest.warns(UserWarning, match="got no labels"):
        found = model.fit(given, {"same": list(labels)}, verbose=0).history
    assert np.isfinite(found["same_loss"][0]) and found["answer_loss"] == [0.0]
    queries = {name: QUERIES[name] for name in ("query", "candidates")}
    found = model.evaluate(queries, {"answer": QUERIES["answer"]}, return_dict=True, verbose=0)
    assert found["answer_loss"] > 0


def test_a_trunk_of_sub_words_reads_pairs_as_one(tmp_path):
    bert = trunk("bert", tmp_path)
    joint, apart = (mtl.MultiTaskModel(bert, tasks(joint)[0]) for joint in (None, False))
    assert joint.tasks[0].joint and not apart.tasks[0].joint
    assert [len(one.input["token_ids"].shape) for one in (joint, apart)] == [2, 3]
    with pytest.raises(ValueError, match="A trunk of `trunks.pretrained` with its own"):
        mtl.MultiTaskModel(trunk("bag"), tasks(True)[0])


def test_tasks_of_a_stream_read_its_rows_alike():
    both = mtl.Split({**splits()["pairs"].columns, "text": ["a"] * 6, "topic": ["x"] * 6}, "both")
    model = mtl.MultiTaskModel(trunk("bag"), [tasks()[0], tasks()[-1]])
    model.compile("sgd")
    with pytest.raises(ValueError, match="tasks of stream 'one' must read its rows alike"):
        model.fit(mtl.Mixture({"one": both}, {"one": ["same", "topic"]}, batch_size=2))
    streams = mtl.Mixture({"a": both, "b": both}, {"a": "same", "b": "topic"}, batch_size=4)
    assert np.isfinite(model.evaluate(streams, return_dict=True, verbose=0)["loss"])


@pytest.mark.parametrize("save", [True, False])
def test_a_model_that_compares_is_saved_and_loaded(save, tmp_path, model):
    if save:
        model.save(tmp_path / "m.keras")
        copy = keras.models.load_model(tmp_path / "m.keras")
    else:
        copy = type(model).from_config(model.get_config())
        copy.set_weights(model.get_weights())
    for split in splits().values():
        for name, expected in model.predict(split, verbose=0).items():
            np.testing.assert_allclose(copy.predict(split, verbose=0)[name], expected, atol=1e-6)


def test_segments_are_those_of_bert(tmp_path):
    bert = trunk("bert", tmp_path)
    tokenizer = bert.preprocessor
    ids = tokenizer.encode_pairs(["fly to boston"], ["a b"])["token_ids"].row(0)
    size = tokenizer.vocabulary_size
    own = tokenizer.encode(["fly to boston", "a b"])["token_ids"]
    assert ids.tolist() == [*own.row(0), *(own.row(1)[1:] + size)]
    plain, segments = bert.get_layer("segments")(ops.array(ids[None]))
    assert ops.convert_to_numpy(plain)[0].tolist() == [*own.row(0), *own.row(1)[1:]]
    assert ops.convert_to_numpy(segments)[0].tolist() == [0] * len(own.row(0)) + [1] * 3


@pytest.mark.parametrize(
    "change, message",
    [
        ({"sentence2": ["a", " ", "b", "c", "d", "e"]}, r"'sentence2' of split .* in row 1"),
        ({"sentence1": [None] * 6}, r"'sentence1' of .* Received: None .* in row 0"),
    ],
)
def test_a_pair_with_one_side_empty_is_refused(change, message):
    model = mtl.MultiTaskModel(trunk("bag"), tasks()[0])
    columns = {**splits()["pairs"].columns, **change}
    with pytest.raises(ValueError, match=message):
        bad = mtl.Split(columns, "pairs/train")
        mtl.Mixture({"p": bad}, {"p": "same"}, batch_size=2).encode(model.preprocessor, model.tasks)


@pytest.mark.parametrize(
    "column, value, message",
    [
        ("answer", [1, 0, 0], "3 labels and 2 candidates in row 0"),
        ("answer", [0, 0], "one of them above 0"),
        ("answer", [1, float("nan")], "finite numbers of 0 or more"),
        ("answer", "yes", "list with the relevance|3 labels and 2"),
        ("candidates", ["a"], "at least 2 candidates in every row"),
        ("candidates", "a b", "must hold a list of strings in every row"),
        ("candidates", ["a", ""], "must hold a text in every row"),
    ],
)
def test_bad_candidates_are_refused(column, value, message):
    model = mtl.MultiTaskModel(trunk("bag"), tasks()[1])
    with pytest.raises(ValueError, match=message):
        bad = mtl.Split({**QUERIES, column: [value, *QUERIES[column][1:]]}, "queries/train")
        mtl.Mixture({"q": bad}, {"q": "answer"}, batch_size=2).encode(
            model.preprocessor, model.tasks
        )


@pytest.mark.parametrize("kind", ["bag", "lstm"])
def test_a_cosine_is_learned_with_its_line(kind):
    near = mtl.similarity("alike", PAIRS["alike"], range=(0, 5), compare="cosine")
    model = mtl.MultiTaskModel(trunk(kind), near)
    model.compile(keras.optimizers.Adam(0.02))
    line = model.heads["alike"].get_weights()
    rows = mtl.Mixture({"pairs": splits()["pairs"]}, {"pairs": "alike"}, batch_size=6)
    losses = model.fit(rows, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    moved = [
        np.abs(now - before).max()
        for now, before in zip(model.heads["alike"].get_weights(), line, strict=True)
    ]
    assert len(moved) == 2 and min(moved) > 1e-3
    # Neither side is the other's: a pair turned round is as alike.
    turned = {"sentence1": PAIRS["sentence2"], "sentence2": PAIRS["sentence1"]}
    given = {name: PAIRS[name] for name in turned}
    one, other = (model.predict(rows, verbose=0)["alike"] for rows in (given, turned))
    np.testing.assert_allclose(one, other, atol=1e-5)
    assert np.ptp(one) > 1
