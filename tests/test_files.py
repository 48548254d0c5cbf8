import os

import pytest

from keras_mtl import files


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def test_text_takes_the_place_of_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "first\n")
    files.write_text(path, "第二\n")
    assert path.read_bytes() == "第二\n".encode()
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_an_error_leaves_what_was_there_and_nothing_besides(tmp_path, monkeypatch, fails):
    path = tmp_path / "a.txt"
    files.write_text(path, "first")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="No space left"):
        files.write_text(path, "second")
    assert path.read_text() == "first"
    assert names(tmp_path) == ["a.txt"]


def test_the_last_word_against_replacing(tmp_path):
    path = tmp_path / "a.txt"

    def refuse():
        assert not path.exists()  # Asked before the file takes its place.
        raise FileExistsError("It is there by now.")

    with pytest.raises(FileExistsError, match="by now"):
        files.write_text(path, "second", may_replace=refuse)
    assert names(tmp_path) == []
