"""Thresholds that a run fits to its validation rows, after training."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.config import ConfigError, RunConfig
from keras_mtl.data import Mixture
from keras_mtl.runs.building import FITTED, Built
from keras_mtl.runs.folder import CHECKPOINTS, RunFolder
from keras_mtl.runs.sections import section
from keras_mtl.training import load_checkpoint
from keras_mtl.training.checkpoint_files import KINDS, rewrite_checkpoint


def check_thresholds(config: RunConfig, built: Built) -> None:
    """See that the thresholds can be fitted, before hours of training.

    Raises:
        ConfigError: If a task has no thresholds or no validation rows, or a label no such row.
    """
    for name, default in _asked_for(config).items():
        with section(config, ("tasks", name, "threshold")):
            task = built.tasks[name]
            splits = _validation_rows(config, built, name).splits.values()
            encoded = [task.encode(one[task.column], repr(one.name)) for one in splits]
            labels = np.concatenate([labels[weights > 0] for labels, weights in encoded])
            # Whatever will be predicted, the labels are these.
            task.with_fitted_thresholds(labels, np.zeros(labels.shape, np.float32), default)


def fit_thresholds(config: RunConfig, built: Built, folder: RunFolder) -> None:
    """Fit the thresholds of both checkpoints, and write them anew."""
    asked = _asked_for(config)
    for which in KINDS if asked else ():
        path = folder.path / CHECKPOINTS
        model = load_checkpoint(path, which, configuration=config.fingerprint)
        for name, default in asked.items():
            model.fit_thresholds(_validation_rows(config, built, name), name, default)
        rewrite_checkpoint(path, which, model)


def _asked_for(config: RunConfig) -> dict[str, Any]:
    """Tasks whose thresholds are to be fitted, with the threshold of labels without rows."""
    given = {name: one.choice.values.get("threshold") for name, one in config.tasks.items()}
    return {name: FITTED[how] for name, how in given.items() if isinstance(how, str)}


def _validation_rows(config: RunConfig, built: Built, task: str) -> Mixture:
    """The validation rows of the datasets that feed a task."""
    feeding = config.tasks[task].data
    splits = {
        name: split for name in feeding if (split := built.datasets[name].validation) is not None
    }
    if not splits:
        raise ConfigError(
            f"Thresholds are fitted to validation rows. Received: none in {', '.join(feeding)}. "
            "Give a file, or a validation_fraction above 0; or give the thresholds themselves."
        )
    # They are gone through one by one; the size of a batch does not matter.
    return Mixture(splits, dict.fromkeys(splits, task), batch_size=len(splits))
