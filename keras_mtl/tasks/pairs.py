"""Two texts in a row, and what they are to each other."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras

from keras_mtl.heads import PairHead
from keras_mtl.tasks.classification import Classification
from keras_mtl.tasks.task import Task


def decided(task: Any, preprocessor: Any) -> Any:
    """A task that compares texts, with `joint` decided by what the model's preprocessor can.

    Raises:
        ValueError: If texts are to be read as one by a preprocessor that cannot.
    """
    possible = hasattr(preprocessor, "encode_pairs")
    if task.joint and not possible:
        raise ValueError(
            f"`joint` of task {task.name!r} must be False, or None, for a trunk that reads single "
            f"texts. Received: joint=True, and the preprocessor {type(preprocessor).__name__}. "
            "Trunks of `trunks.pretrained` read two texts as one."
        )
    return task if task.joint is not None else dataclasses.replace(task, joint=possible)


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class PairClassification(Classification):
    """A task with one label for each pair of texts; made by `pair_classification`."""

    reads: ClassVar[str] = "pair"

    joint: bool | None = None

    @property
    def several(self) -> bool:
        return not self.joint

    @property
    def apart(self) -> bool:
        return not self.joint

    def read_by(self, preprocessor: Any) -> Task:
        return decided(self, preprocessor)

    def head(self) -> keras.layers.Layer:
        return PairHead(
            self.num_classes,
            self.pooling,
            self.hidden_dim,
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
        "layer": layer,
    }
    return PairClassification(name, column or name, **arguments)
