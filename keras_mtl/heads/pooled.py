"""The head of every task that gives one answer per text."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_mtl.heads.layer import sequence_of
from keras_mtl.heads.pooling import Pooling
from keras_mtl.heads.precision import loss_dtype
from keras_mtl.names import pooled_tasks


@keras.saving.register_keras_serializable(package="keras_mtl")
class PooledHead(keras.layers.Layer):
    """Pool the features of a text and map them to scores.

    Args:
        units: How many scores, one per class.
        pooling: `"mean"`, `"sqrtn"`, `"max"`, `"first"` or `"last"`; by default what the trunk
            offers as `"pooled_<task>"` (`"pooled_<task>+<task>"` for several) or as `"pooled"`,
            else the mean.
        hidden_dim: Width of a hidden ReLU layer, or `None` for a linear head.
        dropout: Share of the pooled features dropped in training, in [0, 1).
        task: Name of the task, by which the trunk may know the head.
        layer: Which of the trunk's layers is pooled, from 1; the last when `None`.

    Call arguments:
        features: `{"sequence": (B, L, D), "padding_mask": (B, L)}`; a trunk that knows
            better what came last (both ends of a bidirectional reader) adds `"last": (B, E)`,
            and one with a summary of a text of its own `"pooled": (B, F)`, or one for each task.

    Returns:
        Scores (logits), `(B, units)` in float32.

    Raises:
        ValueError: If `pooling` is unknown, a size is out of range, or the trunk has no such layer.
    """

    has_bias = True  # Whether a number is learned that is added to each score.

    def __init__(
        self,
        units: int,
        pooling: str | None = None,
        hidden_dim: int | None = None,
        dropout: float = 0.0,
        task: str | None = None,
        layer: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.hidden_dim = hidden_dim
        self.task = task
        self.layer = layer
        policy = self.dtype_policy
        self.pooling_mode = pooling
        self.pooling = Pooling(pooling or "mean", name="pooling", dtype=policy)
        self.dropout = keras.layers.Dropout(dropout, name="dropout", dtype=policy)
        self.hidden = (
            None
            if hidden_dim is None
            else keras.layers.Dense(hidden_dim, activation="relu", name="hidden", dtype=policy)
        )
        self.scores = keras.layers.Dense(
            units, use_bias=self.has_bias, name="scores", dtype=loss_dtype()
        )

    def build(self, features_shape: dict[str, Any]) -> None:
        self.pooling.build(features_shape[self._sequence(features_shape)])
        self.build_scores(self._pooled_shape(features_shape))
        self.built = True

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        return self.score(self.vectors(features), training)

    def build_scores(self, shape: Any) -> None:
        """Build what comes behind the pooling, for vectors of this shape."""
        self.dropout.build(shape)
        if self.hidden is not None:
            self.hidden.build(shape)
            shape = (*shape[:-1], self.hidden_dim)
        self.scores.build(shape)

    def vectors(self, features: Mapping[str, Any]) -> Any:
        """One vector for each text, `(B, D)`."""
        key = self.pooled_key(features)
        found = features[key] if key in features else self.pool(features)
        # As Keras casts what a layer is called with; heads that are joined are not called.
        return ops.cast(found, self.compute_dtype)

    def score(self, vectors: Any, training: bool | None = None) -> Any:
        """Scores `(..., units)` of vectors `(..., D)`."""
        vectors = self.dropout(vectors, training=training)
        if self.hidden is not None:
            vectors = self.hidden(vectors)
        return self.scores(vectors)

    def pooled_key(self, features: Mapping[str, Any]) -> str:
        """By which name the features hold, or may be given, what the head makes of a sequence.

        Heads with one name for it pool alike, so that it need be done once for all of them.
        """
        own = self._trunks_own(features)
        return own or f"{self._sequence(features)}/{self.pooling.mode}"

    def pool(self, features: Mapping[str, Any]) -> Any:
        """The sequence as one vector for each row, `(B, D)`."""
        return self.pooling(features[self._sequence(features)], features["padding_mask"])

    # Not `compute_output_shape`: Keras would take the scores for half precision.
    def compute_output_spec(self, features: dict[str, Any], training: bool | None = None) -> Any:
        shape = (features["sequence"].shape[0], self.units)
        return keras.KerasTensor(shape, dtype=self.scores.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "pooling": self.pooling_mode,
            "hidden_dim": self.hidden_dim,
            "dropout": self.dropout.rate,
            "task": self.task,
            "layer": self.layer,
        }

    def _sequence(self, features: Mapping[str, Any]) -> str:
        return sequence_of(features, self.layer, self.name)

    def _trunks_own(self, features: Mapping[str, Any]) -> str | None:
        """The feature in which the trunk has pooled its sequence already, if there is one."""
        if self.layer is not None:  # They are of its last layer.
            return None
        if self.pooling_mode is not None:
            return "last" if self.pooling_mode == "last" and "last" in features else None
        own = (name for name in features if self.task in pooled_tasks(name))
        return next(own, "pooled" if "pooled" in features else None)

    def _pooled_shape(self, features_shape: Mapping[str, Any]) -> Any:
        own = self._trunks_own(features_shape)
        sequence = features_shape[self._sequence(features_shape)]
        return features_shape[own] if own else (None, sequence[-1])
