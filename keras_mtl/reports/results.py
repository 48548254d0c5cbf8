"""The figures of each task: by split, and by epoch."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from keras_mtl.reports.figures import number
from keras_mtl.reports.run_files import RunFiles, mapping

Series = tuple[float | None, ...]
# What is better the lower it is, as far as a name can tell.
_LOSSES = re.compile(r"(^|_)(loss|error|perplexity|mae|mse|rmse)$")
# What stands for a task, in the order of choice; all of these are better the higher they are.
_MAIN = ("macro_f1", "f1", "quadratic_kappa", "pearson")
# Few tasks stand as declared, at full length; of more the weakest come first, folded.
FEW_TASKS = 4


@dataclasses.dataclass(frozen=True)
class Curve:
    """One metric of one task, by epoch.

    Args:
        metric: Name of the metric, without that of its task.
        train: `(E,)` values, `None` where there is no finite one.
        validation: Likewise.
    """

    metric: str
    train: Series
    validation: Series

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return all(value is None for value in self.train + self.validation)


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """All that is known of how well a task went.

    Args:
        number: Place among the tasks of the run, from 1; names the task in links.
        entry: What `run.json` says of the task.
        curves: Loss first, then the metrics.
        figures: Split to metric to value; training and validation at the run's best epoch.
        best_epoch: The epoch with the task's own lowest validation loss, or `None`.
        reviewed: The split of the review, or `None`.
        review: What `review_json` gave, or empty.
    """

    number: int
    entry: Mapping[str, Any]
    curves: tuple[Curve, ...]
    figures: Mapping[str, Mapping[str, float | None]]
    best_epoch: int | None
    reviewed: str | None
    review: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The task's name."""
        return str(self.entry["name"])

    @property
    def main(self) -> str:
        """The metric that tasks are compared by: one of `_MAIN`, the first, or loss."""
        metrics = [curve.metric for curve in self.curves if curve.metric != "loss"]
        known = [name for name in _MAIN if name in metrics]
        return (known or metrics or ["loss"])[0]


def lower_is_better(metric: str) -> bool:
    """Whether a metric is a loss.

    Example:
        >>> lower_is_better("loss"), lower_is_better("mean_absolute_error")
        (True, True)
        >>> lower_is_better("accuracy")
        False
    """
    return bool(_LOSSES.search(metric))


def series(files: RunFiles, key: str) -> Series:
    """The finite values of one log entry, by epoch."""
    return tuple(number(logs.get(key)) for logs in files.epochs)


def best_epoch(files: RunFiles) -> int | None:
    """The epoch that the run holds for its best: as it says, else that of the lowest `val_loss`."""
    best = files.run.get("best")
    said = best.get("epoch") if isinstance(best, dict) else None
    return said if isinstance(said, int) else _lowest(files, "val_loss")


def shown_split(files: RunFiles) -> str | None:
    """The split that was evaluated; test rather than another."""
    splits = mapping(files.evaluation.get("splits"))
    return "test" if "test" in splits else next(iter(splits), None)


def task_results(files: RunFiles) -> list[TaskResult]:
    """Every task's figures: in the order declared, or, if there are many, the weakest first."""
    results = [
        _task_result(files, place, entry) for place, entry in enumerate(files.run["tasks"], 1)
    ]
    if len(results) <= FEW_TASKS:
        return results
    split = shown_split(files) or "validation"

    def quality(result: TaskResult) -> tuple[bool, float]:
        value = result.figures.get(split, {}).get(result.main)
        if value is None:
            return False, 0.0
        return True, -value if lower_is_better(result.main) else value

    return sorted(results, key=quality)


def _task_result(files: RunFiles, place: int, entry: Mapping[str, Any]) -> TaskResult:
    name = str(entry["name"])
    metrics = [str(metric) for metric in entry.get("metrics") or ["loss"]]
    metrics.sort(key=lambda metric: metric != "loss")
    curves = tuple(
        Curve(metric, series(files, f"{name}_{metric}"), series(files, f"val_{name}_{metric}"))
        for metric in metrics
    )
    reviewed, review = _review(files, name)
    figures = {split: kept for split, kept in _figures(files, name, curves) if any_there(kept)}
    own_best = _lowest(files, f"val_{name}_loss")
    return TaskResult(place, entry, curves, figures, own_best, reviewed, review)


def _figures(
    files: RunFiles, name: str, curves: tuple[Curve, ...]
) -> list[tuple[str, dict[str, float | None]]]:
    numbers = [logs["epoch"] for logs in files.epochs]
    best = best_epoch(files)
    # Without a best epoch the last one stands for the run.
    at = numbers.index(best) if best in numbers else len(numbers) - 1
    found = []
    if numbers:
        found += [
            ("train", {curve.metric: curve.train[at] for curve in curves}),
            ("validation", {curve.metric: curve.validation[at] for curve in curves}),
        ]
    for split, evaluated in mapping(files.evaluation.get("splits")).items():
        logs = mapping(mapping(evaluated).get("logs"))
        kept = {curve.metric: number(logs.get(f"{name}_{curve.metric}")) for curve in curves}
        found.append((str(split), kept))
    return found


def _review(files: RunFiles, name: str) -> tuple[str | None, Mapping[str, Any]]:
    splits = mapping(files.evaluation.get("splits"))
    first = shown_split(files)
    for split in sorted(splits, key=lambda split: split != first):
        found = mapping(mapping(mapping(splits[split]).get("tasks")).get(name))
        if found:
            return split, found
    return None, {}


def _lowest(files: RunFiles, key: str) -> int | None:
    values = [
        (value, logs["epoch"])
        for value, logs in zip(series(files, key), files.epochs, strict=True)
        if value is not None
    ]
    return min(values)[1] if values else None


def any_there(figures: Mapping[str, float | None]) -> bool:
    """Whether one of the figures is known."""
    return any(value is not None for value in figures.values())
