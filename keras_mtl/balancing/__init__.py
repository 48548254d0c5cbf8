"""How the losses of the tasks are traded off."""

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.equal import EqualWeighting
from keras_mtl.balancing.names import get

__all__ = ["EqualWeighting", "LossBalancer", "get"]
