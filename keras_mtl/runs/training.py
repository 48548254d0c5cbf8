"""A run, from a configuration to its folder."""

from __future__ import annotations

import dataclasses
import time

from rich.console import Console

from keras_mtl.config import RunConfig
from keras_mtl.data.datasets.profile import profile
from keras_mtl.runs.building import Built, build
from keras_mtl.runs.evaluating import evaluate_split
from keras_mtl.runs.fitting import fit, make_watchers
from keras_mtl.runs.folder import CHECKPOINTS, CONFIG, DATA, EVALUATION, METRICS, SCRATCH, RunFolder
from keras_mtl.runs.record import RunRecord
from keras_mtl.runs.run import Run
from keras_mtl.runs.thresholds import check_thresholds, fit_thresholds
from keras_mtl.training import load_checkpoint


def train(config: RunConfig, *, overwrite: bool = False, console: Console | None = None) -> Run:
    """Train as a run file says, and leave a run folder.

    The data are loaded, and everything made, before the folder: what is wrong with the input
    is said while nothing is written yet. Afterwards thresholds are fitted, if the file asks for
    it, the best checkpoint is scored on the validation and test splits, and the report written.

    Ctrl-C ends the training between two steps; `last` is then the model as it stood.

    Args:
        config: What `load_config` returned.
        overwrite: Replace a run that stands in the folder.
        console: Where progress is shown, if it is a terminal; standard error by default.

    Returns:
        The run.

    Raises:
        ConfigError: If the data or values of the run file are not as they must be.
        RunError: If the run folder is there already, in use or cannot be written.
        RunFailed: If the training breaks off.
    """
    begin = time.perf_counter()
    folder = RunFolder(config.output)
    folder.check_free(overwrite)  # Again below, under its lock; here before minutes of loading.
    built = build(config)
    watchers = make_watchers(config, built)
    check_thresholds(config, built)
    record = RunRecord(folder, config, built)
    profiles = {name: profile(one) for name, one in built.datasets.items()}
    record.info["seconds"]["loading"] = round(time.perf_counter() - begin, 3)
    with folder.created(overwrite):
        with record.status():
            folder.write(CONFIG, config.to_yaml())
            folder.write(METRICS, "")
            folder.write(DATA, profiles)
            with record.timed("training"):
                fit(config, built, watchers, folder, record, console or Console(stderr=True))
            with record.timed("evaluating"):
                fit_thresholds(config, built, folder)
                evaluate(config, built, folder)
        run = Run(folder.path)
        if config.transfer and config.transfer["scratch"] and run.info["status"] == "finished":
            _from_scratch(config, console)
            run.report()
        return run


def _from_scratch(config: RunConfig, console: Console | None) -> None:
    """The same run without a source, in a folder of its own within."""
    plain = dataclasses.replace(config, transfer=None, output=config.output / SCRATCH)
    train(plain, console=console)


def evaluate(config: RunConfig, built: Built, folder: RunFolder) -> None:
    """Score the best checkpoint on the splits that it was not trained on."""
    model = load_checkpoint(folder.path / CHECKPOINTS, "best", configuration=config.fingerprint)
    datasets = built.datasets
    found = {
        part: evaluate_split(model, datasets, built.mixture, part)
        for part in ("validation", "test")
        if any(part in one.splits for one in datasets.values())
    }
    folder.write(EVALUATION, {"checkpoint": "best", "splits": found})
