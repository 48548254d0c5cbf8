"""The files of a run folder, read and checked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The newest format of `run.json` that is understood here; what a run writes.
FORMAT = 1


@dataclasses.dataclass(frozen=True)
class RunFiles:
    """What is in a run folder.

    Args:
        folder: The folder.
        run: `run.json`.
        epochs: The lines of `metrics.jsonl`, one for each epoch, in order.
        config: The text of `config.yaml`, or `None`.
        data: `data.json`, dataset name to profile; empty if missing.
        evaluation: `evaluation.json`; empty if missing.
    """

    folder: Path
    run: dict[str, Any]
    epochs: tuple[dict[str, Any], ...]
    config: str | None
    data: dict[str, Any]
    evaluation: dict[str, Any]


def read_run(folder: Path) -> RunFiles:
    """Read the files of a run folder that its report is made of.

    Args:
        folder: The run folder. Only `run.json` must be there.

    Raises:
        FileNotFoundError: If there is no such folder, or no `run.json` in it.
        ValueError: If a file is damaged, or of a newer format.
    """
    path = folder / "run.json"
    if not path.is_file():
        whats_there = "a folder without run.json" if folder.is_dir() else "no such folder"
        raise FileNotFoundError(
            "`run_folder` must be the folder of a run, with a file run.json. Received: "
            f"run_folder='{folder}', {whats_there}. It is what `output` of the run file names."
        )
    run = _object(path)
    _check_format(run, path)
    _check_tasks(run, path)
    config = folder / "config.yaml"
    return RunFiles(
        folder,
        run,
        _epochs(folder / "metrics.jsonl"),
        config.read_text("utf-8", errors="replace") if config.is_file() else None,
        _object(folder / "data.json"),
        _object(folder / "evaluation.json"),
    )


def mapping(value: Any) -> Mapping[str, Any]:
    """The value itself if it is a mapping; none of its entries is there otherwise."""
    return value if isinstance(value, Mapping) else {}


def _object(path: Path) -> dict[str, Any]:
    """The JSON object of a file, empty if there is no file."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    if not isinstance(found, dict):
        raise _damaged(path, f"a {type(found).__name__}")
    return found


def _epochs(path: Path) -> tuple[dict[str, Any], ...]:
    if not path.is_file():
        return ()
    lines = path.read_bytes().split(b"\n")
    # A run killed while it wrote leaves a last line without its end.
    whole = lines[:-1]
    found: dict[float, dict[str, Any]] = {}
    for number, line in enumerate(whole, start=1):
        if not line.strip():
            continue
        try:
            logs = json.loads(line)
        except ValueError as error:
            raise _damaged(path, f"{error}, in line {number}") from None
        if not isinstance(logs, dict) or not isinstance(logs.get("epoch"), int):
            raise _damaged(path, f"{str(logs)[:80]!r} in line {number}, which names no epoch")
        # A run that went on from a checkpoint may have written an epoch twice.
        found[logs["epoch"]] = logs
    return tuple(found[epoch] for epoch in sorted(found))


def _check_format(run: dict[str, Any], path: Path) -> None:
    given = run.get("format")
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= FORMAT:
        return
    newer = isinstance(given, int) and given > FORMAT
    mend = "Update keras_mtl to read this run." if newer else "Is it the file of a run?"
    raise ValueError(
        f"`format` in '{path}' must be a number from 1 to {FORMAT}. Received: format={given!r}. "
        f"{mend}"
    )


def _check_tasks(run: dict[str, Any], path: Path) -> None:
    tasks = run.get("tasks")
    if not isinstance(tasks, list) or not all(
        isinstance(task, dict) and isinstance(task.get("name"), str) for task in tasks
    ):
        raise ValueError(
            f"`tasks` in '{path}' must be a list of objects with a `name`. Received: "
            f"tasks={str(tasks)[:80]}."
        )


def _damaged(path: Path, what: str) -> ValueError:
    wanted = "JSON objects, one a line" if path.suffix == ".jsonl" else "one JSON object"
    return ValueError(
        f"'{path}' must hold {wanted}. Received: {what}. The file is damaged: put back a copy, or "
        "delete it (all but run.json may be missing)."
    )
