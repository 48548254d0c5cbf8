"""Figures as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def figures_table(split: str, info: Mapping[str, Any], logs: Mapping[str, Any]) -> str:
    """The figures of each task on a split: a line for a task, a column for a metric.

    Args:
        split: What was scored, for the heading.
        info: `run.json`.
        logs: Log name to figure.
    """
    tasks = [task for task in info["tasks"] if f"{task['name']}_loss" in logs]
    columns = list(dict.fromkeys(metric for task in tasks for metric in task["metrics"]))
    rows = [[split, *columns]]
    for task in tasks:
        figures = [logs.get(f"{task['name']}_{metric}") for metric in columns]
        rows.append([task["name"], *("" if one is None else f"{one:.4f}" for one in figures)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        row[0].ljust(widths[0])
        + "".join(f"  {cell.rjust(width)}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
