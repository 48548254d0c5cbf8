"""The configuration of a run: what a run file says, checked, defaults filled in."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from keras_mtl.config.kinds import IMPORT_PATH, Kind
from keras_mtl.config.yaml_file import Document, Place, dump_yaml

KIND = "kind"  # The key that names what a section makes.


@dataclasses.dataclass(frozen=True)
class Choice:
    """Something named in a run file, with its arguments.

    Args:
        kind: What is named.
        values: The keys of its section; a value may be a choice itself.
        place: Where it stands in the run file.
    """

    kind: Kind
    values: Mapping[str, Any]
    place: Place = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """The values that are arguments of what is named."""
        return {
            name: value
            for name, value in self.values.items()
            if name in self.kind.keys or self.kind.open_ended and name != KIND
        }

    def make(self, **context: Any) -> Any:
        """Make the object; `context` is what the run supplies to it."""
        values = {
            name: value.make(**context) if isinstance(value, Choice) else value
            for name, value in self.arguments.items()
        }
        return self.kind(values, **context)


@dataclasses.dataclass(frozen=True)
class DataSection:
    """A dataset of a run, and which of its training rows to leave out."""

    choice: Choice
    screen: Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True)
class TaskSection:
    """A task of a run: its datasets, its label column (`None`: to be found), its weight.

    With `tasks_from`, a column, it stands for a task of each value of that column.
    """

    choice: Choice
    data: tuple[str, ...]
    column: str | None
    weight: float
    tasks_from: str | None = None


@dataclasses.dataclass(frozen=True)
class TrainingSection:
    """How a run is trained.

    Args:
        epochs: Most epochs.
        distribute: On which devices.
        optimizer: The optimizer.
        balancer: The balancer.
        early_stopping: Arguments of the stopping rule, or `None`.
        checkpoint: Arguments of the choice of the best epoch.
        resume: How often the state of the run is saved.
        callbacks: Further callbacks.
        compile: Further arguments of `MultiTaskModel.compile`.
    """

    epochs: int
    distribute: str
    optimizer: Choice
    balancer: Choice
    early_stopping: Mapping[str, Any] | None
    checkpoint: Mapping[str, Any]
    resume: Mapping[str, Any]
    callbacks: tuple[Choice, ...]
    compile: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """A run file, checked; `load_config` makes it.

    Args:
        output: The run folder.
        modules: Where modules of import paths are looked for, too.
        seed: Seed of every random choice.
        data: Datasets by name.
        tasks: Tasks by name.
        tokenizer: How texts become token ids; `None` where the trunk comes with a tokenizer.
        trunk: The shared encoder.
        mixture: Arguments of the `Mixture`.
        training: How the model is trained.
        document: The file it was read from, for messages.
        transfer: What the model begins with, or `None`.
    """

    output: Path
    modules: Path
    seed: int
    data: Mapping[str, DataSection]
    tasks: Mapping[str, TaskSection]
    tokenizer: Choice | None
    trunk: Choice
    mixture: Mapping[str, Any]
    training: TrainingSection
    document: Document = dataclasses.field(repr=False)
    transfer: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Every key with its value; `load_config` makes an equal configuration of it."""
        training = self.training
        return {
            "output": str(self.output),
            "modules": str(self.modules),
            "seed": self.seed,
            "data": {
                name: {**_written(one.choice), "screen": _written(one.screen)}
                for name, one in self.data.items()
            },
            "tasks": {name: _written_task(one) for name, one in self.tasks.items()},
            "tokenizer": _written(self.tokenizer),
            "trunk": _written(self.trunk),
            # Without it a configuration is what it was before there was any.
            **({"transfer": _written(self.transfer)} if self.transfer else {}),
            "mixture": _written(self.mixture),
            "training": {
                "epochs": training.epochs,
                "distribute": training.distribute,
                "optimizer": _written(training.optimizer),
                "balancer": _written(training.balancer),
                "early_stopping": _written(training.early_stopping),
                "checkpoint": _written(training.checkpoint),
                "resume": _written(training.resume),
                "callbacks": [_written(one) for one in training.callbacks],
                **_written(training.compile),
            },
        }

    def to_yaml(self) -> str:
        """The same as a run file."""
        return dump_yaml(self.to_dict())

    def own_modules(self) -> list[str]:
        """Modules of import paths that a saved model may need to be loaded."""
        training = self.training
        choices = [self.trunk, training.optimizer, training.balancer]
        choices += [one.choice for one in self.tasks.values()]
        choices += [self.tokenizer] if self.tokenizer else []
        choices += [one for choice in choices for one in choice.values.values() if _is_choice(one)]
        names = [one.values.get(KIND) for one in choices]
        steps = self.tokenizer.values.get("cleaning") if self.tokenizer else None
        for step in steps or []:
            names += list(step) if isinstance(step, Mapping) else [step]
        own = [name for name in names if isinstance(name, str) and IMPORT_PATH.fullmatch(name)]
        return sorted({name.partition(":")[0] for name in own})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what a run is: not its places, devices, parts, nor how often it is saved."""
        content = {**self.to_dict(), "output": None, "modules": None}
        for key in ("distribute", "micro_batches", "resume"):
            del content["training"][key]
        return hashlib.sha256(yaml.safe_dump(content).encode()).hexdigest()


def _is_choice(value: Any) -> bool:
    return isinstance(value, Choice)


def _written(value: Any) -> Any:
    """A value as YAML knows it."""
    if isinstance(value, Choice):
        value = value.values
    if isinstance(value, Mapping):
        return {str(key): _written(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(one) for one in value]
    return value


def _written_task(task: TaskSection) -> dict[str, Any]:
    more = {"data": list(task.data), "column": task.column, "weight": task.weight}
    more["tasks_from"] = task.tasks_from
    return {**_written(task.choice), **more}
