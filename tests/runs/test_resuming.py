"""A run that was killed, stopped or interrupted goes on to the result that it would have had."""

import json
import signal
import subprocess
import sys

import pytest

from keras_mtl.config import load_config
from keras_mtl.runs import Run, RunError, train
from tests.config.small import write_run

CHANGES = (
    "training.epochs=3",
    "training.resume={every_steps: 1}",
    "training.early_stopping={patience: 5}",
)
PRESSING = """
import os, signal
import keras

class Press(keras.callbacks.Callback):
    "Sends a signal once, in the second epoch."

    def __init__(self, number=2):
        super().__init__()
        self.number = number
        self.done = os.path.exists("{mark}")

    def get_state(self):
        return None

    def on_train_batch_begin(self, batch, logs=None):
        if not self.done and batch == 1 and self.model.optimizer.iterations > 4:
            self.done = True
            open("{mark}", "w").close()
            os.kill(os.getpid(), self.number)
"""


def pressing(folder, number):
    run_file = write_run(folder)
    text = PRESSING.replace("{mark}", str(folder / "pressed"))
    (folder / "sending.py").write_text(text)
    return run_file, [*CHANGES, f"training.callbacks=[{{kind: 'sending:Press', number: {number}}}]"]


def figures(run):
    """What an epoch found out, without how long it took."""
    timed = ("seconds", "rows_per_second")
    return [{k: v for k, v in one.items() if k not in timed} for one in run.metrics]


def same(run, other):
    assert figures(run) == figures(other) and len(figures(run)) == 3
    assert run.info["status"] == other.info["status"] == "finished"
    assert run.info["best"] == other.info["best"]
    scores = [one.folder.read("evaluation.json")["splits"] for one in (run, other)]
    assert json.dumps(scores[0]) == json.dumps(scores[1])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "pressed").write_text("")
    return train(load_config(*pressing(folder, 2)))


def command(run_file, changes, *options):
    code = "import keras_mtl_cli; keras_mtl_cli.main()"
    return [sys.executable, "-c", code, "train", str(run_file), *changes, *options]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 0), (signal.SIGINT, 130)]
)
def test_a_run_that_ended_early_goes_on(number, status, whole, tmp_path):
    run_file, changes = pressing(tmp_path, int(number))
    ended = subprocess.run(
        command(run_file, changes), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == status, ended.stderr
    run = Run(tmp_path / "out")
    if status >= 0:
        assert "--resume goes on" in ended.stderr
        assert run.info["status"] == "interrupted"
        assert run.info.get("stopped_by") == ("SIGTERM" if status == 0 else None)
    assert len(run.metrics) < 3
    train(load_config(run_file, changes), resume=True)
    same(Run(tmp_path / "out"), whole)
    assert run.info["resumed"] == 1 and not (run.path / "resume").exists()


def test_sigterm_while_the_run_is_scored(whole, tmp_path, monkeypatch):
    (tmp_path / "pressed").write_text("")
    run_file, changes = pressing(tmp_path, 2)

    def taken_away(*_):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("keras_mtl.runs.training.evaluate", taken_away)
    run = train(load_config(run_file, changes))
    assert run.info["status"] == "interrupted" and run.info["stopped_by"] == "SIGTERM"
    monkeypatch.undo()
    same(train(load_config(run_file, changes), resume=True), whole)


def test_a_run_of_another_configuration_is_not_gone_on_with(whole):
    config = whole.config
    other = load_config(whole.path / "config.yaml", ["seed=11"])
    with pytest.raises(RunError, match="same configuration .*--overwrite to replace"):
        train(other, resume=True)
    with pytest.raises(RunError, match="gone on with, or replaced. .* Leave one out"):
        train(config, resume=True, overwrite=True)
    before = whole.info
    assert train(config, resume=True).info == before  # It is finished.


def test_resume_begins_where_there_is_none_and_leaves_what_is_not_ours(tmp_path):
    config = load_config(write_run(tmp_path), ["training.epochs=1"])
    config.output.mkdir()
    (config.output / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="new or empty. Received: one that holds notes.txt"):
        train(config, resume=True)
    (config.output / "notes.txt").unlink()
    assert train(config, resume=True).info["status"] == "finished"
