"""The folder of a run: what is in it, who may write there, reading it back."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from keras_mtl.files import write_text
from keras_mtl.runs.errors import RunError

CONFIG, INFO, METRICS = "config.yaml", "run.json", "metrics.jsonl"
DATA, EVALUATION, LOCK = "data.json", "evaluation.json", ".lock"
CHECKPOINTS, TENSORBOARD, BUNDLE = "checkpoints", "tensorboard", "bundle"
REPORT, SCRATCH, RESUME = "report.html", "scratch", "resume"
_OURS = {
    CONFIG, INFO, METRICS, DATA, EVALUATION,
    CHECKPOINTS, TENSORBOARD, BUNDLE, REPORT, SCRATCH, RESUME,
}  # fmt: skip


def _is_ours(name: str) -> bool:
    """Whether a run writes a file of this name, or left it half-written."""
    return name in _OURS or name.startswith(".") and name.endswith(".partial")


def line_of(entry: dict[str, Any]) -> str:
    """A line of a file of JSON lines."""
    return json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n"


class _Lock:
    """A lock that is held until it is closed."""

    def __init__(self, lock: filelock.BaseFileLock) -> None:
        self.lock = lock

    def close(self) -> None:
        self.lock.release()


class RunFolder:
    """Reads and writes the files of one run.

    Args:
        path: The folder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    @contextlib.contextmanager
    def created(self, overwrite: bool = False) -> Iterator[None]:
        """Make the folder and hold its lock.

        Args:
            overwrite: Remove a run that is there first.

        Raises:
            RunError: If something is there that may not be removed, another process holds
                the lock, or nothing can be written there.
        """
        self.check_free(overwrite)  # Before the lock, which is a file in the folder.
        with self._readable_errors():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = self._locked()
        with contextlib.closing(lock):
            with self._readable_errors():
                for one in self.check_free(overwrite):
                    shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
            yield

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the lock of a run that is there.

        Raises:
            RunError: If another process holds it, or nothing can be written there.
        """
        with self._readable_errors():
            lock = self._locked()
        with contextlib.closing(lock):
            yield

    def write(self, name: str, content: Any) -> None:
        """Write a file whole or not at all: JSON, or text as it is.

        Raises:
            RunError: If the disk is full, or nothing can be written there.
        """
        if not isinstance(content, str):
            content = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        with self._readable_errors():
            write_text(self.path / name, content)

    def append(self, name: str, entry: dict[str, Any]) -> None:
        """Add a line of JSON.

        Raises:
            RunError: If the disk is full, or nothing can be written there.
        """
        with self._readable_errors(), open(self.path / name, "a", encoding="utf-8") as file:
            file.write(line_of(entry))

    def read(self, name: str) -> Any:
        """What a JSON file of the run holds.

        Raises:
            RunError: If it is missing or damaged, or there is no run.
        """
        text = self.read_text(name)
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise RunError(
                f"'{self.path / name}' must hold JSON. Received: {error}. The file is damaged: "
                "restore it, or train again."
            ) from error

    def read_text(self, name: str) -> str:
        """The text of a file of the run.

        Raises:
            RunError: If it is missing or damaged, or there is no run.
        """
        if not (self.path / INFO).is_file():
            raise RunError(
                f"'{self.path}' must be a run folder, with a file {INFO}. Received: "
                f"{'a folder without it' if self.path.is_dir() else 'no such folder'}. Give the "
                "folder that `keras-mtl train` wrote."
            )
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise RunError(
                f"The run folder '{self.path}' must have the file {name}. Received: a folder "
                "without it. Restore it, or train again."
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"'{self.path / name}' cannot be read: {error}.") from error

    def begun(self, configuration: str) -> bool:
        """Whether a run of a configuration stands here, to be gone on with; False if nothing does.

        Raises:
            RunError: If a run of another configuration stands here, or something else.
        """
        there = self.path.is_dir() and any(one.name != LOCK for one in self.path.iterdir())
        if not there or not self._holds_run():
            self.check_free()
            return False
        found = self.read(INFO).get("configuration")
        if found != configuration:
            raise RunError(
                f"The run in '{self.path}' must be of the same configuration to be gone on with. "
                f"Received: another one than in its {CONFIG}. Run what was run before, choose "
                "another `output`, or pass --overwrite to replace the run."
            )
        return True

    def forget(self, name: str) -> None:
        """Remove a folder of the run."""
        shutil.rmtree(self.path / name, ignore_errors=True)

    def check_free(self, overwrite: bool = False) -> list[Path]:
        """What is in the folder of an earlier run, if it may be removed.

        Raises:
            RunError: If something is there that may not be removed.
        """
        if not self.path.exists():
            return []
        if not self.path.is_dir():
            raise RunError(
                f"The run folder '{self.path}' must be a folder. Received: a file of this name. "
                "Choose another `output`."
            )
        there = sorted(one for one in self.path.iterdir() if one.name != LOCK)
        foreign = [one.name for one in there if not _is_ours(one.name)]
        is_run = not foreign and self._holds_run()
        if there and not (overwrite and is_run):
            holds = "a run" if is_run else ", ".join(foreign[:3] or [there[0].name])
            raise RunError(
                f"The run folder '{self.path}' must be new or empty. Received: one that holds "
                f"{holds}. Choose another `output`"
                + (", or pass --overwrite to replace the run." if is_run else ".")
            )
        return there

    def _holds_run(self) -> bool:
        """Whether `run.json` is one of ours, not another program's."""
        try:
            found = self.read(INFO)
        except RunError:
            return False
        return isinstance(found, dict) and {"format", "configuration", "tasks"} <= set(found)

    def _locked(self) -> _Lock:
        lock = filelock.FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise RunError(
                f"The run folder '{self.path}' must not be in use. Received: a lock that another "
                "process holds. Wait for it to end, or choose another `output`."
            ) from error
        return _Lock(lock)

    @contextlib.contextmanager
    def _readable_errors(self) -> Iterator[None]:
        """A disk that is full or read-only, in words."""
        try:
            yield
        except OSError as error:
            raise RunError(
                f"The run folder '{self.path}' must be in a place that can be written. Received: "
                f"{error.strerror or error} ('{error.filename or self.path}'). Choose another "
                "`output`, or make room."
            ) from error
