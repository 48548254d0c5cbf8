"""What a run begins with: the weights that a source learned."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from keras_mtl.model import MultiTaskModel
from keras_mtl.runs.folder import EVALUATION, INFO, RunFolder
from keras_mtl.runs.modules import import_modules
from keras_mtl.transfer import GradualThaw, LoadReport, Source, freeze, load_source, open_source

Section = Mapping[str, Any]


def source_of(section: Section) -> Source:
    """The source that a run file names.

    Raises:
        RunError: If it is a run whose modules cannot be imported.
        ValueError: If it is none, or is damaged.
    """
    path = Path(section["source"])
    if (path / INFO).is_file():
        import_modules(RunFolder(path).read(INFO).get("modules"), path)
    return open_source(section["source"], checkpoint=section["checkpoint"])


def begin_with(section: Section, source: Source, model: MultiTaskModel) -> LoadReport:
    """Load the source into a model that is not compiled yet, and freeze what stays frozen."""
    report = load_source(model, source, new_words=section["new_words"], strict=section["strict"])
    if section["thaw"] == "never":
        freeze(model, "trunk")
    return report


def thawing(section: Section | None) -> list[keras.callbacks.Callback]:
    """The callbacks that thaw the model while it trains."""
    if section is None or section["thaw"] != "gradually":
        return []
    return [GradualThaw(section["epochs_per_group"])]


def told(section: Section, report: LoadReport) -> dict[str, Any]:
    """What `run.json` says of it."""
    return {
        "source": section["source"],
        "thaw": section["thaw"],
        "coverage": round(report.coverage, 6),
        "words": None if report.words is None else dataclasses.asdict(report.words),
        "variables": [dataclasses.asdict(one) for one in report.variables],
        "figures": _figures(Path(section["source"])),
    }


def _figures(path: Path) -> dict[str, float]:
    """The figures of a source that is a run, on test or else on validation."""
    if not (path / INFO).is_file() or not (path / EVALUATION).is_file():
        return {}
    splits = RunFolder(path).read(EVALUATION).get("splits") or {}
    found = splits.get("test") or splits.get("validation") or {}
    return dict(found.get("logs") or {})
