"""Progress of a training, for somebody who watches it in a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

# Of more tasks than this an epoch shows the mean, and those with the highest loss.
_MANY_TASKS, _SHOWN_TASKS = 8, 3


class EpochProgress(keras.callbacks.Callback):
    """A bar with rows per second and the time left, and a line of each epoch's figures.

    Shows nothing where the console is no terminal.

    Args:
        console: Where to show it.
        rows_per_step: Rows of a step, over all streams.
    """

    def __init__(self, console: Console, rows_per_step: int) -> None:
        super().__init__()
        self.console = console
        self.rows_per_step = rows_per_step
        self._progress: Progress | None = None
        self._bar: Any = None
        self._begin = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        if not self.console.is_terminal:
            return
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self.console,
            transient=True,
        )
        steps = (self.params.get("steps") or 0) * self.params["epochs"]
        self._bar = self._progress.add_task("training", total=steps or None, rate="")
        self._progress.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begin = time.perf_counter()
        if self._progress is not None:
            words = f"epoch {epoch + 1}/{self.params['epochs']}"
            done = epoch * (self.params.get("steps") or 0)
            self._progress.update(self._bar, description=words, completed=done)

    # A batch *end* hook would make Keras wait for the figures of every step.
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self._progress is not None and batch:
            rate = batch * self.rows_per_step / max(time.perf_counter() - self._begin, 1e-9)
            self._progress.update(
                self._bar, advance=self.model.steps_per_execution, rate=f"{rate:,.0f} rows/s"
            )

    def on_test_begin(self, logs: Any = None) -> None:
        if self._progress is not None:
            self._progress.update(self._bar, rate="validation")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._progress is not None:
            seconds = time.perf_counter() - self._begin
            self._progress.console.print(
                f"epoch {epoch + 1}/{self.params['epochs']}  {seconds:.1f} s  loss "
                f"{_pair(logs or {}, 'loss')}; train (validation)",
                highlight=False,
            )
            for line in self._lines(logs or {}):
                self._progress.console.print(line, highlight=False)

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away; Keras does not say so where a training breaks off."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _lines(self, logs: dict[str, Any]) -> list[str]:
        """A line for each task; of many tasks the mean, and the few with the highest loss."""
        names = [task.name for task in self.model.tasks]
        if len(names) <= _MANY_TASKS:
            return [f"  {name}: {_figures(self._metrics(name), name, logs)}" for name in names]
        shared = [
            one for one in self._metrics(names[0]) if all(one in self._metrics(n) for n in names)
        ]
        means = {
            f"{prefix}mean_{metric}": sum(float(logs[key]) for key in keys) / len(keys)
            for metric in shared
            for prefix in ("", "val_")
            if (keys := [f"{prefix}{name}_{metric}" for name in names])
            and all(k in logs for k in keys)
        }
        last = "val_" if f"val_{names[0]}_loss" in logs else ""
        worst = sorted(names, key=lambda name: -float(logs.get(f"{last}{name}_loss", 0.0)))
        shown = worst[:_SHOWN_TASKS]
        return [
            f"  mean of {len(names)} tasks: {_figures(shared, 'mean', means)}",
            f"  the {len(shown)} of the highest {'validation ' if last else ''}loss:",
            *(f"    {name}: {_figures(self._metrics(name), name, logs)}" for name in shown),
        ]

    def _metrics(self, task: str) -> list[str]:
        return ["loss", *(metric.name for metric in self.model.settings.scoring.metrics[task])]


def _figures(metrics: Sequence[str], whose: str, logs: dict[str, Any]) -> str:
    return "  ".join(f"{name} {_pair(logs, f'{whose}_{name}')}" for name in metrics)


def _pair(logs: dict[str, Any], name: str) -> str:
    """A figure of train, and that of validation behind it."""
    words = f"{float(logs[name]):.4f}" if name in logs else "-"
    return words + (f" ({float(logs[f'val_{name}']):.4f})" if f"val_{name}" in logs else "")
