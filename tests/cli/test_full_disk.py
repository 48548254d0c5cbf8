"""A disk that is full in the middle of a run: words without a traceback, and a run that goes on."""

import errno
import io

import pytest

from keras_mtl.runs import Run, folder
from tests.cli.test_commands import run
from tests.config.small import write_run

RESUMING = "training.resume={every_steps: 1}"


@pytest.fixture
def fill(monkeypatch):
    """What fills the disk before an entry of `metrics.jsonl`: for it alone, or for all files."""

    def filled(everything):
        def adding(entry):
            if everything:
                monkeypatch.setattr(folder, "write_text", no_room)
            no_room()

        def no_room(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(folder, "line_of", adding)

    return filled


@pytest.mark.filterwarnings("default:The end of the run could not be noted")
@pytest.mark.parametrize("everything", [False, True])
def test_is_told_in_words_and_the_run_goes_on(everything, fill, tmp_path, monkeypatch):
    run_file = write_run(tmp_path)
    fill(everything)
    status, _, errors = run("train", run_file, RESUMING)
    print(f"\n{errors}")
    assert status == 1 and "Traceback" not in errors and errors.count("Error: ") == 1
    assert "No space left on device" in errors and "Choose another `output`, or make" in errors
    assert "once that is put right, --resume goes on." in errors
    assert ("end of the run could not be noted" in errors) == everything
    assert Run(tmp_path / "out").info["status"] == ("running" if everything else "failed")
    monkeypatch.undo()
    status, _, errors = run("train", run_file, RESUMING, "--resume")
    assert status == 0, errors
    found = Run(tmp_path / "out")
    assert found.info["status"] == "finished" and len(found.metrics) == 1


def test_a_result_that_cannot_be_written_is_no_result(tmp_path, monkeypatch):
    written = folder.write_text

    def no_room_at_the_end(path, text, *rest):
        if path.name == folder.INFO and '"finished"' in text:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(path, text, *rest)

    monkeypatch.setattr(folder, "write_text", no_room_at_the_end)
    status, _, errors = run("train", write_run(tmp_path), RESUMING)
    assert status == 1 and "Traceback" not in errors
    assert "through, but that could not be noted" in errors and "No space left on" in errors


def test_damaged_states_are_told_without_a_traceback(tmp_path, monkeypatch):
    run_file = write_run(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(folder, "line_of", lambda _: io.UnsupportedOperation())
        assert run("train", run_file, RESUMING)[0] == 1
    states = list((tmp_path / "out" / folder.RESUME).glob("*.npz"))
    assert states
    for one in states:
        one.write_bytes(one.read_bytes()[:500])
    status, _, errors = run("train", run_file, RESUMING, "--resume")
    assert status == 1 and "only damaged ones" in errors and "Traceback" not in errors
