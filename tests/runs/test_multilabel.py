"""Runs with tasks of several labels, with thresholds that are given and that are fitted."""

import json

import pytest
from click.testing import CliRunner

import keras_mtl as mtl
import keras_mtl_cli
from keras_mtl.config import ConfigError, load_config
from keras_mtl.runs import train
from keras_mtl.runs.building import build
from tests.training.multilabelled import MOODS, mood_split

RUN = """\
output: out
data:
  moods: {train: train.jsonl, validation: validation.jsonl, test: test.jsonl, labels: moods,
    nulls: unlabelled}
tasks:
  moods: {kind: multilabel, threshold: fitted}
  loose: {kind: multilabel, column: moods, threshold: {love: 0.25}, pos_weight: 2, weight: 0.5}
trunk: {kind: bag, embedding_dim: 8, bigram_buckets: 0}
mixture: {batch_size: 16, length_classes: 1}
training: {epochs: 2, optimizer: {kind: adam, learning_rate: 0.05}}
"""


def write_moods(folder, **changed):
    """The run file and its tables; `changed` are other rows of a split."""
    for seed, part in enumerate(("train", "validation", "test")):
        split = mood_split(40, seed)
        columns = zip(split.texts, split["moods"], strict=True)
        rows = changed.get(part, [{"text": text, "moods": moods} for text, moods in columns])
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "run.yaml").write_text(RUN)
    return folder / "run.yaml"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = write_moods(tmp_path_factory.mktemp("moods"))
    result = CliRunner().invoke(keras_mtl_cli.main, ["train", str(path)])
    assert result.exit_code == 0, result.stderr
    return mtl.runs.Run(path.parent / "out")


def test_the_record_and_the_resolved_file(run):
    moods = run.info["tasks"][0]
    assert moods["kind"] == "Multilabel" and moods["labels"] == list(MOODS)
    metrics = ["loss", "micro_f1", "macro_f1", "label_ranking_average_precision"]
    assert moods["metrics"] == metrics and run.info["status"] == "finished"
    assert run.config.tasks["moods"].choice.values["threshold"] == "fitted"
    assert set(run.info["seconds"]) == {"loading", "training", "evaluating"}


@pytest.mark.parametrize("checkpoint", ["best", "last"])
def test_thresholds_are_fitted_to_the_validation_rows(run, checkpoint):
    model = run.model(checkpoint)
    moods, loose = model.tasks
    assert loose.threshold == (0.5, 0.5, 0.25) and loose.pos_weight == 2
    split = build(run.config).datasets["moods"].validation
    labels, weights = moods.encode(split["moods"], "here")
    probabilities = model.predict(split, verbose=0)["moods"]
    expected = mtl.tasks.fit_thresholds(labels[weights > 0], probabilities[weights > 0])
    assert moods.threshold == pytest.approx(expected) and expected != (0.5, 0.5, 0.5)


def test_scores_are_those_at_the_thresholds(run):
    kept = run.folder.read("evaluation.json")["splits"]["test"]
    assert run.evaluate("test")["logs"] == pytest.approx(kept["logs"], rel=1e-5)
    table = kept["tasks"]["moods"]["table"]
    assert table["columns"] == ["label", "rows", "threshold", "precision", "recall", "F1"]
    assert [row[2] for row in table["rows"]] == pytest.approx(run.model().tasks[0].threshold, 1e-5)
    scores = [row[-1] for row in table["rows"]]
    assert sum(scores) / 3 == pytest.approx(kept["logs"]["moods_macro_f1"], abs=1e-6)
    assert kept["tasks"]["moods"]["matrix"] is None


def test_the_report_shows_labels_and_thresholds(run):
    page = (run.path / "report.html").read_text("utf-8")
    for text in ("threshold", "label ranking average precision", "macro F1", "anger", "(none)"):
        assert text in page, text


def test_the_bundle_answers_as_the_run_does(run, tmp_path):
    texts = ["so furious dear", "it is"]
    mtl.export(run.model(), tmp_path / "bundle")
    here, there = run.predictor()(texts), mtl.Predictor(tmp_path / "bundle")(texts)
    for one, other in zip(here, there, strict=True):
        assert one["moods"]["labels"] == other["moods"]["labels"]
        assert one["loose"]["scores"] == pytest.approx(other["loose"]["scores"], abs=1e-5)


WITHOUT_JOY = [{"text": "so", "moods": ["anger"]}, {"text": "it", "moods": ["love"]}]


@pytest.mark.parametrize(
    ("changed", "changes", "message"),
    [
        (
            {"validation": WITHOUT_JOY},
            [],
            "`tasks.moods.threshold`: .*Received: 2 rows, none with 'joy'.*fitted_or_default",
        ),
        ({"validation": [{"text": "so", "moods": None}]}, [], "of at least one row"),
        (
            {},
            ["data.moods={train: train.jsonl, labels: moods, nulls: drop, validation_fraction: 0}"],
            "fitted to validation rows. Received: none in moods.",
        ),
        (
            {"test": [{"text": "so", "moods": ["joy", "love", "joy"]}]},
            [],
            "`tasks.moods`: .*each label once.* row 0 of 'moods/test', column 'moods'; twice: 'joy",
        ),
        (
            {"test": [{"text": "so", "moods": ["joy", "hope"]}]},
            [],
            "Received: 'hope' in line 1.*These are the labels of train",
        ),
        (
            {},
            ["tasks.moods.threshold=fited"],
            "one of fitted, fitted_or_default, a number.*'fited'. Did you mean 'fitted'",
        ),
        ({}, ["tasks.moods.threshold=1.5"], "number from 0 to 1.*Received: threshold=1.5"),
        ({}, ["tasks.moods.threshold={hope: 0.5}"], r"name labels of the task.*\['hope'\]"),
        ({}, ["tasks.moods.threshold=null"], "`tasks.moods.threshold` must be text or a number"),
        ({}, ["tasks.moods.kind=classification"], "no key of this section"),
        (
            {},
            ["tasks.moods={data: moods}"],
            "`tasks.moods`: .*Several labels of one text are a task of kind `multilabel`",
        ),
    ],
)
def test_bad_input_is_told_before_anything_is_written(tmp_path, changed, changes, message):
    path = write_moods(tmp_path, **changed)
    with pytest.raises(ConfigError, match=f"(?s){message}"):
        train(load_config(path, changes))
    assert not (tmp_path / "out").exists()


def test_labels_without_validation_rows_may_get_the_default(tmp_path):
    path = write_moods(tmp_path, validation=WITHOUT_JOY)
    changes = ["tasks.moods.threshold=fitted_or_default", "training.epochs=1"]
    run = train(load_config(path, changes))
    assert run.model().tasks[0].threshold[1] == 0.5 != run.model().tasks[0].threshold[0]
