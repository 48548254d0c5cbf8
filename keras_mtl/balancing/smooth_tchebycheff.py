"""The largest loss, smoothed."""

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import LossBalancer


@keras.saving.register_keras_serializable(package="keras_mtl")
class SmoothTchebycheff(LossBalancer):
    """Minimise the largest loss, smoothed so that all others count a little.

    `mu * log(sum_t exp((loss_t - z) / T / mu))`: the smaller `mu`, the closer to the largest loss.
    The scales of losses matter: see `loss_weights`.

    Args:
        mu: How smooth, above 0.
        ideal: The loss `z` that a task can reach at best.
        **options: As of a Keras layer.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> round(float(SmoothTchebycheff()(ops.array([2.0, 2.0]), present=ops.ones(2))), 4)
        1.6931

    Reference:
        [Lin et al., 2024](https://arxiv.org/abs/2402.19078)
    """

    def __init__(self, mu: float = 1.0, ideal: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        if not mu > 0:
            raise ValueError(
                f"`mu` of SmoothTchebycheff must be a number above 0. Received: mu={mu!r}."
            )
        self.mu, self.ideal = mu, ideal

    def call(self, losses: Any, present: Any) -> Any:
        count = ops.sum(present)
        terms = (losses - self.ideal) / ops.maximum(count, 1.0) / self.mu
        found = self.mu * ops.logsumexp(ops.where(present > 0, terms, -1e30))
        return ops.where(count > 0, found, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mu": self.mu, "ideal": self.ideal}
