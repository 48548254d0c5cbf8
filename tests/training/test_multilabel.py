"""Tasks with several labels, on the whole road from rows to scores."""

import json

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score, label_ranking_average_precision_score

import keras_mtl as mtl
from keras_mtl.training.checkpoint_files import load_checkpoint, rewrite_checkpoint
from tests.training.multilabelled import MOODS, TASKS, mood_mixture, mood_model, mood_split
from tests.training.small import largest_difference, weights_of

pytestmark = pytest.mark.any_backend

TRAIN, VALIDATION = mood_split(), mood_split(40, seed=1, name="moods/validation")


def trained():
    model = mood_model(weighing=True)
    model.compile(keras.optimizers.Adam(0.05))
    mixture = mood_mixture(TRAIN)
    model.adapt(mixture)
    model.fit(mixture, validation_data=mixture.like(VALIDATION), epochs=4, verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    """A model that no test changes."""
    return trained()


@pytest.fixture(scope="module")
def fitted():
    """A model with thresholds fitted to the validation rows."""
    model = trained()
    model.fit_thresholds(mood_mixture(VALIDATION))
    return model


def labelled(split, predicted):
    """Labels, weights and predictions of the rows that have labels."""
    labels, weights = TASKS[0].encode(split["moods"], "here")
    return labels[weights > 0], predicted["moods"][weights > 0]


def scores(labels, probabilities, thresholds):
    taken = probabilities >= np.array(thresholds, np.float32)
    averages = ("micro", "macro")
    return {
        **{f"moods_{one}_f1": f1_score(labels, taken, average=one) for one in averages},
        "moods_label_ranking_average_precision": label_ranking_average_precision_score(
            labels, probabilities
        ),
    }


def test_figures_are_those_by_hand(model):
    logs = model.evaluate(mood_mixture(VALIDATION), return_dict=True, verbose=0)
    labels, probabilities = labelled(VALIDATION, model.predict(VALIDATION, verbose=0))
    found = {name: logs[name] for name in logs if name.startswith("moods_")}
    losses = -np.where(labels, np.log(probabilities) * [2, 1, 1], np.log1p(-probabilities))
    expected = scores(labels, probabilities, [0.5, 0.5, 0.4])
    assert found == pytest.approx({"moods_loss": losses.mean(), **expected}, abs=1e-5)
    assert 0.5 < logs["moods_macro_f1"] and len(labels) < len(VALIDATION)


def test_a_row_of_weight_counts_as_much(model):
    weights = np.linspace(0.5, 2, len(VALIDATION))
    y = {"moods": VALIDATION["moods"]}
    logs = model.evaluate(VALIDATION, y, sample_weight=weights, return_dict=True, verbose=0)
    there = np.array([row is not None for row in VALIDATION["moods"]])
    labels, given = labelled(VALIDATION, model.predict(VALIDATION, verbose=0))
    losses = -np.where(labels, np.log(given) * [2, 1, 1], np.log1p(-given)).mean(axis=1)
    by_hand = (losses * weights[there]).sum() / there.sum()
    assert logs["moods_loss"] == pytest.approx(by_hand, abs=1e-5)


def test_lists_of_names_arrays_and_a_mixture_are_scored_alike(model):
    hot, weights = TASKS[0].encode(VALIDATION["moods"], "here")
    tone = {"tone": VALIDATION["tone"]}
    logs = [
        model.evaluate(mood_mixture(VALIDATION), return_dict=True, verbose=0),
        model.evaluate(
            VALIDATION, {"moods": VALIDATION["moods"], **tone}, return_dict=True, verbose=0
        ),
        model.evaluate(
            VALIDATION,
            {"moods": hot, **tone},
            sample_weight={"moods": weights},
            return_dict=True,
            verbose=0,
        ),
    ]
    for other in logs[1:]:
        assert other == pytest.approx(logs[0], abs=1e-5)


def test_rows_without_labels_change_nothing():
    both = [mood_model(TASKS[:1]), mood_model(TASKS[:1])]
    there = [row for row, moods in enumerate(TRAIN["moods"]) if moods is not None]
    for model, split in zip(both, (TRAIN, TRAIN.select(there)), strict=True):
        model.compile(keras.optimizers.SGD(0.5))
        model.fit(split, {"moods": split["moods"]}, batch_size=len(split), verbose=0)
    assert largest_difference(*map(weights_of, both)) < 1e-6


def test_words_are_weighed_by_the_moods_that_they_tell(model):
    layer = model.trunk.get_layer("word_sums")
    weights = keras.ops.convert_to_numpy(layer.word_weights)[:, layer.tasks.index(("moods",))]
    ids = model.preprocessor.encode(["furious glad dear so it is"])["token_ids"].row(0)
    assert weights[ids[:3]].min() > weights[ids[3:]].max()


def test_fitted_thresholds_are_those_of_the_rows(model, fitted):
    labels, probabilities = labelled(VALIDATION, model.predict(VALIDATION, verbose=0))
    expected = mtl.tasks.fit_thresholds(labels, probabilities)
    assert fitted.tasks[0].threshold == pytest.approx(expected)
    assert fitted.tasks[1] is TASKS[1] and model.tasks == TASKS
    logs = fitted.evaluate(mood_mixture(VALIDATION), return_dict=True, verbose=0)
    by_hand = scores(labels, probabilities, expected)
    assert {name: logs[name] for name in by_hand} == pytest.approx(by_hand, abs=1e-6)
    before = scores(labels, probabilities, [0.5, 0.5, 0.4])
    assert by_hand["moods_macro_f1"] > before["moods_macro_f1"]


def test_a_split_does_as_well_as_a_mixture():
    both = [mood_model(), mood_model()]
    both[0].fit_thresholds(VALIDATION, tasks="moods")
    both[1].fit_thresholds(mood_mixture(VALIDATION))
    assert both[0].tasks[0].threshold == pytest.approx(both[1].tasks[0].threshold)
    assert both[0].tasks[0] != TASKS[0]


def test_thresholds_are_saved_and_training_goes_on(fitted, tmp_path):
    steps = int(fitted.optimizer.iterations)
    fitted.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.tasks == fitted.tasks
    assert loaded.settings.scoring.metrics["moods"][0].threshold == fitted.tasks[0].threshold
    logs = loaded.fit(mood_mixture(TRAIN), verbose=0).history
    assert int(loaded.optimizer.iterations) == steps + 3 and 0 < logs["moods_micro_f1"][0] <= 1


def test_thresholds_can_be_fitted_before_compiling():
    model = mood_model()
    model.fit_thresholds(VALIDATION, default=0.25)
    assert model.tasks[0] != TASKS[0]
    model.compile("sgd", metrics={"moods": ["macro_f1"]})
    model.fit_thresholds(TRAIN)
    (metric,) = model.settings.scoring.metrics["moods"]
    assert (metric.name, metric.threshold) == ("macro_f1", model.tasks[0].threshold)


def test_a_checkpoint_is_rewritten_whole(fitted, tmp_path):
    model = mood_model()
    model.compile("sgd")
    checkpoints = mtl.callbacks.BestAndLast(tmp_path, configuration="mine")
    model.fit(mood_mixture(TRAIN), callbacks=[checkpoints], verbose=0)
    loaded = load_checkpoint(tmp_path, "best", configuration="mine")
    loaded.fit_thresholds(VALIDATION)
    rewrite_checkpoint(tmp_path, "best", loaded)
    again = load_checkpoint(tmp_path, "best", configuration="mine")
    assert again.tasks == loaded.tasks != TASKS
    assert largest_difference(weights_of(again), weights_of(model)) == 0
    assert load_checkpoint(tmp_path, "last").tasks == TASKS
    index = json.loads((tmp_path / "checkpoints.json").read_text())
    assert "coming" not in index and index["best"]["epoch"] == index["last"]["epoch"] == 1
    assert not list(tmp_path.glob(".partial*"))


def no_joy():
    rows = [row for row, one in enumerate(VALIDATION["moods"]) if one and "joy" not in one]
    return VALIDATION.select(rows)


@pytest.mark.parametrize(
    ("rows", "options", "error", "message"),
    [
        (no_joy, {}, ValueError, "label of task 'moods' .* none with 'joy'"),
        (lambda: ["so glad"], {}, TypeError, "`rows` of fit_thresholds must be a Split or a Mix"),
        (lambda: VALIDATION, {"tasks": "tone"}, ValueError, r"Received: \['tone'\]. Those that h"),
        (lambda: VALIDATION, {"tasks": ["mood"]}, ValueError, r"have: \['moods'\]"),
        (lambda: VALIDATION, {"tasks": []}, ValueError, "Received: none. Those that have"),
        (
            lambda: VALIDATION.select([VALIDATION["moods"].index(None)]),
            {},
            ValueError,
            "must have labels of task 'moods'. Received: none, in 'moods/validation'",
        ),
        (
            lambda: mtl.Mixture({"tone": VALIDATION}),
            {},
            ValueError,
            r"must feed each of their tasks. .* without \['moods'\]",
        ),
        (
            lambda: mtl.Split({"text": ["so"], "mood": [()]}, "mine"),
            {},
            ValueError,
            "'mine' must be asked for one of its columns .* Received: 'moods'",
        ),
    ],
)
def test_what_thresholds_cannot_be_fitted_to_is_refused(rows, options, error, message, model):
    with pytest.raises(error, match=message):
        model.fit_thresholds(rows(), **options)
    assert model.tasks == TASKS


def test_a_model_without_thresholds_has_none_to_fit():
    model = mood_model(tasks=TASKS[1:])
    with pytest.raises(ValueError, match="Received: none. Those that have: none"):
        model.fit_thresholds(VALIDATION)


def test_labels_listed_twice_are_named_with_their_row():
    rows = mtl.Split({"text": ["so", "it"], "moods": [(), ("joy", "joy")]}, "mine/train")
    mixture = mtl.Mixture({"mine": rows}, {"mine": "moods"})
    model = mood_model(tasks=TASKS[:1])
    model.compile("sgd")
    with pytest.raises(ValueError, match="once. .* row 1 of 'mine/train', column 'moods'; twice"):
        model.fit(mixture, verbose=0)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
def test_a_bundle_answers_by_the_fitted_thresholds(fitted, tmp_path):
    predictor = mtl.Predictor(mtl.export(fitted, tmp_path / "bundle"))
    assert predictor.tasks == fitted.tasks
    texts = ["so glad dear", "it is"]
    probabilities = fitted.predict(texts, verbose=0)["moods"]
    for row, answer in zip(probabilities, predictor(texts), strict=True):
        over = {
            MOODS[n]: row[n] for n in np.argsort(-row) if row[n] >= fitted.tasks[0].thresholds[n]
        }
        assert answer["moods"]["labels"] == list(over)
        assert answer["moods"]["scores"] == pytest.approx(over, abs=1e-5)
    assert predictor(texts)[0]["moods"]["labels"]
