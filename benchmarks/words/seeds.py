"""Figures over seeds: trained, shown, compared with goals."""

import importlib.util
import time
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples"


def load_example(name):
    """An example as a module."""
    specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)
    return example


def test_figures(train, options):
    """Figures on test of a model that an example trains, and the minutes of its training.

    Beside what `evaluate` gives, the share of rows in which every task is right: of a task of
    words, at every word.
    """
    begin = time.perf_counter()
    model, mixture, data = train(options)
    minutes = (time.perf_counter() - begin) / 60
    sets = data if isinstance(data, dict) else {next(iter(mixture.splits)): data}
    test = {name: one.test for name, one in sets.items()}
    found = model.evaluate(mixture.like(**test), return_dict=True, verbose=0)
    if len(sets) == 1:
        found["all_right"] = float(all_right(model, next(iter(test.values()))).mean())
    return {**found, "minutes": minutes}


def all_right(model, rows):
    """`(N,)` booleans: whether all tasks are right in a row."""
    predictions = model.predict(rows, verbose=0)
    reviews = [
        task.review(*task.encode(rows[task.column], rows.name), predictions[task.name])
        for task in model.tasks
    ]
    return np.logical_and.reduce([review.right for review in reviews])


def table(rows, figures):
    """Rows of figures in Markdown: mean over seeds and, behind it, from lowest to highest.

    Args:
        rows: Name to the figures of each seed.
        figures: Name of a figure to the heading of its column.
    """
    lines = [f"| model | {' | '.join(figures.values())} |", "|---" * (len(figures) + 1) + "|"]
    for name, found in rows.items():
        cells = []
        for figure in figures:
            values = [one[figure] for one in found if figure in one]
            spread = f" ({min(values):.4f} to {max(values):.4f})" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.4f}{spread}" if values else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def short_of(found, goals, what):
    """Print means over seeds beside goals; how many fall short.

    Args:
        found: The figures of each seed.
        goals: Name of a figure to the least it should be.
        what: What was measured.
    """
    short = 0
    for name, goal in goals.items():
        figure = float(np.mean([one[name] for one in found]))
        short += figure < goal
        print(f"{what}, {name}: {figure:.4f} (goal: at least {goal})")
    return short
