import json
import os
import shutil

import filelock
import pytest

from keras_mtl.config import load_config
from keras_mtl.runs import Run, RunError, train
from keras_mtl.runs.folder import RunFolder
from tests.config.small import write_run


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return train(load_config(write_run(tmp_path_factory.mktemp("project"))))


@pytest.fixture
def run(original, tmp_path):
    return Run(shutil.copytree(original.path, tmp_path / "run"))


def fails(make, *words):
    with pytest.raises(ValueError) as caught:
        make()
    print(f"\n    {caught.value}")
    assert all(word in str(caught.value) for word in words), caught.value


def create(path, overwrite=False):
    with RunFolder(path).created(overwrite):
        pass


def test_a_run_folder_that_exists(run):
    fails(lambda: create(run.path), "new or empty", "a run", "--overwrite")
    assert Run(run.path).metrics


def test_overwriting_replaces_a_run_and_nothing_else(run, tmp_path):
    create(run.path, overwrite=True)
    assert [one.name for one in run.path.iterdir() if one.name != ".lock"] == []
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("x")
    fails(lambda: create(tmp_path / "other", overwrite=True), "thesis.tex")
    assert (tmp_path / "other" / "thesis.tex").exists()
    assert [one.name for one in (tmp_path / "other").iterdir()] == ["thesis.tex"]


def test_a_folder_of_another_program_is_never_removed(tmp_path, run):
    other = tmp_path / "other"
    (other / "src").mkdir(parents=True)
    (other / "run.json").write_text('{"name": "another project"}')
    fails(lambda: create(other, overwrite=True), "must be new or empty")
    (run.path / "notes.txt").write_text("mine")
    fails(lambda: create(run.path, overwrite=True), "notes.txt")
    assert (other / "src").exists() and (run.path / "notes.txt").exists()


def test_a_file_in_its_place(tmp_path):
    (tmp_path / "run").write_text("x")
    fails(lambda: create(tmp_path / "run"), "a file of this name")


def test_a_locked_run_folder(run):
    with filelock.FileLock(run.path / ".lock"):
        fails(lambda: create(run.path, overwrite=True), "another process")
        fails(lambda: run.evaluate("validation"), "another process")
    assert Run(run.path).metrics
    with RunFolder(run.path).opened():
        pass


def test_a_read_only_place(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    fails(lambda: create(tmp_path / "run"), "can be written", "Permission denied")


@pytest.mark.parametrize("name", ["config.yaml", "run.json", "metrics.jsonl"])
def test_a_run_folder_that_lacks_a_file(name, run):
    (run.path / name).unlink()
    fails(lambda: (Run(run.path).metrics, Run(run.path).config), name, "run folder")


def test_a_run_folder_without_checkpoints(run):
    shutil.rmtree(run.path / "checkpoints")
    fails(run.model, "checkpoints")


def test_a_folder_that_is_no_run(tmp_path):
    fails(lambda: Run(tmp_path), "run.json", "keras-mtl train")
    fails(lambda: Run(tmp_path / "none"), "no such folder")


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": "x"}', "\x00"])
def test_a_damaged_record(text, run):
    (run.path / "run.json").write_text(text)
    fails(lambda: Run(run.path), "run.json")


def test_damaged_figures(run):
    (run.path / "metrics.jsonl").write_text('{"epoch": 1}\n{"epo')
    fails(lambda: run.metrics, "metrics.jsonl")


def test_a_checkpoint_of_another_configuration(run):
    index = run.path / "checkpoints" / "checkpoints.json"
    content = json.loads(index.read_text())
    index.write_text(json.dumps({**content, "configuration": "of another run"}))
    fails(run.model, "another configuration")


@pytest.mark.parametrize("text", ["[]", "5", '{"splits": [], "checkpoint": "best"}', "{"])
def test_damaged_scores(text, run):
    (run.path / "evaluation.json").write_text(text)
    fails(lambda: run.evaluate("validation"), "evaluation.json")


def test_scores_of_another_checkpoint_do_not_push_those_of_the_best_out(run):
    before = (run.path / "evaluation.json").read_text()
    assert run.evaluate("train", "last")["logs"]
    assert (run.path / "evaluation.json").read_text() == before


def test_a_damaged_checkpoint(run):
    path = run.path / "checkpoints" / "best.keras"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    fails(run.model, "best.keras")
    assert run.model("last")


def test_an_unknown_checkpoint(run):
    fails(lambda: run.model("worst"), "worst", "best")


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    folder.write("run.json", {"a": 1})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="can be written. Received: No space left on device"):
        folder.write("run.json", {"a": 2})
    assert json.loads((tmp_path / "run.json").read_text()) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]
