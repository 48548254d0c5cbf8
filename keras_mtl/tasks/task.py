"""The one contract between a kind of task and everything after it."""

import abc
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import keras
import numpy as np

from keras_mtl.names import RESERVED, TASK_NAME, is_task_name
from keras_mtl.tasks.review import Review

# What a SavedModel that predicts something of each word answers besides, by these names.
WORD_PLACES = ("words", "starts", "ends")


class Word(NamedTuple):
    """A word of a text that is predicted for.

    Args:
        text: The word.
        start: Where it begins in its text, in characters; and
        end: where it ends (not included).
        source: The whole text; `None` where words were given, not a text.
    """

    text: str
    start: int = 0
    end: int = 0
    source: str | None = None


@dataclasses.dataclass(frozen=True)
class Task(abc.ABC):
    """One thing to predict. Frozen: declared once, asked by every later stage.

    The model, the step and the mixture know nothing of kinds of tasks; a new kind is a
    new subclass (a frozen dataclass, registered with Keras) and touches nothing else.

    Args:
        name: Name of the task and of the model's output: letters, digits and `_`.
        column: Column of the dataset that holds the labels; by default the name.

    Raises:
        ValueError: If the name cannot name a model output.
    """

    # Whether there is a label for each word, and not for each text.
    of_words: ClassVar[bool] = False
    # Whether what is predicted hangs on thresholds that can be fitted to labelled rows.
    has_thresholds: ClassVar[bool] = False
    # What `loss` is given in place of a label that does not count.
    blank: ClassVar[int] = 0
    # What is read of a row: "text" (words too), "pair" or "candidates".
    reads: ClassVar[str] = "text"
    # Whether rows of tasks that differ in name and column alone may go through one call of `loss`
    # and `outside`: both look at each row by itself, whatever the name.
    joins: ClassVar[bool] = False
    # Whether the loss is a squared error; balancers that learn noise levels ask.
    squared_error: ClassVar[bool] = False

    name: str
    column: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not TASK_NAME.fullmatch(self.name):
            raise ValueError(
                "The name of a task becomes a model output and a SavedModel signature: it must "
                "begin with an English letter and have only these, digits and `_`. Received: "
                f"name={self.name!r}."
            )
        if not is_task_name(self.name):
            raise ValueError(
                "The name of a task must not be one that logs, layers or a SavedModel use "
                f"({', '.join(sorted(RESERVED))}, and all that begin with 'val_'). "
                f"Received: name={self.name!r}. Choose another, such as {'my_' + self.name!r}."
            )
        if not self.column:
            object.__setattr__(self, "column", self.name)

    @property
    def several(self) -> bool:
        """Whether the trunk gives features of several texts of a row, `(B, T, ...)`."""
        return self.reads == "candidates" or (self.reads == "pair" and self.apart)

    @property
    def apart(self) -> bool:
        """Whether each of several texts goes through the trunk by itself, or as pairs."""
        return True

    def decided(self, reads_pairs: bool) -> "Task":
        """The task as a model has it, nothing left open.

        `reads_pairs` says whether the model's trunk and preprocessor read two texts as one.
        """
        return self

    @abc.abstractmethod
    def head(self) -> keras.layers.Layer:
        """A new layer from a trunk's features to scores."""

    @abc.abstractmethod
    def prediction(self) -> keras.layers.Layer:
        """A new layer, named as the task, from scores to what `predict` returns."""

    @abc.abstractmethod
    def loss(self, labels: Any, scores: Any) -> Any:
        """Loss of each row `(B,)` or word `(B, W)`, not reduced, class weights included.

        `labels` are in the label space wherever the row or word counts, elsewhere `blank`.
        """

    @abc.abstractmethod
    def outside(self, labels: Any) -> Any:
        """Booleans in the shape of the loss: which labels are outside the label space."""

    @property
    def label_space(self) -> str:
        """What labels are as numbers, to be said behind "must be"."""
        return "in its label space"

    @abc.abstractmethod
    def metrics(self) -> list[keras.metrics.Metric]:
        """New metrics, built, that take `(labels, predictions, sample_weight)`."""

    @abc.abstractmethod
    def encode(self, values: Sequence[Any], where: str) -> tuple[Any, Any]:
        """Labels as numbers `(N,)`, and weights `(N,)`: 0 where a label is missing.

        Missing are `None`, NaN and `""`. Of a task of words both are lists of `N` arrays,
        `(words,)` each; empty where `values` has none of the row. `where` names the place of the
        values in messages, such as `'imdb/train', column 'label'`.
        """

    def from_spans(
        self, spans: Sequence[Any], words: Sequence[Word], text: str, where: str
    ) -> Sequence[Any]:
        """The label of each word of a text in which entities are marked, for `encode`.

        Only tasks of words with entities read such rows; others raise `ValueError`.

        Args:
            spans: The entities, as the row has them; see `keras_mtl.spans`.
            words: The words of the text, with their places.
            text: The text.
            where: The place of the row, for messages.
        """
        raise ValueError(
            f"Rows of task {self.name!r} must be labels of words: a {type(self).__name__} reads no "
            f"spans of characters. Received: {spans!r:.80} in {where}. Give a label for each word."
        )

    @abc.abstractmethod
    def decode(self, prediction: np.ndarray, words: Sequence[Word] = ()) -> dict[str, Any]:
        """One row of `predict` in words: what a served model answers.

        `words` are those of the row that the model read, where some task is one of words.
        """

    @abc.abstractmethod
    def review(self, labels: np.ndarray, weights: np.ndarray, predictions: np.ndarray) -> Review:
        """Predictions of `N` rows beside their labels, for the report.

        `labels` and `weights` are those of `encode`, `predictions` what `predict` gives.
        """

    def groups(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Which rows have alike labels: `(M,)` rows, and `(M,)` the number of the group of each.

        `labels` are those of `encode`, `(N, ...)`. `None` where a task has no such groups: then
        nothing can be counted for it before training.
        """
        return None

    def with_fitted_thresholds(
        self, labels: np.ndarray, predictions: np.ndarray, default: float | None = None
    ) -> "Task":
        """An equal task with thresholds that suit `N` labelled rows.

        Only kinds with `has_thresholds` have it; others raise `ValueError`.

        Args:
            labels: Those of `encode`.
            predictions: What `predict` gives.
            default: Threshold of a label that no row has; without it that is an error.
        """
        raise ValueError(
            f"Thresholds are fitted of tasks that have them, such as of kind `multilabel`. "
            f"Received: task {self.name!r}, a {type(self).__name__}."
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal task."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Task":
        """The task of a `get_config`."""
        return cls(**config)


def check_tasks(tasks: Task | Iterable[Task]) -> tuple[Task, ...]:
    """All tasks of a model as a tuple, each a `Task`, no name twice.

    Raises:
        TypeError: If something is no task.
        ValueError: If there is none, two share a name, or a name is needed otherwise.
    """
    tasks = (tasks,) if isinstance(tasks, Task) else tuple(tasks)
    if not tasks:
        raise ValueError("A model needs at least one task. Received: tasks=().")
    for task in tasks:
        if not isinstance(task, Task):
            raise TypeError(
                "`tasks` of a model must be tasks, such as "
                f"`keras_mtl.classification('topic', labels)`. Received: {task!r} of type "
                f"{type(task).__name__}."
            )
    names = [task.name for task in tasks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Each task of a model needs a name of its own. Received: {names}; twice: {twice}. "
            "Rename one of them; tasks may share a column."
        )
    places = sorted(set(names) & set(WORD_PLACES))
    if places and any(task.of_words for task in tasks):
        raise ValueError(
            f"A model with a task of words must not have tasks named {', '.join(WORD_PLACES)}: its "
            f"SavedModel answers words and their places by these names. Received: {places}. Choose "
            "another name."
        )
    reads = {task.reads for task in tasks} - {"text"}
    if taken := sorted(reads & set(names)):
        raise ValueError(
            f"A model with a task of {taken[0]} must not have a task of that name: its SavedModel "
            f"has a signature of that name. Received: {taken}. Choose another name."
        )
    heads = sorted(set(names) & {f"{name}_head" for name in names})
    if heads:
        raise ValueError(
            f"The name of a task must not be that of another task's head. Received: {heads}. "
            "Choose another name."
        )
    return tasks


def answer(
    tasks: Sequence[Task], predictions: Mapping[str, np.ndarray], row: int, words: Sequence[Word]
) -> dict[str, dict[str, Any]]:
    """A row of `predict` in words, by task name.

    Args:
        tasks: The tasks.
        predictions: Task name to what `predict` gave; tasks that are not there read no such rows.
        row: The row.
        words: The words of the row, for tasks of words; or its candidates.
    """
    return {
        task.name: task.decode(
            predictions[task.name][row],
            *((words,) if task.of_words or task.reads == "candidates" else ()),
        )
        for task in tasks
        if task.name in predictions
    }


def from_config(config: dict[str, Any]) -> Task:
    """The task of a serialized Keras object."""
    task: Task = keras.saving.deserialize_keras_object(config)
    return task
