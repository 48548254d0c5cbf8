"""`run.json`: what ran, when, on what, and how it ended."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import platform
import time
import warnings
from collections.abc import Iterator
from typing import Any

import keras

from keras_mtl.config import RunConfig
from keras_mtl.reports import FORMAT, write_report
from keras_mtl.runs.building import Built
from keras_mtl.runs.errors import RunError, RunFailed, RunInterrupted
from keras_mtl.runs.folder import INFO, RESUME, RunFolder
from keras_mtl.runs.transferring import told
from keras_mtl.training import TrainingStopped
from keras_mtl.version import __version__

_PACKAGES = ("keras", "tensorflow", "jax", "torch", "keras-hub", "numpy")


class RunRecord:
    """Keeps `run.json` true while a run goes on.

    Args:
        folder: The run folder.
        config: What is run.
        built: What was made of it.
    """

    def __init__(self, folder: RunFolder, config: RunConfig, built: Built) -> None:
        self.folder = folder
        self._spent: dict[str, float] = {}  # Seconds of each part, before it went on.
        model, report = built.model, built.mixture.report(built.model)
        metrics = model.settings.scoring.metrics
        self.info: dict[str, Any] = {
            "format": FORMAT,
            "status": "running",
            "started": _now(),
            "ended": None,
            "seconds": {},
            "seed": config.seed,
            "backend": keras.backend.backend(),
            "devices": [str(device) for device in keras.distribution.list_devices()],
            "versions": versions(),
            "configuration": config.fingerprint,
            "modules": {"folder": str(config.modules), "names": config.own_modules()},
            "fingerprints": {
                name: {part: split.fingerprint for part, split in dataset.splits.items()}
                for name, dataset in built.datasets.items()
            },
            "tasks": [
                {
                    "name": task.name,
                    "kind": type(task).__name__,
                    "labels": list(getattr(task, "labels", ())) or None,
                    "data": list(built.config.tasks[task.name].data),
                    "weight": built.config.tasks[task.name].weight,
                    "metrics": ["loss", *(metric.name for metric in metrics[task.name])],
                }
                for task in model.tasks
            ],
            "mixture": report,
            **_transfer(config, built),
            "parameters": {
                "trunk": model.trunk.count_params(),
                "heads": {name: head.count_params() for name, head in model.heads.items()},
            },
        }

    def write(self) -> None:
        self.folder.write(INFO, self.info)

    def go_on(self, earlier: dict[str, Any]) -> None:
        """Take over when a run that goes on began, and what it has taken so far."""
        self.info["started"] = earlier.get("started", self.info["started"])
        self.info["resumed"] = int(earlier.get("resumed", 0)) + 1
        self._spent = dict(earlier.get("seconds", {}))
        for part, seconds in self._spent.items():
            self.info["seconds"][part] = seconds + self.info["seconds"].get(part, 0.0)

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note the seconds of a part of the run."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - begin + self._spent.get(part, 0.0)
            self.info["seconds"][part] = round(seconds, 3)

    @contextlib.contextmanager
    def status(self) -> Iterator[None]:
        """Note how the run ends, and write its report, however it ends."""
        self.write()
        status = "failed"
        try:
            yield
            status = "finished"
        except (RunInterrupted, KeyboardInterrupt):
            status = "interrupted"
        except TrainingStopped:
            status, self.info["stopped_by"] = "interrupted", "SIGTERM"
        except Exception as error:
            self.info["error"] = f"{type(error).__name__}: {error}"
            saved = any((self.folder.path / RESUME).glob("*"))
            raise RunFailed(
                f"The run failed: {error} What there was until then is in '{self.folder.path}'"
                + ("; once that is put right, --resume goes on." if saved else ".")
            ) from error
        finally:
            self.info.update(status=status, ended=_now())
            self._note(status)
            self._report()

    def _note(self, status: str) -> None:
        try:
            self.write()
        except RunError as error:
            if status == "finished":
                raise RunFailed(
                    f"The run is through, but that could not be noted: {error}"
                ) from error
            # What ended the run is told by its own error; the disk may be full of it.
            warnings.warn(f"The end of the run could not be noted: {error}", stacklevel=2)

    def _report(self) -> None:
        try:
            write_report(self.folder.path)
        except Exception as error:  # A picture is not worth the model, nor the run's own error.
            warnings.warn(f"The report could not be written: {error}", stacklevel=2)


def _transfer(config: RunConfig, built: Built) -> dict[str, Any]:
    if config.transfer is None or built.transfer is None:
        return {}
    return {"transfer": told(config.transfer, built.transfer)}


def versions() -> dict[str, str]:
    """Versions of Python, of this package, and of the packages below it that are installed."""
    found = {"python": platform.python_version(), "keras_mtl": __version__}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
