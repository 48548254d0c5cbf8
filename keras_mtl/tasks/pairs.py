"""Two texts in a row, and what they are to each other."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import keras

from keras_mtl.heads import CosineHead, PairHead
from keras_mtl.tasks import scores as of_scores
from keras_mtl.tasks.classification import Classification
from keras_mtl.tasks.label_names import check_choice
from keras_mtl.tasks.pooled import PooledTask
from keras_mtl.tasks.regression import Regression
from keras_mtl.tasks.task import Task

COMPARISONS = ("features", "cosine")


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
    compare: str = "features"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "compare", self.compare, COMPARISONS)
        if self.compare == "features":
            return
        if self.joint:
            raise ValueError(
                f"`joint` of task {self.name!r} must be False, or None, with compare='cosine': a "
                "pair read as one text has one vector. Received: joint=True. Leave it out, or "
                "compare='features'."
            )
        if self.hidden_dim is not None:
            raise ValueError(
                f"`hidden_dim` of task {self.name!r} must be None with compare='cosine', which "
                f"compares what the trunk gives. Received: {self.hidden_dim}. Leave it out."
            )
        object.__setattr__(self, "joint", False)

    def head(self) -> keras.layers.Layer:
        if self.compare == "features":
            return super().head()
        mean, std = self._unit
        low, high = self.range or (-math.inf, math.inf)
        return CosineHead(
            min((high - mean) / std, 2.0),
            max((low - mean) / std, -2.0),
            self.pooling,
            self.dropout,
            self.name,
            self.layer,
            name=f"{self.name}_head",
        )


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
    compare: str = "features",
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    layer: int | None = None,
) -> Similarity:
    """Declare a task with one score for each pair of texts, such as how alike they are.

    Rows have the columns `sentence1` and `sentence2`, and are read as those of
    `pair_classification`; the score is one as of `regression`.

    An encoder of sentences, whose vectors are near each other where texts are alike, is asked best
    by `compare="cosine"`: the trunk reads each text by itself, and the score is `a * cos + b`,
    learned with the rest; at first 2 `std` above the mean for a cosine of 1 and below it for 0,
    within the range.

    Args:
        name: Name of the task and of the model's output.
        values: As in `regression`.
        column: Column of the dataset with the scores; by default `name`.
        range: As in `regression`.
        mean: As in `regression`.
        std: As in `regression`.
        joint: Whether the trunk reads both texts as one; by default if it can.
        compare: `"features"`: by a layer over the features of both texts. `"cosine"`: by the
            cosine of their vectors, each text read by itself.
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
    options = (pooling, hidden_dim, dropout, layer, joint, compare)
    return Similarity(name, column or name, bounds, mean, std, *options)
