"""Figures of several rounds as a table, goals and a plot."""

import dataclasses
import statistics

from . import costs


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure measured in several rounds."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values):
        return cls(statistics.median(values), min(values), max(values))

    def text(self, form):
        """`median (lowest to highest)`, each in the given form."""
        median, lowest, highest = (format(one, form) for one in dataclasses.astuple(self))
        return f"{median} ({lowest} to {highest})"


def markdown(header, rows):
    """A Markdown table; the first column is left-aligned, the others right-aligned."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))


def rows_per_second(result):
    return result["rows"] / result["seconds"]


def ratios(rounds, name, value):
    """The first competitor's value over that of `name`, round by round."""
    ours = next(iter(rounds.values()))
    return Figure.of(
        [value(own) / value(other) for own, other in zip(ours, rounds[name], strict=True)]
    )


def speed_table(rounds, settings, rate):
    """A row for each competitor; ranges are over rounds.

    Args:
        rounds: Name of a competitor to its results, round by round, ours first.
        settings: What was trained.
        rate: Operations per second of a product of float32 matrices.
    """
    tasks = list(next(iter(rounds.values()))[0]["losses"])
    header = ("training", "rows/s", "ms/step", "padding", "peak memory, MB", "of matrix rate",
              "ours over it", f"mean loss: {', '.join(tasks)}")  # fmt: skip
    return markdown(header, [_speed_row(rounds, name, settings, rate) for name in rounds])


def _speed_row(rounds, name, settings, rate):
    results = rounds[name]
    padding = [costs.padding_share(one["real_tokens"], one["padded_tokens"]) for one in results]
    used = [
        costs.training_flops(settings, one["real_tokens"]) / one["seconds"] / rate
        for one in results
    ]
    losses = [
        format(statistics.median(one["losses"][task] for one in results), ".3f")
        for task in results[0]["losses"]
    ]
    return (
        name,
        Figure.of(list(map(rows_per_second, results))).text(",.0f"),
        Figure.of([1e3 * one["seconds"] / one["steps"] for one in results]).text(".1f"),
        f"{statistics.median(padding):.1%}",
        f"{statistics.median(one['peak_megabytes'] for one in results):,.0f}",
        Figure.of(used).text(".1%"),
        ratios(rounds, name, rows_per_second).text(".2f"),
        ", ".join(losses),
    )


def time_table(rounds):
    """Seconds to an accuracy, for each competitor."""
    header = ("training", "reached", "seconds of training", "of it compiling", "epochs",
              "highest accuracy", "ours over it")  # fmt: skip
    rows = []
    for name, results in rounds.items():
        highest = [max(one["accuracies"]) for one in results]
        rows.append(
            (
                name,
                f"{sum(one['reached'] for one in results)} of {len(results)}",
                Figure.of([one["seconds"] for one in results]).text(".1f"),
                f"{statistics.median(one['compile_seconds'] for one in results):.1f}",
                Figure.of([one["epochs"] for one in results]).text(".2f"),
                Figure.of(highest).text(".4f"),
                ratios(rounds, name, lambda one: one["seconds"]).text(".2f"),
            )
        )
    return markdown(header, rows)


def plot(rounds, value, label, path):
    """Horizontal bars of the medians, with lines from the lowest to the highest, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figures = [Figure.of(list(map(value, results))) for results in rounds.values()]
    medians = [one.median for one in figures]
    reach = [
        [one.median - one.lowest for one in figures],
        [one.highest - one.median for one in figures],
    ]
    with matplotlib.rc_context({"svg.hashsalt": "pair"}):
        canvas, axes = pyplot.subplots(figsize=(7, 0.9 + 0.5 * len(rounds)))
        colors = ["tab:blue", *["tab:gray"] * (len(rounds) - 1)]
        axes.barh(list(rounds), medians, xerr=reach, color=colors, capsize=3)
        axes.invert_yaxis()
        axes.set_xlabel(label)
        axes.spines[["top", "right"]].set_visible(False)
        canvas.tight_layout()
        canvas.savefig(path, metadata={"Date": None})
        pyplot.close(canvas)
