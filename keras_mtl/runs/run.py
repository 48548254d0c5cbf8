"""A run that was trained: its configuration, figures and models."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_mtl.config import RunConfig, load_config
from keras_mtl.model import MultiTaskModel
from keras_mtl.reports import FORMAT, write_report
from keras_mtl.runs.building import compile_model, load_datasets, make_mixture, make_tasks
from keras_mtl.runs.errors import RunError
from keras_mtl.runs.evaluating import evaluate_split
from keras_mtl.runs.folder import CHECKPOINTS, CONFIG, EVALUATION, INFO, METRICS, RunFolder
from keras_mtl.training import load_checkpoint

Answers = list[dict[str, Any]]


class Run:
    """The folder of a run, to be looked at, evaluated, predicted with and exported.

    Args:
        path: The run folder.

    Raises:
        RunError: If there is no run, or one of a newer version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.folder = RunFolder(path)
        self.path = self.folder.path
        number = self._info().get("format")
        if not isinstance(number, int) or number > FORMAT:
            raise RunError(
                f"'{self.path / INFO}' must be of format {FORMAT} or older. Received: format "
                f"{number!r}. Upgrade keras_mtl to read it."
            )

    @property
    def info(self) -> dict[str, Any]:
        """`run.json`: status, times, versions, seed, fingerprints of the data, tasks."""
        return self._info()

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The figures of each epoch, by the names of the Keras logs."""
        lines = self.folder.read_text(METRICS).splitlines()
        try:
            return [json.loads(line) for line in lines if line.strip()]
        except json.JSONDecodeError as error:
            raise RunError(
                f"'{self.path / METRICS}' must hold a JSON object on each line. Received: {error}."
            ) from error

    @property
    def config(self) -> RunConfig:
        """The configuration, every default filled in."""
        self.folder.read_text(CONFIG)
        return load_config(self.path / CONFIG)

    def model(self, checkpoint: str = "best") -> MultiTaskModel:
        """The model of a checkpoint, `"best"` or `"last"`, compiled as it was trained.

        Raises:
            ValueError: If the checkpoint is missing, damaged, or of another configuration.
        """
        self.folder.read_text(CONFIG)
        return load_checkpoint(
            self.path / CHECKPOINTS, checkpoint, configuration=self.config.fingerprint
        )

    def predictor(self, checkpoint: str = "best") -> Callable[[Sequence[str]], Answers]:
        """A function from texts to task name to prediction in words, as a `Predictor` answers."""
        model = self.model(checkpoint)

        def predict(texts: Sequence[str]) -> Answers:
            predicted = model.predict(list(texts), verbose=0)
            return [
                {task.name: task.decode(predicted[task.name][row]) for task in model.tasks}
                for row in range(len(texts))
            ]

        return predict

    def evaluate(self, split: str = "test", checkpoint: str = "best") -> dict[str, Any]:
        """Score a checkpoint on a split, and keep the scores in the folder and its report.

        Args:
            split: `"train"`, `"validation"` or `"test"`.
            checkpoint: `"best"` or `"last"`.

        Returns:
            `{"logs": log name to figure, "tasks": task name to review, "changed": datasets whose
            rows are not those of the training any more}`.

        Raises:
            RunError: If no dataset has the split.
        """
        config = self.config
        model = self.model(checkpoint)
        datasets = load_datasets(config)
        if not any(split in one.splits for one in datasets.values()):
            there = sorted({part for one in datasets.values() for part in one.splits})
            raise RunError(
                f"`split` must be one that a dataset of the run has: {', '.join(there)}. "
                f"Received: {split!r}."
            )
        mixture = make_mixture(config, datasets, make_tasks(config, datasets))
        compile_model(config, model)
        with self.folder.opened():
            scores = evaluate_split(model, datasets, mixture, split)
            self._keep(checkpoint, split, scores)
        return {**scores, "changed": self._changed(datasets)}

    def report(self) -> Path:
        """Write `report.html` anew, and return its path."""
        return write_report(self.path)

    def _keep(self, checkpoint: str, split: str, scores: dict[str, Any]) -> None:
        there = (self.path / EVALUATION).is_file()
        kept = self.folder.read(EVALUATION) if there else {}
        splits = kept.get("splits", {}) if kept.get("checkpoint") == checkpoint else {}
        self.folder.write(
            EVALUATION, {"checkpoint": checkpoint, "splits": {**splits, split: scores}}
        )
        write_report(self.path)

    def _changed(self, datasets: Any) -> list[str]:
        trained = self.info.get("fingerprints", {})
        return [
            name
            for name, dataset in datasets.items()
            if any(
                trained.get(name, {}).get(part) != split.fingerprint
                for part, split in dataset.splits.items()
            )
        ]

    def _info(self) -> dict[str, Any]:
        found = self.folder.read(INFO)
        if not isinstance(found, dict):
            raise RunError(
                f"'{self.path / INFO}' must hold a JSON object. Received: a "
                f"{type(found).__name__}. The file is damaged: restore it, or train again."
            )
        return found
