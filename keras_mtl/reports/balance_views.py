"""What a balancer did: weights, sizes and angles of gradients over time, as heat maps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from keras_mtl.reports.results import best_epoch, series
from keras_mtl.reports.run_files import RunFiles

# So many columns fit beside a name; of more epochs some are shown, evenly.
_COLUMNS = 20


def balance(files: RunFiles) -> list[dict[str, Any]]:
    """A heat map for each of weights, gradient norms and cosines that the logs have.

    Each has a `title`, what its shade is `of`, the `epochs` of its columns, and `rows` of a name
    and cells with `value`, `share` (0 to 1, how deep the shade is) and `against`, whether the
    value is below 0.
    """
    epochs = [logs["epoch"] for logs in files.epochs]
    columns = shown(len(epochs), epochs.index(best) if (best := best_epoch(files)) in epochs else 0)
    found = []
    for title, of, named in _maps(files):
        values = {name: series(files, key) for key, name in named.items()}
        known = [abs(one) for line in values.values() for one in line if one is not None]
        if not known:
            continue
        most = 1.0 if of == "one" else max(known) or 1.0
        rows = [(name, [_cell(line[at], most) for at in columns]) for name, line in values.items()]
        found.append(
            {"title": title, "of": of, "epochs": [epochs[at] for at in columns], "rows": rows}
        )
    return found


def balance_logs(files: RunFiles) -> set[str]:
    """The log entries that the heat maps show."""
    return {key for _, _, named in _maps(files) for key in named}


def shown(epochs: int, best: int) -> Sequence[int]:
    """Places of the epochs that get a column: first, last, best, and evenly between.

    Example:
        >>> shown(3, 1)
        [0, 1, 2]
        >>> len(shown(1000, 999)), shown(1000, 700)[-1], 700 in shown(1000, 700)
        (20, 999, True)
    """
    if epochs <= _COLUMNS:
        return list(range(epochs))
    places = [round(n * (epochs - 1) / (_COLUMNS - 1)) for n in range(_COLUMNS)]
    # The best epoch in the place of its neighbour, but for the ends.
    if best not in places:
        inner = range(1, _COLUMNS - 1)
        places[min(inner, key=lambda n: abs(places[n] - best))] = best
    return places


def _maps(files: RunFiles) -> list[tuple[str, str, Mapping[str, str]]]:
    """Title, what the shade is of, and log entry to the name of its row."""
    tasks = [str(task["name"]) for task in files.run["tasks"]]
    metrics = {
        f"{task['name']}_{metric}"
        for task in files.run["tasks"]
        for metric in task.get("metrics") or ()
    }
    there = {key for logs in files.epochs for key in logs} - metrics
    cosines = {f"{a}_{b}_cosine": f"{a}, {b}" for a, b in itertools.combinations(tasks, 2)}
    cosines |= {f"{name}_mean_cosine": f"{name}, all others" for name in tasks}
    maps = (
        ("Weight", "largest", {f"{name}_weight": name for name in tasks}),
        ("Gradient norm", "largest", {f"{name}_gradient_norm": name for name in tasks}),
        ("Cosine of gradients", "one", cosines),
    )
    return [
        (title, of, {key: name for key, name in named.items() if key in there})
        for title, of, named in maps
    ]


def _cell(value: float | None, most: float) -> dict[str, Any]:
    size = 0.0 if value is None else value
    return {"value": value, "share": min(abs(size) / most, 1.0), "against": size < 0}
