"""The top of the page: what run it was, and how every task came out of it."""

from __future__ import annotations

from typing import Any

from keras_mtl.reports import figures
from keras_mtl.reports.figures import number, parsed
from keras_mtl.reports.results import TaskResult, best_epoch, lower_is_better, shown_split
from keras_mtl.reports.run_files import RunFiles

_STATUSES = ("running", "finished", "interrupted", "failed")


def header(files: RunFiles) -> dict[str, Any]:
    """Name, status, facts and notices."""
    status = str(files.run.get("status") or "unknown")
    return {
        "name": str(files.run.get("name") or files.folder.resolve().name),
        "status": status,
        "tone": status if status in _STATUSES else "unknown",
        "error": str(files.run.get("error") or ""),
        "facts": [fact for fact in _facts(files) if fact[1]],
        "notices": _notices(files),
    }


def results(files: RunFiles, tasks: list[TaskResult]) -> dict[str, Any]:
    """The table of all tasks: one split's figures, a column for each metric.

    A cell is `(value, share)`; the share, for a bar, is `None` where a metric is no share.
    """
    split = next(
        (
            split
            for split in (shown_split(files), "validation", "train")
            if any(split in task.figures for task in tasks)
        ),
        None,
    )
    metrics = list(dict.fromkeys(curve.metric for task in tasks for curve in task.curves))
    kept = [task.figures.get(split or "", {}) for task in tasks]
    shares = {metric for metric in metrics if _is_share(metric, [row.get(metric) for row in kept])}
    rows = [
        {
            "task": task,
            "rows": task.review.get("rows") if task.reviewed == split else None,
            "cells": [
                (row.get(metric), row.get(metric) if metric in shares else None)
                for metric in (metrics if split else [])
            ],
        }
        for task, row in zip(tasks, kept, strict=True)
    ]
    return {
        "split": split,
        "epoch": best_epoch(files) if split != shown_split(files) else None,
        "checkpoint": files.evaluation.get("checkpoint"),
        "metrics": metrics if split else [],
        "counted": any(row["rows"] is not None for row in rows),
        "rows": rows,
        "sorted_by": _order(tasks),
    }


def duration(files: RunFiles) -> float | None:
    """Seconds from start to end, or as far as parts and epochs tell."""
    start, end = parsed(files.run.get("started")), parsed(files.run.get("ended"))
    if start and end and end >= start:
        return (end - start).total_seconds()
    parts = files.run.get("seconds")
    known = list(parts.values()) if isinstance(parts, dict) else []
    known = known or [logs.get("seconds") for logs in files.epochs]
    seconds = [value for value in map(number, known) if value is not None]
    return sum(seconds) if seconds else None


def _order(tasks: list[TaskResult]) -> str | None:
    """The metric that the tasks are sorted by, or `None` if they stand as declared."""
    declared = [task.number for task in tasks] == sorted(task.number for task in tasks)
    mains = {task.main for task in tasks}
    return None if declared or len(mains) > 1 else mains.pop()


def _is_share(metric: str, values: list[float | None]) -> bool:
    known = [value for value in values if value is not None]
    # An error may lie between 0 and 1 and is no share all the same.
    return not lower_is_better(metric) and bool(known) and all(0 <= value <= 1 for value in known)


def _facts(files: RunFiles) -> list[tuple[str, str]]:
    run = files.run
    seconds = duration(files)
    seed = run.get("seed")
    return [
        ("started", figures.moment(run["started"]) if run.get("started") else ""),
        ("took", figures.duration(seconds) if seconds is not None else ""),
        ("epochs", str(len(files.epochs))),
        ("best epoch", _best(files)),
        ("tasks", str(len(run["tasks"]))),
        ("parameters", _parameters(run.get("parameters"))),
        ("seed", "" if seed is None else str(seed)),
        ("backend", str(run.get("backend") or "")),
    ]


def _best(files: RunFiles) -> str:
    epoch = best_epoch(files)
    if epoch is None:
        return ""
    best = files.run.get("best")
    if not isinstance(best, dict) or number(best.get("value")) is None:
        return str(epoch)
    metric = figures.words(str(best.get("metric", "")).replace("val_", "validation_"))
    return f"{epoch} ({metric} {figures.figure(best['value'])})"


def _parameters(given: Any) -> str:
    if not isinstance(given, dict):
        return ""
    heads = given.get("heads")
    counts = [given.get("trunk"), *(heads.values() if isinstance(heads, dict) else [])]
    known = [value for value in map(number, counts) if value is not None]
    return figures.count(sum(known)) if known else ""


def _notices(files: RunFiles) -> list[str]:
    """What a reader would miss on this page, and why."""
    found = []
    if not files.epochs:
        found.append("No epoch was finished, so there are no figures and no curves.")
    if not files.evaluation and files.epochs:
        found.append(
            "The run was not evaluated (no evaluation.json): the figures of the tasks are those "
            "of its best epoch, and there are no mistakes to show."
        )
    missing = [
        name
        for name, there in (("config.yaml", files.config), ("data.json", files.data))
        if not there
    ]
    if missing:
        found.append(f"Not in the run folder: {', '.join(missing)}.")
    return found
