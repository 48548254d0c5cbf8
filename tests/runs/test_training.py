import json
import os
import subprocess
import sys

import numpy as np
import pytest
import yaml

import keras_mtl as mtl
from keras_mtl.config import load_config
from keras_mtl.runs import train
from keras_mtl.runs.folder import RunFolder
from tests.config.small import write_run
from tests.figures import exactly
from tests.training.small import largest_difference, weights_of


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run_file = write_run(tmp_path_factory.mktemp("project"))
    return train(load_config(run_file, ["training.epochs=2"]))


def test_the_folder_holds_all_that_is_needed(trained):
    there = {one.name for one in trained.path.iterdir()}
    assert {"config.yaml", "run.json", "metrics.jsonl", "data.json", "evaluation.json"} <= there
    assert {"report.html", "checkpoints", "tensorboard"} <= there
    assert not [name for name in there if "partial" in name]
    assert list((trained.path / "tensorboard").iterdir())
    assert {"best.keras", "last.keras"} <= {
        p.name for p in (trained.path / "checkpoints").iterdir()
    }


def test_the_record_says_what_ran(trained):
    info = trained.info
    assert info["status"] == "finished" and info["started"] <= info["ended"]
    assert info["seed"] == 3 and info["format"] == 1
    assert info["versions"]["keras_mtl"] == mtl.__version__
    assert set(info["fingerprints"]) == {"reviews", "wires"}
    assert len(info["fingerprints"]["reviews"]["train"]) == 64
    assert [task["name"] for task in info["tasks"]] == ["tone", "stars", "topic"]
    assert info["tasks"][2]["labels"] == ["oil", "tea", "tin"]
    assert set(info["seconds"]) == {"loading", "training", "evaluating"}
    assert info["best"]["metric"] == "val_loss" and info["best"]["epoch"] in (1, 2)
    assert 0 <= info["mixture"]["padding"] < 1


def test_each_epoch_has_its_figures(trained):
    first, second = trained.metrics
    assert (first["epoch"], second["epoch"]) == (1, 2)
    for key in ("loss", "val_loss", "tone_accuracy", "val_topic_macro_f1", "learning_rate"):
        assert np.isfinite(second[key])
    assert second["rows_per_second"] > 0
    assert trained.info["best"]["value"] == min(first["val_loss"], second["val_loss"])


def test_scores_of_the_best_checkpoint_are_those_of_the_model(trained):
    scores = trained.folder.read("evaluation.json")["splits"]["validation"]
    best = trained.metrics[trained.info["best"]["epoch"] - 1]
    assert scores["logs"]["tone_accuracy"] == pytest.approx(best["val_tone_accuracy"])
    assert scores["logs"]["loss"] == pytest.approx(best["val_loss"], rel=1e-5)
    assert trained.evaluate("validation")["logs"] == pytest.approx(scores["logs"])


def test_evaluating_again_adds_the_split_and_tells_of_changed_data(trained):
    scores = trained.evaluate("train")
    assert scores["changed"] == []
    assert set(trained.folder.read("evaluation.json")["splits"]) == {"validation", "train"}
    with pytest.raises(ValueError, match="train, validation"):
        trained.evaluate("test")


def test_changed_data_are_noticed(tmp_path):
    run = train(load_config(write_run(tmp_path)))
    table = tmp_path / "reviews.csv"
    table.write_text(table.read_text().replace("film 3", "film three"))
    assert run.evaluate("validation")["changed"] == ["reviews"]


def test_predictions_are_those_of_the_exported_bundle(trained, tmp_path):
    texts = ["a neg film 7", "price of tin", ""]
    answers = trained.predictor()(texts)
    mtl.export(trained.model(), tmp_path / "bundle")
    served = mtl.Predictor(tmp_path / "bundle")(texts)
    for one, other in zip(answers, served, strict=True):
        for task in ("tone", "stars", "topic"):
            assert one[task]["label"] == other[task]["label"]
            assert one[task]["score"] == pytest.approx(other[task]["score"], abs=1e-6)


def test_the_resolved_configuration_runs_to_the_same_weights(trained, tmp_path):
    again = train(load_config(trained.path / "config.yaml", [f"output={tmp_path / 'again'}"]))
    difference = largest_difference(weights_of(trained.model()), weights_of(again.model()))
    exactly("weights of a run and of its resolved configuration, apart", difference, 0.0)
    kept = [
        {name: value for name, value in entry.items() if "second" not in name}
        for entry in trained.metrics
    ]
    assert [{name: entry[name] for name in kept[0]} for entry in again.metrics] == kept


def test_a_dataset_without_test_rows_leaves_the_others_their_scores(tmp_path):
    run_file = write_run(tmp_path)
    (tmp_path / "test.csv").write_text("review,tone,stars\na neg film,neg,1\na pos film,pos,2\n")
    run = train(load_config(run_file, [f"data.reviews.test={tmp_path / 'test.csv'}"]))
    scores = run.folder.read("evaluation.json")["splits"]
    assert list(scores) == ["validation", "test"]
    assert set(scores["test"]["tasks"]) == {"tone", "stars"}
    assert "tone_accuracy" in scores["test"]["logs"]
    assert not {"loss", "topic_loss"} & set(scores["test"]["logs"])


def test_figures_that_are_not_finite_are_null(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(ValueError):
        folder.append("metrics.jsonl", {"loss": float("nan")})


def test_resolved_configuration_is_yaml_with_every_key(trained):
    written = yaml.safe_load((trained.path / "config.yaml").read_text())
    assert written["training"]["epochs"] == 2
    assert written["trunk"]["word_dropout"] == 0.5
    assert os.path.isabs(written["data"]["reviews"]["train"])
    assert json.loads((trained.path / "data.json").read_text())["wires"]["splits"]["train"]["rows"]


OWN = """
import keras
import keras_mtl as mtl


@keras.saving.register_keras_serializable(package="own_parts")
class Scale(keras.layers.Layer):
    "Doubles."

    def call(self, inputs):
        return 2.0 * inputs


@keras.saving.register_keras_serializable(package="own_parts")
class Shout(mtl.cleaning.CleaningStep):
    "Adds a word."

    def __call__(self, text):
        return text + " film"


class Quiet(keras.callbacks.Callback):
    "Does nothing."


def trunk(tokenizer, width: int = 3):
    inner = mtl.trunks.bag(tokenizer, embedding_dim=width, bigram_buckets=0)
    features = dict(inner.output)
    features["sequence"] = Scale(name="scale")(features["sequence"])
    return keras.Model(inner.input, features, name="trunk")
"""


def test_a_run_with_parts_of_your_own_is_used_from_a_new_process(tmp_path):
    (tmp_path / "own_parts.py").write_text(OWN)
    run_file = write_run(tmp_path)
    changes = [
        "trunk={kind: own_parts:trunk}",
        "tokenizer.cleaning=[own_parts:Shout]",
        "training.callbacks=[own_parts:Quiet]",
    ]
    run = train(load_config(run_file, changes))
    here = run.predictor()(["a neg"])[0]["tone"]["score"]
    code = (
        "import sys, keras_mtl as mtl\n"
        f"run = mtl.runs.Run({str(run.path)!r})\n"
        "print(run.predictor()(['a neg'])[0]['tone']['score'])\n"
        "print(run.config.fingerprint == run.info['configuration'])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    score, same = result.stdout.split()
    assert float(score) == pytest.approx(here, abs=1e-6) and same == "True"
    for name in [name for name in sys.modules if name == "own_parts"]:
        del sys.modules[name]


def test_a_task_without_labels_in_a_split_has_no_figures(tmp_path):
    run_file = write_run(tmp_path)
    (tmp_path / "test.csv").write_text("review,tone,stars\na neg film,neg,\na pos film,pos,\n")
    changes = [f"data.reviews.test={tmp_path / 'test.csv'}", "data.reviews.nulls=unlabelled"]
    scores = train(load_config(run_file, changes)).folder.read("evaluation.json")["splits"]["test"]
    assert set(scores["tasks"]) == {"tone"}
    assert not [name for name in scores["logs"] if name.startswith(("stars", "topic", "loss"))]


def test_datasets_of_a_task_need_one_column(tmp_path):
    run_file = write_run(tmp_path)
    tasks = "tasks={t: {data: [reviews, wires]}}"
    with pytest.raises(ValueError, match="one column|label column"):
        train(load_config(run_file, ["data.reviews.labels=[tone]", tasks]))


def test_a_dataset_may_be_called_self(tmp_path):
    text = (
        write_run(tmp_path)
        .read_text()
        .replace("wires:", "self:")
        .replace("data: wires", "data: self")
    )
    (tmp_path / "run.yaml").write_text(text)
    assert train(load_config(tmp_path / "run.yaml")).info["status"] == "finished"
