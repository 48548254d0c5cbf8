import json

import pytest

from keras_mtl.reports.run_files import FORMAT, read_run
from tests.reports.made_up import change, write_run


@pytest.fixture
def folder(tmp_path):
    return write_run(tmp_path / "run", tasks=1, epochs=3)


def test_all_files_are_read(folder):
    files = read_run(folder)
    assert files.run["format"] == FORMAT and files.config.startswith("seed: 7")
    assert [logs["epoch"] for logs in files.epochs] == [1, 2, 3]
    assert list(files.data) == ["sentiment_rows"] and "test" in files.evaluation["splits"]


def test_only_run_json_must_be_there(folder):
    for path in folder.iterdir():
        if path.name != "run.json":
            path.unlink()
    files = read_run(folder)
    assert files.epochs == () and files.config is None
    assert files.data == {} == files.evaluation


def test_no_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder of a run.*run_folder='.*no such folder"):
        read_run(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="a folder without run.json"):
        read_run(tmp_path)


@pytest.mark.parametrize("name", ["run.json", "data.json", "evaluation.json"])
@pytest.mark.parametrize("content", ["", "{", "[1]", '"text"', "null", "\ufffd{}"])
def test_a_damaged_file_is_named(folder, name, content):
    (folder / name).write_text(content, "utf-8")
    with pytest.raises(ValueError, match=f"{name}' must hold one JSON object. Received: .*damaged"):
        read_run(folder)


def test_bytes_that_are_no_text(folder):
    (folder / "data.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ValueError, match="data.json' must hold one JSON object"):
        read_run(folder)
    (folder / "data.json").unlink()
    (folder / "config.yaml").write_bytes(b"name: \xff\n")
    assert read_run(folder).config == "name: \ufffd\n"


@pytest.mark.parametrize("line", [b"{", b"[]", b"{}", b'{"epoch": "1"}', b"\xff"])
def test_a_damaged_line_is_named(folder, line):
    path = folder / "metrics.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], line, *lines[1:]]))
    with pytest.raises(ValueError, match="metrics.jsonl' must hold JSON objects.*in line 2"):
        read_run(folder)


def test_a_last_line_cut_off_by_a_kill_is_left_out(folder):
    path = folder / "metrics.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    assert [logs["epoch"] for logs in read_run(folder).epochs] == [1, 2]


def test_an_epoch_written_again_counts_once(folder):
    path = folder / "metrics.jsonl"
    with path.open("a", encoding="utf-8") as lines:
        lines.write("\n" + json.dumps({"epoch": 2, "loss": 0.5}) + "\n")
    files = read_run(folder)
    assert [logs["epoch"] for logs in files.epochs] == [1, 2, 3]
    assert files.epochs[1] == {"epoch": 2, "loss": 0.5}


@pytest.mark.parametrize("given", [FORMAT + 1, 0, "1", None, True, 1.0])
def test_another_format_is_refused(folder, given):
    change(folder / "run.json", format=given)
    mend = "Update keras_mtl" if given == FORMAT + 1 else "file of a run"
    with pytest.raises(ValueError, match=f"`format` .* from 1 to {FORMAT}. Received.*{mend}"):
        read_run(folder)


@pytest.mark.parametrize("given", [None, "tone", [1], [{}], [{"name": 1}]])
def test_tasks_without_names_are_refused(folder, given):
    change(folder / "run.json", tasks=given)
    with pytest.raises(ValueError, match="`tasks` in .* objects with a `name`. Received: tasks="):
        read_run(folder)
