"""The training of a run: who watches it, and what happens at its end."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import keras
from rich.console import Console

from keras_mtl.config import ConfigError, RunConfig
from keras_mtl.data import Mixture
from keras_mtl.runs.building import Built
from keras_mtl.runs.errors import RunInterrupted
from keras_mtl.runs.folder import CHECKPOINTS, RESUME, TENSORBOARD, RunFolder
from keras_mtl.runs.interrupting import Interruptible
from keras_mtl.runs.progress import EpochProgress
from keras_mtl.runs.record import RunRecord
from keras_mtl.runs.recording import EpochRecorder, TensorBoardWriter
from keras_mtl.runs.sections import section
from keras_mtl.runs.transferring import thawing
from keras_mtl.training import BestAndLast, MultiTaskEarlyStopping, SaveAndResume


@dataclasses.dataclass(frozen=True)
class Watchers:
    """What judges the epochs of a run.

    Args:
        validation: The validation rows, or `None`.
        checkpoints: Keeps the best and the last model.
        resume: Saves where the run stands.
        others: Early stopping and callbacks of the user.
    """

    validation: Mixture | None
    checkpoints: BestAndLast
    resume: SaveAndResume
    others: tuple[keras.callbacks.Callback, ...]


def make_watchers(config: RunConfig, built: Built) -> Watchers:
    """Make what judges the epochs, and check it against the model. Nothing is written.

    Raises:
        ConfigError: If a task, a metric or an argument is not as it must be.
    """
    training, validation = config.training, _validation(built)
    others = []
    for number, one in enumerate(training.callbacks):
        with section(config, ("training", "callbacks", number)):
            others.append(one.make())
    if training.early_stopping is not None:
        with section(config, ("training", "early_stopping")):
            if validation is None:
                raise ConfigError(
                    "needs validation rows of every dataset. Received: none of "
                    f"{', '.join(_unvalidated(built))}. Give a file, or a validation_fraction "
                    "above 0."
                )
            stopping = MultiTaskEarlyStopping(**training.early_stopping)
            stopping.choice.of(built.model)
            others.append(stopping)
    with section(config, ("training", "checkpoint")):
        folder = config.output / CHECKPOINTS
        checkpoints = BestAndLast(folder, configuration=config.fingerprint, **training.checkpoint)
        checkpoints.choice.of(built.model, validated=validation is not None)
    with section(config, ("training", "resume")):
        resume = SaveAndResume(
            config.output / RESUME,
            configuration=config.fingerprint,
            delete=False,
            verbose=0,
            **training.resume,
        )
    return Watchers(validation, checkpoints, resume, tuple(others))


def fit(
    config: RunConfig,
    built: Built,
    watchers: Watchers,
    folder: RunFolder,
    record: RunRecord,
    console: Console,
) -> None:
    """Train, writing down what happens.

    Raises:
        RunInterrupted: After Ctrl-C; what was learned is kept as `last`.
    """
    rows_per_step = sum(record.info["mixture"]["rows_per_step"].values())
    recorder = EpochRecorder(folder, rows_per_step * built.mixture.steps_per_epoch)
    board = TensorBoardWriter(folder.path / TENSORBOARD)
    progress = EpochProgress(console, rows_per_step)
    interruptible = Interruptible()
    thaw = thawing(config.transfer)
    own: list[Any] = [*thaw, *watchers.others, watchers.checkpoints, recorder, board, progress]
    try:
        with interruptible.listening():
            built.model.fit(
                built.mixture,
                validation_data=watchers.validation,
                epochs=config.training.epochs,
                callbacks=[*own, interruptible, watchers.resume],
                verbose=0,
            )
        if interruptible.asked:  # After the last step.
            raise RunInterrupted
    except RunInterrupted:
        watchers.checkpoints.save_last()
        watchers.resume.save()
        raise
    finally:
        board.close()
        progress.close()
        record.info["best"] = watchers.checkpoints.best


def _validation(built: Built) -> Mixture | None:
    """The validation rows; none if a dataset lacks them, as a task would have no figures."""
    missing = _unvalidated(built)
    if missing:
        if len(missing) < len(built.datasets):
            warnings.warn(
                f"Datasets without validation rows: {', '.join(missing)}. No validation is done "
                "during training. Give each dataset a file, or a validation_fraction above 0.",
                stacklevel=2,
            )
        return None
    splits = {name: one.splits["validation"] for name, one in built.datasets.items()}
    return built.mixture.like(**splits)


def _unvalidated(built: Built) -> list[str]:
    return [name for name, one in built.datasets.items() if one.validation is None]
