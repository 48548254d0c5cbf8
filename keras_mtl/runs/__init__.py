"""Runs: from a run file to a folder with a model, its figures and a report."""

from keras_mtl.runs.errors import RunError, RunFailed
from keras_mtl.runs.run import Run
from keras_mtl.runs.training import train

__all__ = ["Run", "RunError", "RunFailed", "train"]
