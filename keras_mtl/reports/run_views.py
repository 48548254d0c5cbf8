"""How the run went about it: time, mixture, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_mtl.reports.balance_views import balance_logs
from keras_mtl.reports.figures import count, duration, number
from keras_mtl.reports.results import Series, series
from keras_mtl.reports.run_files import RunFiles, mapping

# Log entries with a place of their own on the page.
_SHOWN = {"epoch", "seconds", "loss"}


def timing(files: RunFiles) -> dict[str, Any]:
    """Seconds by part with their share, and means over the epochs."""
    parts = {
        str(part): value
        for part, given in mapping(files.run.get("seconds")).items()
        if (value := number(given)) is not None and value >= 0
    }
    total = sum(parts.values())
    pace = {
        "an epoch": (_mean(series(files, "seconds")), duration),
        "rows a second": (_mean(series(files, "rows_per_second")), count),
    }
    return {
        "parts": [(part, value, value / total if total else 0.0) for part, value in parts.items()],
        "pace": [f"{write(value)} {what}" for what, (value, write) in pace.items() if value],
    }


def mixture(files: RunFiles) -> dict[str, Any] | None:
    """What an epoch was made of: streams with their rows of a step and passes of an epoch."""
    given = mapping(files.run.get("mixture"))
    if not given:
        return None
    rows = mapping(given.get("rows_per_step"))
    passes = mapping(given.get("passes_over_rows_per_epoch"))
    return {
        "steps": given.get("steps_per_epoch"),
        "padding": given.get("padding"),
        "passes_through_trunk": given.get("passes_through_trunk_per_step"),
        "groups": _groups(given),
        "streams": [(name, rows.get(name), passes.get(name)) for name in rows or passes],
    }


def other_logs(files: RunFiles) -> list[str]:
    """Log entries that are no task's loss or metric nor a balancer's, such as the learning rate."""
    shown = (
        _SHOWN
        | balance_logs(files)
        | {
            f"{task['name']}_{metric}"
            for task in files.run["tasks"]
            for metric in ("loss", *(task.get("metrics") or ()))
        }
    )
    keys = {key.removeprefix("val_") for logs in files.epochs for key in logs}
    return sorted(keys - shown)


def versions(files: RunFiles) -> list[tuple[str, str]]:
    """Packages and their versions."""
    found = mapping(files.run.get("versions"))
    return [(str(name), str(version)) for name, version in found.items()]


def fingerprints(files: RunFiles) -> list[tuple[str, str]]:
    """Dataset and split to the fingerprint of its rows."""
    return [
        (f"{name}, {split}", str(given["fingerprint"]))
        for name, profile in files.data.items()
        for split, given in mapping(mapping(profile).get("splits")).items()
        if mapping(given).get("fingerprint")
    ]


def _groups(given: Mapping[str, Any]) -> list[tuple[list[str], list[Any]]]:
    """The streams that share a pass through the trunk, and their length classes in tokens."""
    groups, lengths = given.get("groups"), given.get("lengths")
    if not isinstance(groups, list) or not isinstance(lengths, list):
        return []
    return [
        ([str(name) for name in group], list(one))
        for group, one in zip(groups, lengths, strict=False)
        if isinstance(group, list) and isinstance(one, list)
    ]


def _mean(values: Series) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
