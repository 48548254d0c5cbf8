"""What kinds of tasks with one answer for a text have in common."""

import abc
from typing import Any, ClassVar

import keras

from keras_mtl.heads import PooledHead
from keras_mtl.tasks.label_names import check_hidden_dim, check_layer, check_pooling, check_share
from keras_mtl.tasks.task import Task


class PooledTask(Task):
    """A task whose head pools the features of a text.

    A subclass is a frozen dataclass with the fields named here, in whatever order, and `units`.
    """

    # Makes the head; called with the arguments of a `PooledHead`.
    head_class: ClassVar[Any] = PooledHead

    pooling: str | None
    hidden_dim: int | None
    dropout: float
    layer: int | None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.name, dropout=self.dropout)
        check_pooling(self.name, self.pooling)
        check_hidden_dim(self.name, self.hidden_dim)
        check_layer(self.name, self.layer)

    @property
    @abc.abstractmethod
    def units(self) -> int:
        """What the head is told first: how many scores, or grades."""

    def head(self) -> keras.layers.Layer:
        head: keras.layers.Layer = self.head_class(
            self.units,
            self.pooling,
            self.hidden_dim,
            self.dropout,
            self.name,
            self.layer,
            name=f"{self.name}_head",
        )
        return head


class LabelTask(PooledTask):
    """A pooled task with label names, in a field `labels`."""

    labels: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """How many labels there are to choose from."""
        return len(self.labels)

    @property
    def units(self) -> int:
        return self.num_classes
