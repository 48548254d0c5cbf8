"""How a run ends: by itself, by Ctrl-C, by an error, or before it begins."""

import signal

import pytest

from keras_mtl.config import load_config
from keras_mtl.runs import Run, RunFailed, train
from tests.config.small import write_run

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


def test_nothing_is_written_before_the_data_are_read(tmp_path):
    run_file = write_run(tmp_path)
    (tmp_path / "wires.jsonl").write_text('{"text": "x"}\n')
    with pytest.raises(ValueError, match="wires.jsonl"):
        train(load_config(run_file))
    assert not (tmp_path / "out").exists()


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
