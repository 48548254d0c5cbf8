"""Transfer: what a source task learned, for a new one."""

from keras_mtl.training.fine_tuning import WarmUpAndDecay
from keras_mtl.training.grouped_optimizer import GroupedOptimizer
from keras_mtl.transfer.averaging import AverageEpochs, greedy_soup, soup
from keras_mtl.transfer.fine_tuning import FineTuned, fine_tune
from keras_mtl.transfer.freezing import freeze, thaw, trainable
from keras_mtl.transfer.load_report import LoadReport
from keras_mtl.transfer.loading import load_source
from keras_mtl.transfer.rates import LayerwiseDecay, SlantedTriangular, layerwise_decay
from keras_mtl.transfer.rehearsal import DriftCheck, rehearse
from keras_mtl.transfer.sources import Source, open_source
from keras_mtl.transfer.task_vectors import TaskVector, task_vector
from keras_mtl.transfer.thawing import GradualThaw, ThawAt
from keras_mtl.transfer.towards_source import l2_sp

__all__ = [
    "AverageEpochs",
    "DriftCheck",
    "FineTuned",
    "GradualThaw",
    "GroupedOptimizer",
    "LayerwiseDecay",
    "LoadReport",
    "SlantedTriangular",
    "Source",
    "TaskVector",
    "ThawAt",
    "WarmUpAndDecay",
    "fine_tune",
    "freeze",
    "greedy_soup",
    "l2_sp",
    "layerwise_decay",
    "load_source",
    "open_source",
    "rehearse",
    "soup",
    "task_vector",
    "thaw",
    "trainable",
]
