"""Scores and grades, trained and evaluated in either shape of a batch."""

import keras
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

import keras_mtl as mtl
from keras_mtl.data.mixing.plain import plain_inputs
from keras_mtl.training import MultiTaskEarlyStopping
from tests.training.small import GRADES, score_model, score_split

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def split():
    return score_split()


@pytest.fixture(scope="module")
def model(split):
    model = score_model(split, kind="bag")
    model.compile(keras.optimizers.Adam(0.05))
    mixture = mtl.Mixture(
        {"rows": split}, {"rows": ("stars", "grade")}, batch_size=8, length_classes=1
    )
    stopping = MultiTaskEarlyStopping(metric={"stars": "pearson", "grade": "quadratic_kappa"})
    history = model.fit(
        mixture, epochs=4, validation_data=mixture, verbose=0, callbacks=[stopping]
    ).history
    assert history["val_loss"][-1] < history["val_loss"][0]
    return model


def by_hand(model, split, weights):
    """Loss and metrics of both tasks, from predictions, in float64."""
    predicted = model.predict(split.texts, verbose=0)
    assert predicted["stars"].shape == (40, 1) and predicted["grade"].shape == (40, 4)
    assert (predicted["stars"] >= 1).all() and (predicted["stars"] <= 5).all()
    task = model.tasks[0]
    known = np.array([value is not None for value in split["stars"]])
    stars = np.array([value for value in split["stars"] if value is not None])
    given = predicted["stars"][known, 0].astype(float)
    errors = given - stars
    # The loss is that of the scores before they are cut off at the ends of the range.
    inputs = plain_inputs(split.texts, model.preprocessor, list(model.input), model.tasks)
    uncut = keras.Model(model.input, model.get_layer("stars_head").output).predict(
        inputs, verbose=0
    )
    standardised = uncut[known, 0] - (stars - task.mean) / task.std
    graded = np.array([value is not None for value in split["grade"]])
    grades = np.array([GRADES.index(value) for value in split["grade"] if value is not None])
    of_grades = predicted["grade"][graded].astype(float)
    chosen = (np.cumsum(of_grades, axis=1)[:, :-1] < 0.5).sum(axis=1)
    losses = -np.log(of_grades[np.arange(len(grades)), grades])
    return {
        "stars_loss": (weights[known] * standardised**2).mean(),
        "stars_mae": np.abs(errors).mean(),
        "stars_rmse": np.sqrt((errors**2).mean()),
        "stars_pearson": stats.pearsonr(stars, given).statistic,
        "stars_spearman": stats.spearmanr(stars, given).statistic,
        "grade_loss": (weights[graded] * losses).mean(),
        "grade_accuracy": (chosen == grades).mean(),
        "grade_mae": np.abs(chosen - grades).mean(),
        "grade_quadratic_kappa": cohen_kappa_score(grades, chosen, weights="quadratic"),
    }


@pytest.mark.parametrize("weighted", [False, True])
def test_figures_are_those_by_hand(model, split, weighted):
    random = np.random.default_rng(0)
    weights = random.uniform(0.5, 2.0, 40) if weighted else np.ones(40)
    labels = {name: split[name] for name in ("stars", "grade")}
    found = model.evaluate(
        split.texts, labels, batch_size=7, sample_weight=weights, return_dict=True, verbose=0
    )
    expected = by_hand(model, split, weights)
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_score_need_not_be_in_the_range(model, split, missing):
    texts, scores = split.texts[:4], [1.0, missing, 5, 2.5]
    labels = {"stars": scores if missing is None else np.array(scores)}
    found = model.evaluate(texts, labels, return_dict=True, verbose=0)
    known = {"stars": [scores[0], *scores[2:]]}
    expected = model.evaluate([texts[0], *texts[2:]], known, return_dict=True, verbose=0)
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_column_of_scores_and_a_keras_loss(split):
    model = score_model(split, kind="bag")
    model.compile(
        keras.optimizers.SGD(0.0),
        loss={"stars": "mean_absolute_error"},
        metrics={"stars": ["mean_absolute_error", "mae"]},
    )
    labels = {"stars": np.array([[1.0], [2.0], [4.0]], np.float32)}
    found = model.evaluate(split.texts[:3], labels, return_dict=True, verbose=0)
    predicted = model.predict(split.texts[:3], verbose=0)["stars"]
    expected = np.abs(predicted - labels["stars"]).mean()
    for name in ("loss", "mean_absolute_error", "mae"):
        assert found[f"stars_{name}"] == pytest.approx(expected, abs=1e-5)


def test_large_whole_numbers_stay_what_they_are():
    task = mtl.regression("price", mean=3e9, std=1e9)
    model = mtl.MultiTaskModel(mtl.trunks.bag(20, 4, bigram_buckets=0), task)
    model.compile("sgd")
    prices = [3_000_000_000, 5_000_000_000]
    ids = np.array([[2, 3], [4, 0]])
    found = model.evaluate(ids, prices, return_dict=True, verbose=0)
    predicted = model.predict({"token_ids": ids}, verbose=0)["price"][:, 0].astype(float)
    assert found["price_mae"] == pytest.approx(np.abs(predicted - prices).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"stars": [1.0, 5.5]}, "'stars' must be a number from 1 to 5. Received: 5.5 in row 1"),
        ({"stars": [0, 1]}, "'stars' must be a number from 1 to 5. Received: 0 in row 0"),
        ({"stars": [1.0, np.inf]}, "Received: inf in row 1"),
        ({"stars": ["4", "5"]}, "'stars' .*Received: '4' .*Text is no score"),
        ({"grade": [1.5, 1]}, "'grade' must be grades.*nothing between two grades. Received: 1.5"),
        ({"grade": [4, 1]}, r"whole numbers from 0 \('poor'\) to 3 \('great'\).* Received: 4"),
        ({"grade": ["god", "fair"]}, "The nearest is 'good'"),
    ],
)
def test_what_is_no_label_is_refused(model, split, labels, message):
    with pytest.raises(ValueError, match=message):
        model.fit(split.texts[:2], labels, verbose=0)


def test_labels_that_only_a_step_sees(model):
    class Rows(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, step):
            return np.ones((2, 3), "int32"), {"stars": np.array([2.0, 9.0], "float32")}

    rows = Rows(workers=1, use_multiprocessing=False)
    with pytest.raises(mtl.SelfCheckError, match="1 label.s. of task 'stars' are outside"):
        model.evaluate(rows, verbose=0)
