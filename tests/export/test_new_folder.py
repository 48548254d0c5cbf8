import os
from pathlib import Path
from typing import Any

import pytest

from keras_mtl.export.new_folder import new_folder

pytestmark = pytest.mark.any_backend


def anything(path: Path) -> None:
    """Let whatever exists be replaced."""


def test_nothing_is_under_the_name_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a" / "folder"
    with new_folder(path) as fresh:
        (fresh / "file").write_text("new")
        assert fresh.parent == path.parent
        assert not path.exists()
    assert (path / "file").read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_others_may_read_it(tmp_path: Path) -> None:
    with new_folder(tmp_path / "folder"):
        pass
    (tmp_path / "ordinary").mkdir()
    assert (tmp_path / "folder").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_the_old_one_stays_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "file").write_text("old")
    with new_folder(path, anything) as fresh:
        (fresh / "other").write_text("new")
        assert (path / "file").read_text() == "old"
    assert [one.name for one in path.iterdir()] == ["other"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_failing_rename_brings_the_old_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "file").write_text("old")
    real = os.replace

    def failing(source: Any, target: Any) -> None:
        if str(source).endswith(".partial"):
            raise OSError("no space")
        real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="no space"), new_folder(path, anything):
        pass
    assert (path / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_who_refuses_is_asked_before_anything_is_made(tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        raise ValueError(f"not {path.name}")

    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(ValueError, match="not folder"), new_folder(path, refuse):
        pass
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "current").symlink_to(tmp_path / "v1")
    with new_folder(tmp_path / "current", anything) as fresh:
        (fresh / "file").touch()
    assert (tmp_path / "current").is_symlink()
    assert (tmp_path / "v1" / "file").exists()
