"""The head of every task that gives one answer per word."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads.chain import NEVER
from keras_mtl.heads.layer import sequence_of
from keras_mtl.heads.precision import loss_dtype

WORD_STARTS = "word_starts"


@keras.saving.register_keras_serializable(package="keras_mtl")
class WordHead(keras.layers.Layer):
    """Map the first token of each word to scores.

    Args:
        units: How many scores, one per tag.
        hidden_dim: Width of a hidden ReLU layer, or `None` for a linear head.
        dropout: Share of the features dropped in training, in [0, 1).
        layer: Which of the trunk's layers is read, from 1; the last when `None`.

    Call arguments:
        features: `{"sequence": (B, L, D), "word_starts": (B, W)}`; of each word 1 + the place of
            its first token, 0 behind the last word.

    Returns:
        Scores (logits), `(B, W, units)` in float32.

    Raises:
        ValueError: If the trunk has no such layer.
    """

    def __init__(
        self,
        units: int,
        hidden_dim: int | None = None,
        dropout: float = 0.0,
        layer: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.hidden_dim = hidden_dim
        self.layer = layer
        policy = self.dtype_policy
        self.dropout = keras.layers.Dropout(dropout, name="dropout", dtype=policy)
        self.hidden = (
            None
            if hidden_dim is None
            else keras.layers.Dense(hidden_dim, activation="relu", name="hidden", dtype=policy)
        )
        self.scores = keras.layers.Dense(units, name="scores", dtype=loss_dtype())

    def build(self, features_shape: dict[str, Any]) -> None:
        width = features_shape[self._sequence(features_shape)]
        self.dropout.build(width)
        if self.hidden is not None:
            self.hidden.build(width)
            width = (*width[:2], self.hidden_dim)
        self.scores.build(width)
        self.built = True

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        starts = ops.expand_dims(ops.cast(features[WORD_STARTS], "int32"), -1)
        sequence = features[self._sequence(features)]
        first = ops.take_along_axis(sequence, ops.maximum(starts - 1, 0), axis=1)
        words = ops.where(starts > 0, first, ops.zeros_like(first))
        words = self.dropout(words, training=training)
        if self.hidden is not None:
            words = self.hidden(words)
        return self.scores(words)

    # Not `compute_output_shape`: Keras would take the scores for half precision.
    def compute_output_spec(self, features: dict[str, Any], training: bool | None = None) -> Any:
        shape = (*features[WORD_STARTS].shape, self.units)
        return keras.KerasTensor(shape, dtype=self.scores.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_dim": self.hidden_dim,
            "dropout": self.dropout.rate,
            "layer": self.layer,
        }

    def _sequence(self, features: Mapping[str, Any]) -> str:
        return sequence_of(features, self.layer, self.name)


@keras.saving.register_keras_serializable(package="keras_mtl")
class ChainHead(WordHead):
    """A `WordHead` whose tags depend on each other: the scores of a conditional random field.

    Args:
        units: How many tags there are.
        hidden_dim: As in `WordHead`.
        dropout: As in `WordHead`.
        layer: As in `WordHead`.
        allowed: `(units, units)` booleans, which tag (across) may follow which (down); all
            when `None`.
        begins: `(units,)`, which tag may begin a text; all when `None`.
        ends: `(units,)`, which tag may end one; all when `None`.

    Call arguments:
        features: As in `WordHead`.

    Returns:
        `{"emissions": (B, W, units), "words": (B, W), "transitions": (units, units)}`, as
        `keras_mtl.heads.chain` takes them.

    Reference:
        [Lafferty et al., 2001](https://repository.upenn.edu/cis_papers/159/)
    """

    def __init__(
        self,
        units: int,
        hidden_dim: int | None = None,
        dropout: float = 0.0,
        layer: int | None = None,
        allowed: Sequence[Sequence[bool]] | None = None,
        begins: Sequence[bool] | None = None,
        ends: Sequence[bool] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, hidden_dim, dropout, layer, **kwargs)
        self.allowed, self.begins, self.ends = allowed, begins, ends

    def build(self, features_shape: dict[str, Any]) -> None:
        super().build(features_shape)
        tags = self.units
        shapes = {"transitions": (tags, tags), "first": (tags,), "last": (tags,)}
        self.transitions, self.first, self.last = (
            self.add_weight(
                shape=shape, initializer="zeros", name=name, dtype=loss_dtype(), autocast=False
            )
            for name, shape in shapes.items()
        )

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        emissions = super().call(features, training=training)
        words = ops.greater(features[WORD_STARTS], 0)
        following = ops.concatenate([words[:, 1:], ops.zeros_like(words[:, :1])], axis=1)
        is_last = ops.logical_and(words, ops.logical_not(following))
        ends = ops.expand_dims(ops.cast(is_last, emissions.dtype), -1)
        emissions = emissions + ends * (self.last + _penalties(self.ends, emissions.dtype))
        first = emissions[:, :1] + self.first + _penalties(self.begins, emissions.dtype)
        emissions = ops.concatenate([first, emissions[:, 1:]], axis=1)
        transitions = self.transitions + _penalties(self.allowed, emissions.dtype)
        return {"emissions": emissions, "words": words, "transitions": transitions}

    def compute_output_spec(self, features: dict[str, Any], training: bool | None = None) -> Any:
        emissions = super().compute_output_spec(features, training)
        return {
            "emissions": emissions,
            "words": keras.KerasTensor(features[WORD_STARTS].shape, dtype="bool"),
            "transitions": keras.KerasTensor((self.units, self.units), dtype=emissions.dtype),
        }

    def get_config(self) -> dict[str, Any]:
        own = {"allowed": self.allowed, "begins": self.begins, "ends": self.ends}
        return {**super().get_config(), **own}


def _penalties(allowed: Any, dtype: str) -> Any:
    """0 where something is allowed, `NEVER` elsewhere."""
    return 0.0 if allowed is None else ops.where(ops.array(allowed), ops.zeros((), dtype), NEVER)
