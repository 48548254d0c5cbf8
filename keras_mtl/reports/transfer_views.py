"""What a run began with: the source, from scratch and transferred, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_mtl.reports.figures import number
from keras_mtl.reports.results import TaskResult, lower_is_better, task_results
from keras_mtl.reports.run_files import RunFiles, mapping, read_run

SCRATCH = "scratch"  # The folder of the same run without a source, inside of this one.


def transfer(files: RunFiles, tasks: Sequence[TaskResult], split: str | None) -> Any:
    """What was taken over, and a row of figures for each task; `None` without a source."""
    given = mapping(files.run.get("transfer"))
    if not given:
        return None
    scratch = _scratch(files)
    figures = mapping(given.get("figures"))
    rows = []
    for task in sorted(tasks, key=lambda one: one.number):
        own = task.figures.get(split or "", {}).get(task.main)
        plain = scratch.get(task.name)
        before = plain.figures.get(split or "", {}).get(task.main) if plain else None
        rows.append(
            {
                "task": task,
                "metric": task.main,
                "source": number(figures.get(f"{task.name}_{task.main}")),
                "scratch": before,
                "transferred": own,
                "gain": _gain(task.main, before, own),
                "epochs": (plain.best_epoch if plain else None, task.best_epoch),
            }
        )
    known = {f"{task.name}_{task.main}" for task in tasks}
    return {
        "source": str(given.get("source", "")),
        "thaw": str(given.get("thaw", "")).replace("_", " "),
        "coverage": number(given.get("coverage")),
        "words": mapping(given.get("words")),
        "variables": [mapping(one) for one in given.get("variables") or ()],
        "rows": rows,
        "has_scratch": bool(scratch),
        "others": [
            (name, value)
            for name, value in figures.items()
            if name not in known and not name.endswith("loss") and number(value) is not None
        ],
    }


def _gain(metric: str, before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    return before - after if lower_is_better(metric) else after - before


def _scratch(files: RunFiles) -> dict[str, TaskResult]:
    """The results of the run from scratch, by task; empty if there is none, or it is damaged."""
    try:
        found = read_run(files.folder / SCRATCH)
    except (FileNotFoundError, ValueError):
        return {}
    return {task.name: task for task in task_results(found)}
