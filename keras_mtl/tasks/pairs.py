"""Two texts in a row, and what they are to each other."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import keras

from keras_mtl.heads import PairHead
from keras_mtl.tasks import scores as of_scores
from keras_mtl.tasks.classification import Classification
from keras_mtl.tasks.pooled import PooledTask
from keras_mtl.tasks.regression import Regression
from keras_mtl.tasks.task import Task


def decided(task: Any, reads_pairs: bool) -> Any:
    """A task that compares texts, with `joint` decided by what the model can.

    Raises:
        ValueError: If texts are to be read as one by a model that cannot.
    """
    if task.joint and not reads_pairs:
        raise ValueError(
            f"`joint` of task {task.name!r} must be False, or None, for a model that reads single "
            "texts. Received: joint=True. A trunk of `trunks.pretrained` with its own tokenizer "
            "reads two texts as one."
        )
    return task if task.joint is not None else dataclasses.replace(task, joint=reads_pairs)


class _OfPairs(PooledTask):
    """What tasks of pairs have in common."""

    reads: ClassVar[str] = "pair"
    head_class: ClassVar[Any] = PairHead

    joint: bool | None

    @property
    def apart(self) -> bool:
        return not self.joint

    def decided(self, reads_pairs: bool) -> Task:
        found: Task = decided(self, reads_pairs)
        return found


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class PairClassification(_OfPairs, Classification):
    """A task with one label for each pair of texts; made by `pair_classification`."""

    joint: bool | None = None


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Similarity(_OfPairs, Regression):
    """A task with one score for each pair of texts; made by `similarity`."""

    joint: bool | None = None


def pair_classification(
    name: str,
    labels: Sequence[str],
    column: str | None = None,
    *,
    joint: bool | None = None,
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    label_smoothing: float = 0.0,
    class_weight: Mapping[str, float] | Sequence[float] | None = None,
    focal_gamma: float = 0.0,
    layer: int | None = None,
) -> PairClassification:
    """Declare a task with one label for each pair of texts.

    Rows have the columns `sentence1` and `sentence2`. A pretrained trunk reads both as one text of
    two segments (`joint`); other trunks read each by itself, and the head compares `u` and `v`, the
    vectors of the two, by `[u, v, |u - v|, u * v]`.

    Args:
        name: Name of the task and of the model's output.
        labels: The label names in class order, at least two.
        column: Column of the dataset with the labels; by default `name`.
        joint: Whether the trunk reads both texts as one; by default if it can.
        pooling: As in `classification`.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of the features dropped in training.
        label_smoothing: As in `classification`.
        class_weight: As in `classification`.
        focal_gamma: As in `classification`.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.

    Returns:
        A frozen task.

    Raises:
        TypeError: If labels are not strings.
        ValueError: If a name, a label or an option is not usable.

    Example:
        >>> task = pair_classification("paraphrase", ["no", "yes"], column="label")
        >>> task.reads
        'pair'

    Reference:
        [Conneau et al., 2017](https://arxiv.org/abs/1705.02364)
    """
    arguments: dict[str, Any] = {
        "labels": tuple(labels) if not isinstance(labels, str) else labels,
        "joint": joint,
        "pooling": pooling,
        "hidden_dim": hidden_dim,
        "dropout": dropout,
        "label_smoothing": label_smoothing,
        "class_weight": class_weight,
        "focal_gamma": focal_gamma,
        "layer": layer,
    }
    return PairClassification(name, column or name, **arguments)


def similarity(
    name: str,
    values: Iterable[Any] | None = None,
    column: str | None = None,
    *,
    range: tuple[float, float] | None = None,
    mean: float | None = None,
    std: float | None = None,
    joint: bool | None = None,
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    layer: int | None = None,
) -> Similarity:
    """Declare a task with one score for each pair of texts, such as how alike they are.

    Rows have the columns `sentence1` and `sentence2`, and are read as those of
    `pair_classification`; the score is one as of `regression`.

    Args:
        name: Name of the task and of the model's output.
        values: As in `regression`.
        column: Column of the dataset with the scores; by default `name`.
        range: As in `regression`.
        mean: As in `regression`.
        std: As in `regression`.
        joint: Whether the trunk reads both texts as one; by default if it can.
        pooling: As in `classification`.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of the features dropped in training.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.

    Returns:
        A frozen task.

    Raises:
        ValueError: If a name, a score or an option is not usable.

    Example:
        >>> task = similarity("alike", range=(0, 5))
        >>> task.reads, task.mean
        ('pair', 2.5)
    """
    bounds = of_scores.checked_bounds(name, range)
    mean, std = of_scores.mean_and_std(name, values, bounds, mean, std)
    options = (pooling, hidden_dim, dropout, layer)
    return Similarity(name, column or name, bounds, mean, std, *options, joint=joint)
