"""One task as the page shows it: curves, figures, confusions, mistakes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from keras_mtl.reports.figures import number, words
from keras_mtl.reports.panels import panel
from keras_mtl.reports.results import Curve, TaskResult, best_epoch, lower_is_better, series
from keras_mtl.reports.reviews import LARGEST_MATRIX
from keras_mtl.reports.run_files import RunFiles
from keras_mtl.reports.run_views import other_logs

_RUN = "all tasks"
# Up to so many, a matrix has room for names of this width beside one another.
_FEW_LABELS, _SHORT_NAME = 6, 8


def task_view(files: RunFiles, task: TaskResult) -> dict[str, Any]:
    """All of one task."""
    best = best_epoch(files)
    metrics = [curve.metric for curve in task.curves]
    labels = task.entry.get("labels")
    return {
        "task": task,
        "labels": len(labels) if isinstance(labels, list) else None,
        "panels": curve_panels(files, task.curves, best, task.name),
        "metrics": metrics,
        "figures": [(split, [kept.get(m) for m in metrics]) for split, kept in _splits(task)],
        "matrix": _matrix(task.review.get("matrix")),
        "table": _table(task.review.get("table")),
        "scored": _columns(task.review.get("table"))[:1] == ["scores"],
        "confusions": _confusions(task.review),
        "counted": _counted(task.review.get("table")),
        "examples": [
            {**one, "words": _objects(one.get("words"))}
            for one in _objects(task.review.get("examples"))
        ],
    }


def curve_panels(
    files: RunFiles, curves: Sequence[Curve], best: int | None, whose: str
) -> list[dict[str, Any]]:
    """A plot for each curve with values, its name and its validation at the best epoch.

    None for a single epoch: two dots say no more than the table of figures does.
    """
    epochs = [logs["epoch"] for logs in files.epochs]
    found: list[dict[str, Any]] = []
    if len(epochs) < 2:
        return found
    for curve in curves:
        if curve.empty:
            continue
        title = f"{whose}, {words(curve.metric)} by epoch"
        # The learning rate is no figure of the training rows; without a name it is neither.
        named = whose != _RUN or any(value is not None for value in curve.validation)
        found.append(
            {
                "metric": curve.metric,
                "svg": panel(epochs, curve.train, curve.validation, best, title, named),
                "value": curve.validation[epochs.index(best)] if best in epochs else None,
            }
        )
    return found


def run_panels(files: RunFiles) -> list[dict[str, Any]]:
    """Plots of what is no task's: the loss of all tasks, the learning rate, the speed."""
    keys = [*(["loss"] if len(files.run["tasks"]) > 1 else []), *other_logs(files)]
    curves = [Curve(key, series(files, key), series(files, f"val_{key}")) for key in keys]
    return curve_panels(files, curves, best_epoch(files), _RUN)


def _splits(task: TaskResult) -> list[tuple[str, Mapping[str, float | None]]]:
    order = {"train": 0, "validation": 1}
    return sorted(task.figures.items(), key=lambda one: order.get(one[0], 2))


def _matrix(given: Any) -> dict[str, Any] | None:
    """The rows of a matrix, each cell with its share of the row."""
    if not isinstance(given, dict) or not 0 < len(given.get("names") or ()) <= LARGEST_MATRIX:
        return None
    names = [str(name) for name in given["names"]]
    rows = []
    for place, (name, counts) in enumerate(zip(names, given["counts"], strict=False)):
        known = [number(value) or 0.0 for value in counts]
        total = sum(known)
        cells = [
            {"rows": value, "share": value / total if total else 0.0, "right": column == place}
            for column, value in enumerate(known)
        ]
        rows.append({"name": name, "total": total, "cells": cells})
    short = len(names) <= _FEW_LABELS and max(map(_width, names)) <= _SHORT_NAME
    return {"names": names, "rows": rows, "upright": short, "small": len(names) > 12}


def _width(name: str) -> int:
    """Letters of a name, those of Chinese and its like counting twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in name)


def _table(given: Any) -> dict[str, Any] | None:
    """The figures by label: in class order if they are few, else the weakest first."""
    if not isinstance(given, dict) or not given.get("rows"):
        return None
    columns = _columns(given)
    rows = [list(row) for row in given["rows"]]
    bars = not lower_is_better(columns[-1].lower())  # The last column, where it holds shares.
    if len(rows) <= LARGEST_MATRIX:
        return {"columns": columns, "rows": rows, "rest": [], "by": None, "bars": bars}
    by = columns[-1]

    def weakest(row: list[Any]) -> tuple[bool, float]:
        value = number(row[-1])
        # Labels without a figure come last: there is nothing to mend.
        return value is None, (value or 0.0) * (-1 if lower_is_better(by) else 1)

    rows.sort(key=weakest)
    return {"columns": columns, "rows": rows[:12], "rest": rows[12:], "by": by, "bars": bars}


def _confusions(review: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The most frequent confusions, with the share of the expected label's rows."""
    found = _objects(review.get("confusions"))
    table = review.get("table")
    rows = table.get("rows") if isinstance(table, dict) else None
    totals = {row[0]: number(row[1]) for row in rows or () if len(row) > 1}
    for one in found:
        total = number(one.get("of")) or totals.get(one.get("expected"))
        value = number(one.get("rows"))
        one["share"] = value / total if total and value is not None else None
    return found


def _counted(table: Any) -> str:
    """What matrix and confusions count: rows, or words where each has a label."""
    return "words" if {"words", "entities"} & set(_columns(table)[1:2]) else "rows"


def _columns(table: Any) -> list[str]:
    return list(map(str, table.get("columns") or ())) if isinstance(table, dict) else []


def _objects(given: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in given if isinstance(one, dict)] if isinstance(given, list) else []
