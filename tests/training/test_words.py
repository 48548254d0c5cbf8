"""Tasks of words in training: what is not labelled counts nowhere."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks.schemes import Scheme
from tests.figures import at_most, exactly
from tests.training.small import TAGS, row_model, row_split, row_tasks, weights_of

pytestmark = pytest.mark.any_backend

NAMES = ("slots", "intent", "parts")


def mixture(split, **options):
    return mtl.Mixture(
        {"rows": split}, {"rows": NAMES}, **{"batch_size": 16, "length_classes": 1, **options}
    )


def expected_losses(model, split):
    """Each task's mean over what is labelled, added up by numpy."""
    x = model.preprocessor.encode_words(split["tokens"])
    x = {name: ragged.take(range(len(split)), 16) for name, ragged in x.items()}
    features = {**model.trunk({"token_ids": x["token_ids"]}), WORD_STARTS: x[WORD_STARTS]}
    found = {}
    for task in model.tasks:
        tags = np.full((len(split), 16 if task.of_words else 1), -1)
        for row, value in enumerate(split[task.name]):
            names = [value] if isinstance(value, str) else value or []
            numbers = [-1 if name is None else task.labels.index(name) for name in names]
            tags[row, : len(numbers)] = numbers
        scores = model.heads[task.name](features)
        if isinstance(scores, dict):  # A random field: the likelihood of all known tags.
            losses = ops.convert_to_numpy(task.loss(ops.array(tags), scores))
        else:
            array = ops.convert_to_numpy(scores).reshape(*tags.shape, -1).astype(float)
            logs = array - np.log(np.exp(array).sum(-1, keepdims=True))
            losses = -np.take_along_axis(logs, np.maximum(tags, 0)[..., None], -1)[..., 0]
        found[task.name] = float(losses[tags >= 0].sum()) / max(int((tags >= 0).sum()), 1)
    return found


@pytest.mark.parametrize("crf", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.6])
def test_losses_and_metrics_are_means_over_what_is_labelled(crf, missing):
    split = row_split(missing=missing)
    model = row_model(split, crf)
    model.compile("sgd")
    found = model.evaluate(mixture(split), return_dict=True, verbose=0)
    for name, expected in expected_losses(model, split).items():
        apart = abs(found[f"{name}_loss"] - expected)
        at_most(f"loss of {name!r} from the mean by numpy", apart, 2e-5)
    predicted = model.predict(split, verbose=0)
    assert found["parts_accuracy"] == pytest.approx(
        accuracy(split["parts"], predicted["parts"], ("NOUN", "VERB", "X", "Y")), abs=1e-6
    )
    assert found["slots_f1"] == pytest.approx(f1(split["slots"], predicted["slots"]), abs=1e-6)


def accuracy(truth, predicted, labels):
    pairs = [
        (tag, labels[number])
        for tags, row in zip(truth, predicted.argmax(-1), strict=True)
        for tag, number in zip(tags or [], row, strict=False)
        if tag is not None
    ]
    return sum(one == other for one, other in pairs) / len(pairs)


def f1(truth, predicted):
    scheme, hits, total = Scheme("bio", TAGS), 0, 0
    for tags, row in zip(truth, predicted.argmax(-1), strict=True):
        if tags is None:
            continue
        found = set(scheme.entities([TAGS[number] for number in row[: len(tags)]]))
        hits += len(found & set(scheme.entities(tags)))
        total += len(found) + len(scheme.entities(tags))
    return 2 * hits / total


@pytest.mark.filterwarnings("ignore:Task .* got no labels")
@pytest.mark.parametrize(
    ("kept", "crf"), [*((name, True) for name in NAMES), ("intent", False)], ids=str
)
def test_a_task_without_a_label_has_no_gradient(kept, crf):
    """Not a small one: none at all, in its head and in what is shared."""
    split = row_split(rows=16, missing=0.0)
    columns = {
        name: [None] * len(split) if name in NAMES else v for name, v in split.columns.items()
    }
    split = mtl.Split({**columns, kept: split[kept]}, "rows/train")
    model, alone = row_model(split, crf), row_model(split, crf)
    model.compile(keras.optimizers.SGD(0.5))
    before = {name: weights_of(head) for name, head in model.heads.items()}
    model.fit(mixture(split), epochs=1, verbose=0)
    for name, head in model.heads.items():
        moved = [
            not np.array_equal(one, other)
            for one, other in zip(before[name], weights_of(head), strict=True)
        ]
        what = f"weights of the head of {name!r} moved by labels of {kept!r} alone"
        exactly(f"{what}, any", any(moved), name == kept)
    # As if the others were not there.
    alone.compile(keras.optimizers.SGD(0.5), loss_weights={n: float(n == kept) for n in NAMES})
    alone.fit(mixture(split), epochs=1, verbose=0)
    for one, other in zip(weights_of(model), weights_of(alone), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("crf", [False, True])
def test_plain_rows_and_a_stream_train_alike(crf):
    split = row_split(rows=16)
    plain, streams = row_model(split, crf), row_model(split, crf)
    for model in (plain, streams):
        model.compile(keras.optimizers.SGD(0.5))
    options = {"epochs": 3, "verbose": 0}
    labels = {name: list(split[name]) for name in NAMES}
    one = plain.fit(split, labels, batch_size=16, shuffle=False, **options).history
    other = streams.fit(mixture(split), **options).history
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=2e-5, err_msg=name)
    for left, right in zip(weights_of(plain), weights_of(streams), strict=True):
        np.testing.assert_allclose(left, right, atol=2e-5)


def test_a_stream_of_several_tasks_beside_streams_of_one():
    split, other = row_split(rows=30), row_split(rows=18, seed=1, missing=0.0)
    model = row_model(split)
    model.compile(keras.optimizers.Adam(0.05))
    texts = mtl.Split(
        {"text": [" ".join(row) for row in other["tokens"]], "intent": other["intent"]},
        "texts/train",
    )
    both = mtl.Mixture(
        {"rows": split, "texts": texts},
        {"rows": NAMES, "texts": "intent"},
        batch_size=16,
        length_classes=2,
    )
    history = model.fit(both, epochs=12, verbose=0).history
    for name in NAMES:
        assert history[f"{name}_loss"][-1] < 0.6 * history[f"{name}_loss"][0], name
    found = model.evaluate(both, return_dict=True, verbose=0)
    totals = {name: expected_losses(model, split)[name] for name in ("slots", "parts")}
    for name, expected in totals.items():
        assert found[f"{name}_loss"] == pytest.approx(expected, abs=5e-5)


def test_a_task_in_one_row_of_many_still_learns():
    split = row_split(rows=300, missing=0.0)
    columns = dict(split.columns)
    columns["intent"] = [label if row == 7 else None for row, label in enumerate(split["intent"])]
    split = mtl.Split(columns, "rows/train")
    model = row_model(split, crf=False)
    model.compile(keras.optimizers.Adam(0.02))
    before = model.evaluate(mixture(split), return_dict=True, verbose=0)
    model.fit(mixture(split, batch_size=60), epochs=6, verbose=0)
    after = model.evaluate(mixture(split), return_dict=True, verbose=0)
    assert after["intent_loss"] < 0.5 * before["intent_loss"]
    assert after["slots_loss"] < before["slots_loss"]


def test_predictions_of_words_have_the_width_of_the_longest_text():
    split = row_split(rows=6)
    model = row_model(split)
    rows = [["word1"] * 9, ["word2"], []]
    found = model.predict(rows, verbose=0)
    assert found["slots"].shape == (3, 9, 3) and found["parts"].shape == (3, 9, 4)
    assert found["intent"].shape == (3, 3)
    alone = model.predict(rows[1:2], verbose=0)
    np.testing.assert_allclose(found["slots"][1, :1], alone["slots"][0, :1], atol=1e-6)
    as_texts = model.predict([" ".join(row) for row in rows], verbose=0)
    np.testing.assert_allclose(found["slots"], as_texts["slots"], atol=1e-6)


def test_another_number_of_tags_than_words_is_refused():
    split = row_split(rows=4, missing=0.0)
    tags = [list(row) for row in split["slots"]]
    tags[2] = [*tags[2], "O"]
    wrong = mtl.Split({**split.columns, "slots": tags}, "rows/train")
    model = row_model(split)
    model.compile("sgd")
    words = len(split["tokens"][2])
    message = rf"{words + 1} tags and {words} words in row 2 of 'rows/train', column 'slots'"
    with pytest.raises(ValueError, match=message):
        model.fit(mixture(wrong), verbose=0)
    with pytest.raises(ValueError, match=rf"{words + 1} tags and {words} words in row 2 of y of"):
        model.fit(split, {"slots": tags}, verbose=0)


def test_tags_that_are_cut_off_are_counted():
    tokens = [["word1"] * 20, ["word2"] * 3, ["word3"] * 17]
    tags = [["O"] * len(row) for row in tokens]
    split = mtl.Split({"tokens": tokens, "slots": tags}, "long/train")
    model = mtl.MultiTaskModel(row_model(split).trunk, row_tasks()[0])
    with pytest.warns(UserWarning, match=r"5 tagged words of task 'slots'.*2 of 3 texts of 'long"):
        streams = mtl.Mixture({"slots": split}).encode(model.preprocessor, model.tasks)
    assert streams[0].weights["slots"].lengths.tolist() == [16, 3, 16]


def test_labels_of_words_need_weights():
    split = row_split(rows=4, missing=0.0)
    model = mtl.MultiTaskModel(row_model(split).trunk, row_tasks()[0])
    model.compile("sgd", run_eagerly=keras.backend.backend() != "jax")
    x = model.preprocessor.encode_words(split["tokens"])
    x = {name: one.take(range(4), 16) for name, one in x.items()}
    labels = np.zeros((4, 16), "int32")
    weights = (x[WORD_STARTS] > 0).astype("float32")
    with pytest.raises(ValueError, match=r"of task 'slots' must come with weights \(B, W\)"):
        model.train_on_batch(x, {"slots": labels})
    logs = model.train_on_batch(x, {"slots": labels}, {"slots": weights}, return_dict=True)
    assert np.isfinite(logs["slots_loss"])


def test_inputs_of_other_names_are_refused():
    model = row_model(row_split(rows=4))
    model.compile("sgd", run_eagerly=keras.backend.backend() != "jax")
    x = {"ids": np.ones((4, 5), "int32"), WORD_STARTS: np.ones((4, 5), "int32")}
    with pytest.raises(ValueError, match=r"a batch without \['token_ids'\]"):
        model.train_on_batch(x, {"intent": np.zeros(4, "int32")})


def test_a_model_of_words_is_saved_with_its_random_field(tmp_path):
    split = row_split(rows=12)
    model = row_model(split)
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(mixture(split), epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    one, other = (found.predict(split, verbose=0) for found in (model, loaded))
    assert list(loaded.tasks) == list(model.tasks)
    for name in NAMES:
        np.testing.assert_allclose(one[name], other[name], atol=1e-6)
