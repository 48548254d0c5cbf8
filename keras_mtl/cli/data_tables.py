"""A profile of a dataset as plain text."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keras_mtl.cli.yaml_text import printable

WIDTH = 100
MOST_LABELS = 30  # shown of one column
LONGEST_LABEL = 40  # characters

_LENGTHS = ("min", "p5", "p50", "p95", "p99", "max", "mean")


def profile_text(profile: Mapping[str, Any], notes: Sequence[str] = ()) -> str:
    """Write a profile as tables that are read at 100 columns.

    Args:
        profile: What `keras_mtl.data.datasets.profile.profile` returns.
        notes: Sentences to put below the heading.
    """
    written = io.StringIO()
    console = Console(
        file=written, width=WIDTH, color_system=None, legacy_windows=False, highlight=False
    )
    _say(console, profile["name"], *notes)
    for table in (_splits(profile), *(_labels(profile, one) for one in profile["labels"])):
        _say(console, "")
        console.print(table)
    _say(console, "", _duplicates(profile), _nulls(profile), "", "Examples")
    for labels, text in map(_example, profile["examples"]):
        for line in (labels, text):
            if line:
                console.print(Padding(Text(line), (0, 0, 0, 2 if line is labels else 4)))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        # As text: a label such as [b] is no mark-up.
        console.print(Text(printable(line)), soft_wrap=False)


def _table(*heads: str) -> Table:
    """Make a table whose first column is text and whose others are numbers."""
    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
    for position, head in enumerate(heads):
        first = position == 0
        table.add_column(Text(printable(head)), justify="left" if first else "right", no_wrap=True)
    return table


def _splits(profile: Mapping[str, Any]) -> Table:
    table = _table("split", "rows", *(f"words {one}" if one == "min" else one for one in _LENGTHS),
                   "no words")  # fmt: skip
    for name, split in profile["splits"].items():
        words = [f"{split['words'][one]:,}" for one in _LENGTHS]
        table.add_row(name, f"{split['rows']:,}", *words, f"{split['empty_texts']:,}")
    return table


def _labels(profile: Mapping[str, Any], column: str) -> Table:
    space, splits = profile["labels"][column], profile["splits"]
    table = _table(_short(column), *(cell for split in splits for cell in (split, "%")))
    totals = {split: max(sum(space["counts"][split].values()), 1) for split in splits}
    names = sorted(space["names"], key=lambda name: -space["counts"]["train"][name])
    for name in names[:MOST_LABELS]:
        table.add_row(
            Text(_short(name)), *_shares({s: space["counts"][s][name] for s in splits}, totals)
        )
    if names[MOST_LABELS:]:
        rest = {s: sum(space["counts"][s][name] for name in names[MOST_LABELS:]) for s in splits}
        table.add_row(f"(and {len(names) - MOST_LABELS} more)", *_shares(rest, totals))
    missing = {split: splits[split]["unlabelled"][column] for split in splits}
    if any(missing.values()):
        cells = [cell for count in missing.values() for cell in (f"{count:,}", "")]
        table.add_row("(no label)", *cells)
    return table


def _shares(counts: Mapping[str, int], totals: Mapping[str, int]) -> list[str]:
    """Write counts, each with its share of the labels of its split."""
    return [
        cell
        for split, count in counts.items()
        for cell in (f"{count:,}", f"{100 * count / totals[split]:.1f}")
    ]


def _duplicates(profile: Mapping[str, Any]) -> str:
    found = [
        f"{one['rows']:,} within {one['in']}"
        if one["in"] == one["of"]
        else f"{one['rows']:,} of {one['of']} also in {one['in']}"
        for one in profile["duplicates"]
        if one["rows"]
    ]
    return "Duplicate texts: " + (", ".join(found) or "none")


def _nulls(profile: Mapping[str, Any]) -> str:
    found = []
    for split, counts in profile["nulls"].items():
        if counts["dropped"]:
            found.append(f"{counts['dropped']:,} rows of {split} left out")
        for column, rows in counts["unlabelled"].items():
            if rows:
                found.append(f"{rows:,} rows of {split} without {column!r:.60}")
        for column, words in counts.get("untagged", {}).items():
            if words:
                found.append(f"{words:,} words of {split} without {column!r:.60}")
    return "Missing values: " + (", ".join(found) or "none")


def _example(example: Mapping[str, Any]) -> tuple[str, str]:
    labels = [
        f"{_short(column)}: {', '.join(map(_label, [value] if isinstance(value, str) else value))}"
        for column, value in example["labels"].items()
        if value is not None
    ]
    return "; ".join(labels), " ".join(printable(part) for part in example["text"].split())


def _label(value: Any) -> str:
    """A label; of an entity, which is a list here, its type and its place."""
    if value is None:
        return "(none)"
    if isinstance(value, str):
        return _short(value)
    start, end, kind = value
    return f"{_short(kind)} {start}-{end}"


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
