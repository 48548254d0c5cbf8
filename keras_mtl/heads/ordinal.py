"""Grades in an order: one score, and the places on its scale where a grade ends."""

import math
from typing import Any

import keras
from keras import ops

from keras_mtl.heads.pooled import PooledHead
from keras_mtl.heads.precision import loss_dtype

# Least distance of two cut points that the logarithm of a grade's probability is taken of.
_LEAST = 1e-6


@keras.saving.register_keras_serializable(package="keras_mtl")
class OrdinalHead(keras.layers.Layer):
    """One score for a text, beside learned cut points between grades (McCullagh, 1980).

    The logit of "this grade or a lower one" is the grade's cut point less the score: all grades
    share one direction in the features, and what tells them apart is how far along it a text is.
    The first cut point is free and each other one lies a positive step above the one before, so
    they are in order whatever is learned. At the start all grades are as probable where the score
    is 0.

    Args:
        num_grades: How many grades there are, at least two.
        pooling: As in `PooledHead`, and so are the others.
        hidden_dim: Width of a hidden ReLU layer, or `None` for a linear score.
        dropout: Share of the pooled features dropped in training.
        task: Name of the task, by which the trunk may know the head.
        layer: Which of the trunk's layers is pooled, from 1; the last when `None`.

    Call arguments:
        features: As of `PooledHead`.

    Returns:
        Cumulative logits, `(B, num_grades - 1)` in float32, rising in each row.

    Reference:
        P. McCullagh, Regression models for ordinal data, JRSS B 42 (1980): proportional odds.
    """

    def __init__(
        self,
        num_grades: int,
        pooling: str | None = None,
        hidden_dim: int | None = None,
        dropout: float = 0.0,
        task: str | None = None,
        layer: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_grades = num_grades
        options = {"name": "score", "dtype": self.dtype_policy}
        self.score = PooledHead(1, pooling, hidden_dim, dropout, task, layer, **options)

    def build(self, features_shape: dict[str, Any]) -> None:
        self.score.build(features_shape)
        logits = [math.log(k / (self.num_grades - k)) for k in range(1, self.num_grades)]
        steps = [_before_softplus(b - a) for a, b in zip(logits, logits[1:], strict=False)]
        self.first = self._weight("first_cut", logits[:1])
        self.steps = self._weight("steps", steps) if steps else None
        self.built = True

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        return self.cut_points() - self.score(features, training=training)

    def cut_points(self) -> Any:
        """Where each grade but the last ends, `(num_grades - 1,)`, rising."""
        first = ops.convert_to_tensor(self.first)
        if self.steps is None:
            return first
        return ops.concatenate([first, first + ops.cumsum(ops.softplus(self.steps))])

    # Not `compute_output_shape`: Keras would take the logits for half precision.
    def compute_output_spec(self, features: dict[str, Any], training: bool | None = None) -> Any:
        score = self.score.compute_output_spec(features, training)
        return keras.KerasTensor((score.shape[0], self.num_grades - 1), dtype=score.dtype)

    def get_config(self) -> dict[str, Any]:
        own = self.score.get_config()
        shared = ("pooling", "hidden_dim", "dropout", "task", "layer")
        return {
            **super().get_config(),
            "num_grades": self.num_grades,
            **{key: own[key] for key in shared},
        }

    def _weight(self, name: str, values: list[float]) -> Any:
        start = keras.initializers.Constant(values)
        return self.add_weight(
            shape=(len(values),), initializer=start, dtype=loss_dtype(), autocast=False, name=name
        )


@keras.saving.register_keras_serializable(package="keras_mtl")
class GradeProbabilities(keras.layers.Layer):
    """The probability of each grade, from cumulative logits.

    Call arguments:
        logits: `(B, C - 1)`, rising in each row.

    Returns:
        `(B, C)`.
    """

    def call(self, logits: Any) -> Any:
        return ops.exp(log_probabilities(logits))

    def compute_output_shape(self, logits_shape: Any) -> Any:
        return (*logits_shape[:-1], logits_shape[-1] + 1)


def log_probabilities(logits: Any) -> Any:
    """The logarithm of each grade's probability, finite for logits of any size.

    A grade's probability is the difference of two sigmoids, of the cut points `a > b` around it:
    `sigmoid(a) * sigmoid(-b) * (1 - exp(b - a))`, of which each factor has a logarithm that loses
    no digits.

    Args:
        logits: `(B, C - 1)` cumulative logits, rising in each row.

    Returns:
        `(B, C)`.

    Example:
        >>> probabilities = ops.exp(log_probabilities(ops.array([[-800.0, 0.0]])))
        >>> [float(one) for one in probabilities[0]]
        [0.0, 0.5, 0.5]
    """
    certain = ops.zeros_like(logits[:, :1])
    between = ops.maximum(logits[:, 1:] - logits[:, :-1], _LEAST)
    parts = (
        [ops.log_sigmoid(logits), certain],
        [certain, ops.log_sigmoid(-logits)],
        [certain, ops.log(-ops.expm1(-between)), certain],
    )
    upper, lower, inside = (ops.concatenate(part, axis=-1) for part in parts)
    return upper + lower + inside


def _before_softplus(value: float) -> float:
    return math.log(math.expm1(value))
