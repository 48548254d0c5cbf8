"""From a standardised score to one in the label's own unit."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mtl")
class OwnUnit(keras.layers.Layer):
    """Standardised scores in the unit of the labels, kept in their range.

    Args:
        mean: What a standardised score of 0 stands for.
        std: What a difference of 1 stands for.
        bounds: The lowest and the highest score there is; `None` where there is no end.

    Call arguments:
        scores: `(B, 1)`.

    Returns:
        `(B, 1)`.

    Example:
        >>> layer = OwnUnit(mean=3.0, std=0.5, bounds=(1.0, 5.0))
        >>> [float(score) for score in layer(ops.array([[0.0], [2.0], [9.0]]))[:, 0]]
        [3.0, 4.0, 5.0]
    """

    def __init__(
        self,
        mean: float = 0.0,
        std: float = 1.0,
        bounds: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mean = mean
        self.std = std
        self.bounds = None if bounds is None else tuple(bounds)

    def call(self, scores: Any) -> Any:
        values = scores * self.std + self.mean
        return values if self.bounds is None else ops.clip(values, *self.bounds)

    def compute_output_shape(self, scores_shape: Any) -> Any:
        return scores_shape

    def get_config(self) -> dict[str, Any]:
        own = {"mean": self.mean, "std": self.std, "bounds": self.bounds}
        return {**super().get_config(), **own}
