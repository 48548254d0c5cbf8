"""How the tasks are traded off: by their losses, or by their gradients."""

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.equal import EqualWeighting
from keras_mtl.balancing.names import get

__all__ = [
    "EqualWeighting",
    "GradientAggregator",
    "LossBalancer",
    "get",
]
