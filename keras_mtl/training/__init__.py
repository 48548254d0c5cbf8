"""The optimisation step, one thin adapter per backend."""

from keras_mtl.training.checks import SelfCheckError, SelfChecks
from keras_mtl.training.trainer import MultiTaskTrainer

__all__ = ["MultiTaskTrainer", "SelfCheckError", "SelfChecks"]
