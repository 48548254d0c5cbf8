import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import yaml

import keras_mtl as mtl
from keras_mtl.config import load_config
from keras_mtl.runs import Run, RunFailed, train
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


INTERRUPTING = """
import os, signal
import keras

class PressCtrlC(keras.callbacks.Callback):
    "Press it once, in the second epoch."

    def __init__(self, name="x"):
        super().__init__()

    def on_train_batch_begin(self, batch, logs=None):
        if self.params["epochs"] > 1 and batch == 1 and self.model.optimizer.iterations > 4:
            os.kill(os.getpid(), signal.SIGINT)
"""


def test_ctrl_c_keeps_what_was_learned(tmp_path):
    run_file = write_run(tmp_path)
    (tmp_path / "pressing.py").write_text(INTERRUPTING)
    before = signal.getsignal(signal.SIGINT)
    run = train(
        load_config(run_file, ["training.epochs=9", "training.callbacks=[pressing:PressCtrlC]"])
    )
    assert signal.getsignal(signal.SIGINT) is before
    assert run.info["status"] == "interrupted"
    assert 1 <= len(run.metrics) < 9
    assert (run.path / "report.html").is_file()
    trained_steps = int(run.model("last").optimizer.iterations.numpy())
    steps = run.info["mixture"]["steps_per_epoch"]
    assert len(run.metrics) * steps < trained_steps < (len(run.metrics) + 1) * steps
    assert len(run.predictor("last")(["a film"])) == 1


def test_a_run_that_breaks_off_says_so_and_keeps_its_figures(tmp_path):
    config = load_config(
        write_run(tmp_path), ["training.optimizer={kind: sgd, learning_rate: 1e30}"]
    )
    with pytest.raises(RunFailed, match="no longer finite"):
        train(config)
    run = Run(config.output)
    assert run.info["status"] == "failed" and "no longer finite" in run.info["error"]
    assert (run.path / "report.html").is_file()


def test_figures_that_are_not_finite_are_null(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(ValueError):
        folder.append("metrics.jsonl", {"loss": float("nan")})


def test_nothing_is_written_before_the_data_are_read(tmp_path):
    run_file = write_run(tmp_path)
    (tmp_path / "wires.jsonl").write_text('{"text": "x"}\n')
    with pytest.raises(ValueError, match="wires.jsonl"):
        train(load_config(run_file))
    assert not (tmp_path / "out").exists()


def test_resolved_configuration_is_yaml_with_every_key(trained):
    written = yaml.safe_load((trained.path / "config.yaml").read_text())
    assert written["training"]["epochs"] == 2
    assert written["trunk"]["word_dropout"] == 0.6
    assert os.path.isabs(written["data"]["reviews"]["train"])
    assert json.loads((trained.path / "data.json").read_text())["wires"]["splits"]["train"]["rows"]


BAD_WATCHERS = {
    "early_stopping={by: tpoic}": ["'tpoic'", "'topic'"],
    "early_stopping={metric: acuracy}": ["'acuracy'", "'accuracy'"],
    "early_stopping={patience: -1}": ["patience", "-1"],
    "checkpoint={by: each}": ["each"],
    "checkpoint={mode: max, metric: nothing}": ["nothing"],
    "callbacks=[{kind: ReduceLROnPlateau, factor: 2.0}]": ["factor"],
}


@pytest.mark.parametrize("change", BAD_WATCHERS)
def test_what_judges_the_epochs_is_checked_before_anything_is_written(change, tmp_path):
    with pytest.raises(ValueError) as caught:
        train(load_config(write_run(tmp_path), [f"training.{change}"]))
    assert f"argument 'training.{change.split('=')[0]}" in str(caught.value)
    assert all(word in str(caught.value) for word in BAD_WATCHERS[change])
    assert not (tmp_path / "out").exists()


def test_early_stopping_needs_validation_rows(tmp_path):
    changes = ["data.wires.validation_fraction=0"]
    with pytest.warns(UserWarning, match="wires"), pytest.raises(ValueError, match="wires"):
        train(load_config(write_run(tmp_path), changes))
    with pytest.warns(UserWarning, match="wires"):
        run = train(load_config(write_run(tmp_path), [*changes, "training.early_stopping=null"]))
    assert run.info["best"]["metric"] == "loss"
    assert "val_loss" not in run.metrics[0]
    scores = run.folder.read("evaluation.json")["splits"]
    assert set(scores["validation"]["tasks"]) == {"tone", "stars"}


@pytest.mark.parametrize("rule", ["{by: topic, metric: accuracy}", "{by: each, patience: 1}"])
def test_each_way_of_stopping_ends_in_a_scored_run(rule, tmp_path):
    changes = ["training.epochs=4", f"training.early_stopping={rule}"]
    run = train(load_config(write_run(tmp_path), changes))
    assert run.info["status"] == "finished"
    assert set(run.folder.read("evaluation.json")["splits"]["validation"]["tasks"]) == {
        "tone", "stars", "topic",
    }  # fmt: skip


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


def test_ctrl_c_after_the_last_step_is_heard(tmp_path):
    (tmp_path / "late.py").write_text(
        "import os, signal, keras\n\nclass Late(keras.callbacks.Callback):\n"
        "    def on_train_end(self, logs=None):\n        os.kill(os.getpid(), signal.SIGINT)\n"
    )
    run = train(load_config(write_run(tmp_path), ["training.callbacks=[late:Late]"]))
    assert run.info["status"] == "interrupted"
    assert not (run.path / "evaluation.json").exists()


def test_what_fails_before_training_leaves_no_folder(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_mtl.runs.training.profile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(load_config(write_run(tmp_path)))
    assert not (tmp_path / "out").exists()
