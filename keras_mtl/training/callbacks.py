"""Callbacks for `fit`, beside those of Keras, and what they keep."""

from keras_mtl.training.checkpoint_files import load_checkpoint
from keras_mtl.training.checkpoints import BestAndLast
from keras_mtl.training.checks import SelfChecks
from keras_mtl.training.resuming import SaveAndResume, TrainingStopped
from keras_mtl.training.stopping import MultiTaskEarlyStopping

__all__ = [
    "BestAndLast",
    "MultiTaskEarlyStopping",
    "SaveAndResume",
    "SelfChecks",
    "TrainingStopped",
    "load_checkpoint",
]
