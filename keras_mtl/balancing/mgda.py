"""The shortest vector that gradients can be averaged to."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.gramians import normalised, task_values
from keras_mtl.balancing.quadratic import nonnegative

NORMALIZE = ("none", "l2", "loss", "loss+")


@keras.saving.register_keras_serializable(package="keras_mtl")
class MGDA(GradientAggregator):
    """Go where every task gains, and none more than another: the shortest average of gradients.

    Minimises `a' G a` over `a >= 0`, `sum(a) = 1`. The direction has the same product with the
    gradient of every task with `a > 0`; it is 0 where no direction serves all, and small where
    gradients are of unlike length, since it follows the shortest one.

    Args:
        normalize: What gradients are divided by before weights are sought: `"none"`, their norm
            (`"l2"`), their task's loss (`"loss"`), or both (`"loss+"`).
        **options: As in `GradientAggregator`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> [round(float(one), 3) for one in MGDA().weights([[1.0, 0.0], [0.0, 3.0]])]
        [0.75, 0.25]

    Reference:
        [Désidéri, 2012](https://doi.org/10.1016/j.crma.2012.03.014);
        [Sener & Koltun, 2018](https://arxiv.org/abs/1810.04650)
    """

    def __init__(self, normalize: str = "none", **options: Any) -> None:
        super().__init__(**options)
        if normalize not in NORMALIZE:
            raise ValueError(
                f"`normalize` of MGDA must be one of {', '.join(map(repr, NORMALIZE))}. "
                f"Received: normalize={normalize!r}."
            )
        self.normalize = normalize

    def weights(self, gramian: Any, losses: Any = None, present: Any = None) -> Any:
        gramian, present = normalised(gramian, present)
        gramian, present = normalised(gramian / self._sizes(gramian, losses), present)
        # Up to a factor it is the least `z' G z / 2 - sum(z)` over `z >= 0`.
        found = nonnegative(gramian, ops.expand_dims(-present, 0))[0] * present
        return found / ops.maximum(ops.sum(found), 1e-30)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "normalize": self.normalize}

    def _sizes(self, gramian: Any, losses: Any) -> Any:
        """Products of what two tasks' gradients are divided by, `(tasks, tasks)`."""
        size = ops.ones((gramian.shape[0],))
        if self.normalize in ("l2", "loss+"):
            norms = ops.sqrt(ops.diagonal(gramian))
            size = ops.where(norms > 0, norms, 1.0)
        if self.normalize in ("loss", "loss+"):
            losses = task_values(losses, gramian)
            size = size * ops.where(losses > 0, losses, 1.0)
        return ops.expand_dims(size, 0) * ops.expand_dims(size, 1)
