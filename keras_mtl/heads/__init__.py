"""From a trunk's features to one task's scores."""

from keras_mtl.heads.pooled import PooledHead
from keras_mtl.heads.pooling import POOLINGS, Pooling
from keras_mtl.heads.precision import loss_dtype

__all__ = ["POOLINGS", "PooledHead", "Pooling", "loss_dtype"]
