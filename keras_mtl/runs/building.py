"""From a configuration to datasets, tasks, tokenizer, model and mixture."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from keras_mtl.config import ConfigError, RunConfig
from keras_mtl.config.kinds import IMPORT_PATH, TFDS, TRUNKS
from keras_mtl.config.run_config import Choice, TaskSection
from keras_mtl.data import Dataset, Mixture
from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.mixing.labels import encode_labels
from keras_mtl.model import MultiTaskModel
from keras_mtl.runs.columns import label_column, score_column, shared_labels
from keras_mtl.runs.sections import section
from keras_mtl.runs.tasks_from import with_parts
from keras_mtl.runs.transferring import begin_with, source_of
from keras_mtl.spans import are_spans
from keras_mtl.tasks import Task, balanced_class_weight, tags_of
from keras_mtl.tasks.thresholds import THRESHOLD
from keras_mtl.transfer import LoadReport, Source

BALANCED = "balanced"
# How thresholds are to be fitted, and what a label gets that no row has; without it, an error.
FITTED = {"fitted": None, "fitted_or_default": THRESHOLD}


@dataclasses.dataclass(frozen=True)
class Built:
    """The objects of a run.

    Args:
        config: The configuration, with a section for each task that was made from a column.
        datasets: By name.
        tasks: By name.
        model: Compiled, not trained.
        mixture: The training rows.
        transfer: What was loaded from a source, or `None`.
    """

    config: RunConfig
    datasets: Mapping[str, Dataset]
    tasks: Mapping[str, Task]
    model: MultiTaskModel
    mixture: Mixture
    transfer: LoadReport | None = None


def build(config: RunConfig) -> Built:
    """Load the data and make everything that training needs.

    The seed is set before the trunk is made, so that equal configurations give equal weights.

    Raises:
        ConfigError: If data, or values of the run file, are not as they must be.
    """
    config, datasets = with_parts(config, load_datasets(config))
    tasks = make_tasks(config, datasets)
    check_labels(config, datasets, tasks)
    tokenizer, source, taken = None, None, False
    if config.transfer is not None:
        with section(config, ("transfer", "source")):
            source, taken = source_of(config.transfer), config.transfer["take_tokenizer"]
            tokenizer = _tokenizer_of(source) if taken else None
    if config.tokenizer is not None and not taken:
        with section(config, ("tokenizer",)):
            texts = [dataset.train for dataset in datasets.values()]
            tokenizer = config.tokenizer.make(sources=texts)
    with section(config, ("mixture",)):
        mixture = make_mixture(config, datasets, tasks)
    keras.utils.set_random_seed(config.seed)
    with section(config, ("trunk",)):
        trunk = config.trunk.make(tokenizer=tokenizer, tasks=_tasks_of_trunk(config, tasks))
        # A trunk of the user's may be a pretrained one, with ids of its own.
        own = getattr(trunk, "preprocessor", None)
        model = MultiTaskModel(trunk, list(tasks.values()), preprocessor=own or tokenizer)
    with section(config, ("mixture",)):
        model.adapt(mixture)
    report = None
    if config.transfer is not None and source is not None:
        with section(config, ("transfer",)):
            report = begin_with(config.transfer, source, model)
    compile_model(config, model, mixture)
    return Built(config, datasets, tasks, model, mixture, report)


def _tasks_of_trunk(config: RunConfig, tasks: Mapping[str, Task]) -> list[Task] | list[list[Task]]:
    """The tasks as a trunk takes them: a bag, those with the same labels in a list of their own.

    They mean the same in tasks that were made from one section, with `tasks_from`; but a section
    may cut several datasets, each with labels of its own.
    """
    if config.trunk.kind is not TRUNKS["bag"]:  # That of a user knows nothing of lists.
        return list(tasks.values())
    alike: dict[Any, list[Task]] = {}
    for name, task in tasks.items():
        of_section = id(config.tasks[name].choice), getattr(task, "labels", None)
        alike.setdefault(of_section, []).append(task)
    return list(alike.values())


def _tokenizer_of(source: Source) -> Any:
    if source.tokenizer is None:
        raise ConfigError(
            f"must have a tokenizer where `take_tokenizer` is true. Received: {source.called}, "
            "which has none."
        )
    return source.tokenizer


def load_datasets(config: RunConfig) -> dict[str, Dataset]:
    """The datasets of a run, by name.

    Raises:
        ConfigError: If one is not there, or not as it must be.
    """
    found = {}
    for name, one in config.data.items():
        with section(config, ("data", name)):
            source = str(one.choice.values.get("source", name))
            own = not source.startswith(TFDS) and IMPORT_PATH.fullmatch(source)
            called = name if own else source.removeprefix(TFDS)
            dataset = one.choice.make(name=called, seed=config.seed)
            if not isinstance(dataset, Dataset):
                raise ConfigError(
                    f"`source` must be a function that returns a Dataset. Received: {source!r}, "
                    f"which returns a {type(dataset).__name__}. Use `Dataset.from_arrays` in it."
                )
            found[name] = dataset.screen(**one.screen) if one.screen else dataset
    return found


def make_tasks(config: RunConfig, datasets: Mapping[str, Dataset]) -> dict[str, Task]:
    """The tasks of a run, by name, with the labels or the scores of their datasets.

    Raises:
        ConfigError: If a column is not there, or the datasets of a task have other labels.
    """
    found = {}
    for name, one in config.tasks.items():
        with section(config, one.choice.place or ("tasks", name)):
            if _reads_scores(name, one, datasets):
                column = score_column(name, one, datasets)
                values = [value for data in one.data for value in datasets[data].train[column]]
                found[name] = one.choice.make(name=name, values=values, column=column)
                continue
            column = label_column(name, one, datasets)
            labels = _with_tags(one, column, datasets, shared_labels(one, column, datasets))
            given = (label for data in one.data for label in datasets[data].train[column])
            choice = _before_fitting(_with_class_weight(one.choice, given))
            found[name] = choice.make(name=name, labels=labels, column=column)
    return found


def _reads_scores(name: str, task: TaskSection, datasets: Mapping[str, Dataset]) -> bool:
    """Whether the column of a task holds something else than label names."""
    context = task.choice.kind.context
    if "labels" in context:
        return False
    return "values" in context or (task.column or name) not in datasets[task.data[0]].labels


def _with_tags(
    task: TaskSection, column: str, datasets: Mapping[str, Dataset], labels: tuple[str, ...]
) -> tuple[str, ...]:
    """The labels of a task: where the column marks entities in texts, the tags of their types."""
    rows = (
        row for data in task.data for part in datasets[data].splits.values() for row in part[column]
    )
    if "scheme" not in task.choice.values or not any(map(are_spans, rows)):
        return labels
    return tags_of(labels, task.choice.values["scheme"])


def _with_class_weight(choice: Choice, labels: Iterable[str | None]) -> Choice:
    """The choice of a task, its class weights counted on the labels if they are to be."""
    given = choice.values.get("class_weight")
    if not isinstance(given, str | int | float):
        return choice
    power = 1.0 if given == BALANCED else given
    if isinstance(power, str | bool) or not 0.0 <= power <= 1.0:
        raise ConfigError(
            f"`class_weight` must be weights by label, {BALANCED!r}, or a power from 0 to 1. "
            f"Received: {given!r}."
        )
    weights = balanced_class_weight(labels, power)
    return dataclasses.replace(choice, values={**choice.values, "class_weight": weights})


def _before_fitting(choice: Choice) -> Choice:
    """The choice of a task, without thresholds that are not there before training."""
    given = choice.values.get("threshold")
    if not isinstance(given, str):
        return choice
    if given not in FITTED:
        raise ConfigError(
            f"`threshold` must be one of {listed(FITTED)}, a number, or numbers by label. "
            f"Received: {given!r}. {nearest(given, FITTED)}".rstrip()
        )
    values = {name: value for name, value in choice.values.items() if name != "threshold"}
    return dataclasses.replace(choice, values=values)


def check_labels(
    config: RunConfig, datasets: Mapping[str, Dataset], tasks: Mapping[str, Task]
) -> None:
    """See that the labels of every split can be read: test rows are needed after training only.

    Raises:
        ConfigError: If they cannot.
    """
    for name, task in tasks.items():
        if task.of_words:  # They are read beside the words of the model.
            continue
        with section(config, ("tasks", name)):
            for data in config.tasks[name].data:
                for split in datasets[data].splits.values():
                    rows = split.inputs_for(task.reads)
                    where = f"{split.name!r}, column {task.column!r}"
                    encode_labels(task, split[task.column], rows, where)


def make_mixture(
    config: RunConfig, datasets: Mapping[str, Dataset], tasks: Mapping[str, Task]
) -> Mixture:
    """The training rows as a mixture, a stream for each dataset."""
    feeds = {data: [name for name in tasks if data in config.tasks[name].data] for data in datasets}
    splits = {name: dataset.train for name, dataset in datasets.items()}
    return Mixture(splits, feeds, seed=config.seed, **config.mixture)


def compile_model(config: RunConfig, model: MultiTaskModel, mixture: Mixture) -> None:
    """Compile a model as the run file says, to be trained on a mixture."""
    training = config.training
    with section(config, ("training", "optimizer")):
        steps = training.epochs * mixture.steps_per_epoch
        optimizer = training.optimizer.make(decay_steps=steps, steps=steps)
    with section(config, ("training", "balancer")):
        balancer = training.balancer.make()
    with section(config, ("training",)):
        model.compile(
            optimizer,
            loss_weights={name: one.weight for name, one in config.tasks.items()},
            balancer=balancer,
            **training.compile,
        )
