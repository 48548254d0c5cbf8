"""Multi-task and transfer learning for text, on Keras 3."""

import importlib
import os
from typing import Any

# TensorFlow on a CPU gives the memory of each large tensor back to the system, which clears its
# pages before the next one: half of a training step's time. With this it keeps a pool, unless
# the user has decided otherwise. TensorFlow looks when it makes its first tensor, not later.
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")

from keras_mtl import balancing, heads, tasks, transfer, trunks
from keras_mtl.data import (
    Dataset,
    Mixture,
    Split,
    SubwordTokenizer,
    WordTokenizer,
    WordVectors,
    load_dataset,
)
from keras_mtl.data.text import cleaning
from keras_mtl.export import BundleError, export
from keras_mtl.model import MultiTaskModel
from keras_mtl.serving import Predictor
from keras_mtl.tasks import (
    Task,
    balanced_class_weight,
    classification,
    multilabel,
    ordinal,
    pair_classification,
    ranking,
    regression,
    similarity,
    tagging,
)
from keras_mtl.training import CheckpointError, FineTuning, SelfCheckError, callbacks, distribute
from keras_mtl.version import __version__

__all__ = [
    "BundleError",
    "CheckpointError",
    "Dataset",
    "FineTuning",
    "Mixture",
    "MultiTaskModel",
    "Predictor",
    "SelfCheckError",
    "Split",
    "SubwordTokenizer",
    "Task",
    "WordTokenizer",
    "WordVectors",
    "__version__",
    "balanced_class_weight",
    "balancing",
    "callbacks",
    "classification",
    "cleaning",
    "config",
    "distribute",
    "export",
    "heads",
    "load_dataset",
    "pair_classification",
    "ranking",
    "ordinal",
    "regression",
    "multilabel",
    "runs",
    "similarity",
    "tagging",
    "tasks",
    "transfer",
    "trunks",
]

# Run files and reports need libraries that a script, or a server, has no use for.
_ON_DEMAND = ("config", "runs")


def __getattr__(name: str) -> Any:
    if name in _ON_DEMAND:
        return importlib.import_module(f"keras_mtl.{name}")
    raise AttributeError(f"module 'keras_mtl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_DEMAND})
