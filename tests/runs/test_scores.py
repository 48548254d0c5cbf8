"""Runs with scores and grades."""

import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.config import ConfigError, load_config
from keras_mtl.runs import train
from keras_mtl.runs.building import load_datasets, make_tasks
from tests.runs.scored import write_scored


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = load_config(write_scored(tmp_path_factory.mktemp("scored")))
    train(config)
    return mtl.runs.Run(config.output)


def test_the_unit_is_that_of_the_training_rows_of_all_datasets(run):
    stars, grade = run.model("best").tasks
    datasets = load_datasets(run.config)
    rows = [v for one in datasets.values() for v in one.train["stars"] if v is not None]
    assert (stars.mean, stars.std) == pytest.approx((np.mean(rows), np.std(rows)))
    assert stars.range == (1.0, 5.0) and grade.labels == ("poor", "fair", "good")


def test_figures_and_review_are_in_the_unit_of_the_labels(run):
    kept = run.folder.read("evaluation.json")["splits"]["test"]
    review = kept["tasks"]["stars"]
    assert review["table"]["columns"] == [
        *("scores", "rows", "mean label", "mean prediction", "MAE", "RMSE")
    ]
    name, rows, label, *_, mae, rmse = review["table"]["rows"][0]
    assert (name, rows) == ("all", 35)
    assert 2.5 < label < 3.5
    assert kept["logs"]["stars_mae"] == pytest.approx(mae, abs=1e-5)
    assert kept["logs"]["stars_rmse"] == pytest.approx(rmse, abs=1e-5)
    assert run.info["best"]["metric"] == "val_stars_pearson"
    assert {"grade_mae", "grade_quadratic_kappa", "stars_spearman"} <= set(kept["logs"])


def test_the_report_shows_scores_as_such(run):
    page = (run.path / "report.html").read_text("utf-8")
    own = page.split('id="task-1"')[1].split('id="task-2"')[0]
    assert ">Scores <small>on test, 35 rows, " in own
    assert "off by more than half a standard deviation" in own
    assert "accuracy" not in own.lower() and "Confusion" not in own
    assert ">mean prediction</th>" in own


def test_a_run_answers_in_the_unit_of_the_labels(run):
    answers = run.predictor()(["a superb film", "awful"])
    assert all(1 <= answer["stars"]["score"] <= 5 for answer in answers)
    assert {answer["grade"]["label"] for answer in answers} <= {"poor", "fair", "good"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["tasks.stars.range=[1, 4]"], "`tasks.stars`: Each score .* from 1 to 4.* Received: 5.0"),
        (["tasks.stars.range=[1]"], "`tasks.stars`: `range` of task 'stars' must be the lowest"),
        (["tasks.stars.std=0"], "`std` of task 'stars' must be a number above 0"),
        (["tasks.stars.column=star"], "neither text nor label: stars. .*Did you mean 'stars'"),
        (
            ["tasks.stars.column=grade"],
            "Received: 'grade', whose values are label names.*List it under `scores`",
        ),
        (["tasks.grade.column=stars"], "must be a label column of dataset 'reviews': grade"),
    ],
)
def test_columns_and_options_that_do_not_fit(tmp_path, changes, message):
    config = load_config(write_scored(tmp_path), changes)
    with pytest.raises(ConfigError, match=message):
        make_tasks(config, load_datasets(config))


def test_columns_of_several_datasets_must_agree(tmp_path):
    path = write_scored(tmp_path)
    other = tmp_path / "other.jsonl"
    other.write_text(other.read_text().replace("stars", "points"))
    config = load_config(path, ["data.other.scores=points"])
    with pytest.raises(ConfigError, match="one column in all datasets of the task"):
        make_tasks(config, load_datasets(config))
