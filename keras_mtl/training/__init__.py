"""The optimisation step, one thin adapter per backend."""

from keras_mtl.training import callbacks
from keras_mtl.training.checkpoint_files import CheckpointError, load_checkpoint
from keras_mtl.training.checkpoints import BestAndLast
from keras_mtl.training.checks import SelfCheckError, SelfChecks
from keras_mtl.training.distribution import distribute
from keras_mtl.training.fine_tuning import FineTuning, WarmUpAndDecay
from keras_mtl.training.resuming import SaveAndResume, TrainingStopped
from keras_mtl.training.state_files import StateError
from keras_mtl.training.stopping import MultiTaskEarlyStopping
from keras_mtl.training.trainer import MultiTaskTrainer

__all__ = [
    "BestAndLast",
    "CheckpointError",
    "FineTuning",
    "MultiTaskEarlyStopping",
    "MultiTaskTrainer",
    "SaveAndResume",
    "SelfCheckError",
    "SelfChecks",
    "StateError",
    "TrainingStopped",
    "WarmUpAndDecay",
    "callbacks",
    "distribute",
    "load_checkpoint",
]
