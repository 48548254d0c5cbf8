"""Rows of a stream drawn so that the labels of a task come equally often."""

import dataclasses
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from keras_mtl.data.mixing.length_classes import LengthPlan
from keras_mtl.data.mixing.stream import Stream
from keras_mtl.tasks import Task

Balanced = bool | Mapping[str, str] | None

_NO_LABEL = "no label"
# Rows of one round through a balanced stream; more would be memory without use.
_LONGEST_ROUND = 2**24


@dataclasses.dataclass(frozen=True)
class Draws:
    """How the rows of a balanced stream are drawn: one round has each row at least once.

    Args:
        rows: Row number of each draw of a round, `(S,)`; rows of rare labels stand repeatedly.
        groups: Number of the group of each row, `(N,)`: those with one label, or with none.
        names: What each group is called, `(groups,)`.
    """

    rows: np.ndarray
    groups: np.ndarray
    names: tuple[str, ...]

    def of_class(
        self, plan: LengthPlan, stream: int, lengths: np.ndarray, length_class: int
    ) -> np.ndarray:
        """Row numbers of a stream's draws in a length class; `lengths` are those of all rows."""
        return self.rows[plan.rows(stream, lengths[self.rows], length_class)]

    def cycle(self, drawn: np.ndarray, number: int, seeds: Sequence[int]) -> np.ndarray:
        """Another choice of rows for the draws of a class, in random order.

        Each group keeps its number of draws and goes round its own rows: those that come once more
        than others in this cycle come once less in another.

        Args:
            drawn: Row numbers of the draws, `(S,)`.
            number: Which cycle through the class it is.
            seeds: Decide every order.
        """
        found = []
        for group in np.unique(self.groups[drawn]):
            rows, draws = np.unique(drawn[self.groups[drawn] == group], return_counts=True)
            places = np.arange(draws.sum()) + number * int(draws.sum())
            rounds, places = np.divmod(places, len(rows))
            for one in np.unique(rounds):
                random = np.random.default_rng([*seeds, int(group), int(one)])
                found.append(random.permutation(rows)[places[rounds == one]])
        random = np.random.default_rng([*seeds, len(self.names), number])
        return random.permutation(np.concatenate(found))

    def passes(self, drawn: float) -> dict[str, float]:
        """How often the rows of each group are gone through in so many draws."""
        kinds = len(self.names)
        share = np.bincount(self.groups[self.rows], minlength=kinds) / len(self.rows)
        rows = np.maximum(np.bincount(self.groups, minlength=kinds), 1)
        return dict(zip(self.names, (drawn * share / rows).tolist(), strict=True))


def draws_of(stream: Stream, task: Task, power: float) -> Draws:
    """The draws of a stream in which the labels of a task come equally often.

    Args:
        stream: The encoded rows.
        task: One of its tasks.
        power: A label with `n` rows is drawn as often as `n ** (1 - power)` says.

    Raises:
        ValueError: If the task has no labels that could be counted, or one round through the rows
            would be too long.
    """
    kinds, groups = np.unique(_labels(stream, task), return_inverse=True)
    counts = np.bincount(groups)
    labelled = kinds >= 0
    target = counts.astype(float)  # Rows without a label keep their share.
    wanted = counts[labelled] ** (1.0 - power)
    target[labelled] = wanted / wanted.sum() * counts[labelled].sum()
    # Every row is drawn, so that none is lost: the round is as long as that takes.
    target *= (counts / target).max()
    if target.sum() > _LONGEST_ROUND:
        raise ValueError(
            f"A round through the balanced stream {stream.name!r}, each row of the most frequent "
            f"label once, must have at most {_LONGEST_ROUND:,} draws. Received: "
            f"{round(target.sum()):,} for {labelled.sum()} labels of task {task.name!r} with "
            f"balance_power={power}. Take a smaller power, such as 0.5."
        )
    order = np.argsort(stream.lengths, kind="stable")
    found = []
    for number, (count, wanted) in enumerate(zip(counts, target, strict=True)):
        rows = order[groups[order] == number]
        draws = max(round(wanted), count)
        # Spread over the lengths, so that long and short rows of a label keep their share.
        found.append(rows[(np.arange(draws) * 2 + 1) * count // (2 * draws)])
    return Draws(np.concatenate(found), groups, _names(kinds, task))


def checked_balance(
    balanced: Any, power: Any, feeds: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Stream to the task whose labels are to come equally often.

    Args:
        balanced: What the user gave.
        power: Likewise.
        feeds: Stream name to the names of its tasks.

    Raises:
        TypeError: If something is no name.
        ValueError: If a name is no stream, or none of its tasks, or the power not from 0 to 1.
    """
    if isinstance(power, bool) or not isinstance(power, Real) or not 0.0 <= float(power) <= 1.0:
        raise ValueError(
            "`balance_power` of a mixture must be from 0 (rows as they are) to 1 (labels come "
            f"equally often). Received: balance_power={power!r}."
        )
    if balanced is None or balanced is False:
        return {}
    if balanced is True:
        several = {name: list(tasks) for name, tasks in feeds.items() if len(tasks) > 1}
        if several:
            raise ValueError(
                "`balanced=True` of a mixture needs one task for each stream. Received: several "
                f"for {several}. Say which: balanced={{{next(iter(several))!r}: "
                f"{next(iter(several.values()))[0]!r}, ...}}."
            )
        return {name: tasks[0] for name, tasks in feeds.items()}
    if not isinstance(balanced, Mapping):
        raise TypeError(
            "`balanced` of a mixture must be True, or a dictionary from stream to the task whose "
            f"labels are to come equally often. Received: balanced={balanced!r}. The streams feed "
            f"{ {name: list(tasks) for name, tasks in feeds.items()} }."
        )
    for stream, task in balanced.items():
        if stream not in feeds:
            raise ValueError(
                f"`balanced` of a mixture must name its streams, {list(feeds)}. Received: "
                f"{stream!r}."
            )
        if task not in feeds[stream]:
            raise ValueError(
                f"`balanced` of stream {stream!r} of a mixture must be one of its tasks, "
                f"{list(feeds[stream])}. Received: {task!r}."
            )
    return dict(balanced)


def _labels(stream: Stream, task: Task) -> np.ndarray:
    """Number of the label of each row, `(N,)`, -1 for none; the rarest of a row with several."""
    labels, weights = stream.labels[task.name], stream.weights[task.name]
    found, rows = None, np.zeros(0, int)
    if isinstance(labels, np.ndarray) and isinstance(weights, np.ndarray):
        rows = np.flatnonzero((weights > 0).reshape(len(weights), -1).any(axis=1))
        found = task.groups(labels[rows])
    if found is None:
        why = "labels words" if task.of_words else "has no labels to count"
        raise ValueError(
            f"`balanced` of stream {stream.name!r} of a mixture must be a task with a label for "
            f"each row, such as a classification. Received: {task.name!r}, a "
            f"{type(task).__name__}, which {why}. Leave the stream out of `balanced`."
        )
    places, numbers = (np.asarray(one) for one in found)
    rarest_last = np.argsort(-np.bincount(numbers)[numbers], kind="stable")
    of_rows = np.full(len(stream), -1)
    of_rows[rows[places[rarest_last]]] = numbers[rarest_last]
    return of_rows


def _names(kinds: np.ndarray, task: Task) -> tuple[str, ...]:
    labels = [str(label) for label in getattr(task, "labels", ())]
    missing = _NO_LABEL if _NO_LABEL not in labels else f"({_NO_LABEL})"
    named = [labels[kind] if kind < len(labels) else str(kind) for kind in kinds if kind >= 0]
    return (missing, *named) if len(named) < len(kinds) else tuple(named)
