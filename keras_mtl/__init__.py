"""Multi-task and transfer learning for text, on Keras 3."""

from keras_mtl import balancing, heads, tasks, trunks
from keras_mtl.data import (
    Dataset,
    Mixture,
    Split,
    WordTokenizer,
    load_dataset,
)
from keras_mtl.export import BundleError, export
from keras_mtl.model import MultiTaskModel
from keras_mtl.serving import Predictor
from keras_mtl.tasks import Task, balanced_class_weight, classification
from keras_mtl.training import SelfCheckError
from keras_mtl.version import __version__

__all__ = [
    "BundleError",
    "Dataset",
    "Mixture",
    "MultiTaskModel",
    "Predictor",
    "SelfCheckError",
    "Split",
    "Task",
    "WordTokenizer",
    "__version__",
    "balanced_class_weight",
    "balancing",
    "classification",
    "export",
    "heads",
    "load_dataset",
    "tasks",
    "trunks",
]
