"""A run that was trained: its configuration, figures and models."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_mtl.config import RunConfig, load_config
from keras_mtl.data.mixing.rows import texts_of
from keras_mtl.data.text.compared import are_compared
from keras_mtl.data.text.words import words_read
from keras_mtl.heads import WORD_STARTS
from keras_mtl.model import MultiTaskModel
from keras_mtl.reports import FORMAT, write_report
from keras_mtl.runs.building import compile_model, load_datasets, make_mixture, make_tasks
from keras_mtl.runs.errors import RunError
from keras_mtl.runs.evaluating import evaluate_split
from keras_mtl.runs.folder import CHECKPOINTS, CONFIG, EVALUATION, INFO, METRICS, RunFolder
from keras_mtl.runs.modules import import_modules
from keras_mtl.runs.tasks_from import with_parts
from keras_mtl.tasks import Word, answer
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

        Modules of your own that it was made with are imported first: load the runs of those you
        trust, as you would run their programs.

        Raises:
            RunError: If such a module cannot be imported.
            ValueError: If the checkpoint is missing, damaged, or of another run.
        """
        info = self.info
        import_modules(info.get("modules"), self.path)
        configuration = info.get("configuration")
        if not isinstance(configuration, str):
            raise RunError(
                f"'{self.path / INFO}' must hold the fingerprint of its configuration. Received: "
                f"configuration={configuration!r}. The file is damaged: restore it."
            )
        return load_checkpoint(self.path / CHECKPOINTS, checkpoint, configuration=configuration)

    def predictor(self, checkpoint: str = "best") -> Callable[[Sequence[Any]], Answers]:
        """A function from texts to task name to prediction in words, as a `Predictor` answers.

        All may be lists of words instead; or pairs or queries, as a `Predictor` takes them.
        """
        model = self.model(checkpoint)

        def predict(texts: Sequence[Any]) -> Answers:
            given: Any = texts if isinstance(texts, Mapping) else list(texts)
            predicted = model.predict(given, verbose=0)
            rows = texts_of(given) or ()
            words: list[Any] = [()] * len(rows)
            if are_compared(rows):
                words = [tuple(map(Word, row.others)) for row in rows]
            elif WORD_STARTS in model.input:
                words = words_read(model.preprocessor, given)
            return [answer(model.tasks, predicted, row, found) for row, found in enumerate(words)]

        return predict

    def evaluate(self, split: str = "test", checkpoint: str = "best") -> dict[str, Any]:
        """Score a checkpoint on a split.

        The scores are kept in the folder and its report, which hold those of one checkpoint: the
        best, where there is one.

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
        kept = self._kept()
        model = self.model(checkpoint)
        config, datasets = with_parts(config, load_datasets(config))
        if not any(split in one.splits for one in datasets.values()):
            there = sorted({part for one in datasets.values() for part in one.splits})
            raise RunError(
                f"`split` must be one that a dataset of the run has: {', '.join(there)}. "
                f"Received: {split!r}."
            )
        mixture = make_mixture(config, datasets, make_tasks(config, datasets))
        compile_model(config, model, mixture)
        with self.folder.opened():
            scores = evaluate_split(model, datasets, mixture, split)
            if checkpoint == kept.get("checkpoint", checkpoint):
                kept = {
                    "checkpoint": checkpoint,
                    "splits": {**kept.get("splits", {}), split: scores},
                }
                self.folder.write(EVALUATION, kept)
                write_report(self.path)
        return {**scores, "changed": self._changed(datasets)}

    def report(self) -> Path:
        """Write `report.html` anew, and return its path."""
        return write_report(self.path)

    def _kept(self) -> dict[str, Any]:
        """The scores there are."""
        if not (self.path / EVALUATION).is_file():
            return {}
        kept = self.folder.read(EVALUATION)
        if not isinstance(kept, dict) or not isinstance(kept.get("splits"), dict):
            raise RunError(
                f"'{self.path / EVALUATION}' must hold an object with `splits`. Received: "
                f"{kept!r:.60}. The file is damaged: delete it, and evaluate again."
            )
        return kept

    def _changed(self, datasets: Any) -> list[str]:
        trained = self.info.get("fingerprints")
        if not isinstance(trained, dict):
            return list(datasets)
        return [
            name
            for name, dataset in datasets.items()
            if any(
                (trained.get(name) or {}).get(part) != split.fingerprint
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
