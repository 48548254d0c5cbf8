"""Shared encoders: functions that return functional Keras models from ids to features."""

from keras_mtl.trunks.bag import bag
from keras_mtl.trunks.cnn import cnn
from keras_mtl.trunks.lstm import lstm
from keras_mtl.trunks.pretrained import pretrained
from keras_mtl.trunks.transformer import transformer

__all__ = ["bag", "cnn", "lstm", "pretrained", "transformer"]
