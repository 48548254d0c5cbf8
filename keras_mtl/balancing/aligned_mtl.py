"""Gradients made orthogonal and of one length."""

from typing import Any, Literal

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import eigen, masked

SCALES = ("min", "median", "rmse")


@keras.saving.register_keras_serializable(package="keras_mtl")
class AlignedMTL(GradientAggregator):
    """Align the gradients: orthogonal, of one length, and as close to what they were as can be.

    With `G = V L V'`: `B = sqrt(l) * V L^(-1/2) V'` on the part that is not null, and weights
    `B p` with the preference `p`. `l` is the least eigenvalue that is not 0.

    Args:
        scale_mode: What `l` is: the least eigenvalue (`"min"`), their median, or their mean
            (`"rmse"`), of those that are not 0.
        **options: As in `GradientAggregator`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in AlignedMTL().weights([[1.0, 0.0], [0.0, 4.0]])]
        [0.5, 0.25]

    Reference:
        [Senushkin et al., 2023](https://arxiv.org/abs/2305.19000)
    """

    def __init__(
        self, scale_mode: Literal["min", "median", "rmse"] = "min", **options: Any
    ) -> None:
        super().__init__(**options)
        if scale_mode not in SCALES:
            raise ValueError(
                f"`scale_mode` of AlignedMTL must be one of {', '.join(map(repr, SCALES))}. "
                f"Received: scale_mode={scale_mode!r}."
            )
        self.scale_mode = scale_mode

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present, _ = masked(gramian, present)
        eigenvalues, vectors, known = eigen(gramian)
        shrink = ops.where(known, self._scale(eigenvalues, known), 0.0)
        shrink = ops.sqrt(shrink / ops.where(known, eigenvalues, 1.0))
        preference = present / ops.maximum(ops.sum(present), 1.0)
        turned = ops.matmul(ops.transpose(vectors), preference)
        return ops.matmul(vectors, shrink * turned) * present

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale_mode": self.scale_mode}

    def _scale(self, eigenvalues: Any, known: Any) -> Any:
        # In ascending order, those that are 0 first.
        last = eigenvalues.shape[0] - 1
        count = ops.sum(ops.cast(known, "int32"))
        if self.scale_mode == "min":
            return ops.take(eigenvalues, ops.clip(last + 1 - count, 0, last))
        if self.scale_mode == "median":
            return ops.take(eigenvalues, last - ops.maximum(count, 1) // 2)
        whole = ops.sum(ops.where(known, eigenvalues, 0.0))
        return whole / ops.cast(ops.maximum(count, 1), eigenvalues.dtype)
