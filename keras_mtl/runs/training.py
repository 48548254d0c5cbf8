"""A run, from a configuration to its folder."""

from __future__ import annotations

import contextlib
import dataclasses
import time

from rich.console import Console

from keras_mtl.config import ConfigError, RunConfig
from keras_mtl.data.datasets.profile import profile
from keras_mtl.runs.building import Built, build
from keras_mtl.runs.errors import RunError
from keras_mtl.runs.evaluating import evaluate_split
from keras_mtl.runs.fitting import fit, make_watchers
from keras_mtl.runs.folder import (
    CHECKPOINTS,
    CONFIG,
    DATA,
    EVALUATION,
    INFO,
    METRICS,
    RESUME,
    SCRATCH,
    RunFolder,
)
from keras_mtl.runs.interrupting import terminable
from keras_mtl.runs.record import RunRecord
from keras_mtl.runs.run import Run
from keras_mtl.runs.sections import section
from keras_mtl.runs.thresholds import check_thresholds, fit_thresholds
from keras_mtl.training import distribute, load_checkpoint


def train(
    config: RunConfig,
    *,
    overwrite: bool = False,
    resume: bool = False,
    console: Console | None = None,
) -> Run:
    """Train as a run file says, and leave a run folder.

    The data are loaded, and everything made, before the folder: what is wrong with the input
    is said while nothing is written yet. Afterwards thresholds are fitted, if the file asks for
    it, the best checkpoint is scored on the validation and test splits, and the report written.

    Ctrl-C ends the training between two steps; `last` is then the model as it stood. So does
    SIGTERM. A run that ended so, was killed, or broke off goes on with `resume`.

    Args:
        config: What `load_config` returned.
        overwrite: Replace a run that stands in the folder.
        resume: Go on with the run that stands in the folder, to the result that it would have had;
            begin one if there is none. A finished run is returned as it is.
        console: Where progress is shown, if it is a terminal; standard error by default.

    Returns:
        The run.

    Raises:
        ConfigError: If the data or values of the run file are not as they must be.
        RunError: If the run folder is there already, in use or cannot be written; or both
            `overwrite` and `resume` are asked for.
        RunFailed: If the training breaks off.
    """
    with contextlib.ExitStack() as stack:
        with section(config, ("training", "distribute")):
            kind = stack.enter_context(distribute(config.training.distribute))
            if kind == "multi_worker":
                raise ConfigError(
                    "must be another than 'multi_worker': a run folder belongs to one process. "
                    "Received: several processes. Train from Python, inside of "
                    "`keras_mtl.distribute('multi_worker')`."
                )
        return _train(config, overwrite, resume, console)


def _train(config: RunConfig, overwrite: bool, resume: bool, console: Console | None) -> Run:
    begin = time.perf_counter()
    folder = RunFolder(config.output)
    if resume and overwrite:
        raise RunError(
            f"The run in '{folder.path}' must be gone on with, or replaced. Received: resume and "
            "overwrite. Leave one out."
        )
    begun = resume and folder.begun(config.fingerprint)
    if begun and Run(folder.path).info["status"] == "finished":
        with folder.opened():
            return _finished(config, folder, console)
    if not begun:
        folder.check_free(overwrite)  # Again below, under its lock; here before minutes of loading.
    built = build(config)
    watchers = make_watchers(config, built)
    check_thresholds(config, built)
    record = RunRecord(folder, config, built)
    profiles = {name: profile(one) for name, one in built.datasets.items()}
    record.info["seconds"]["loading"] = round(time.perf_counter() - begin, 3)
    with folder.opened() if begun else folder.created(overwrite):
        if begun:
            record.go_on(folder.read(INFO))
        with record.status(), terminable():
            folder.write(CONFIG, config.to_yaml())
            folder.write(METRICS, "")
            folder.write(DATA, profiles)
            with record.timed("training"):
                fit(config, built, watchers, folder, record, console or Console(stderr=True))
            with record.timed("evaluating"):
                fit_thresholds(config, built, folder)
                evaluate(config, built, folder)
        return _finished(config, folder, console)


def _finished(config: RunConfig, folder: RunFolder, console: Console | None) -> Run:
    """The run; if it has a source, with the same run without it, in a folder of its own within."""
    run = Run(folder.path)
    if run.info["status"] != "finished":
        return run
    folder.forget(RESUME)
    if config.transfer and config.transfer["scratch"]:
        plain = dataclasses.replace(config, transfer=None, output=config.output / SCRATCH)
        train(plain, resume=True, console=console)
        run.report()
    return run


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
