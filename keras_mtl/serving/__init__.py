"""Predictions from a bundle, in words."""

from keras_mtl.serving.predictor import Predictor

__all__ = ["Predictor"]
