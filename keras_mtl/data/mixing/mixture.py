"""Several streams turned into batches."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.balanced import Balanced, checked_balance, draws_of
from keras_mtl.data.mixing.batches import EvaluationBatches, TrainingBatches
from keras_mtl.data.mixing.length_classes import LengthPlan, plan_lengths
from keras_mtl.data.mixing.mixture_arguments import (
    check_fed,
    check_whole,
    checked_splits,
    checked_tasks,
)
from keras_mtl.data.mixing.shares import Share, rows_per_step, stream_shares
from keras_mtl.data.mixing.stream import Stream, encode_stream
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.tasks import Task

WEIGHTINGS = ("task", "row")
# More streams than this are counted, but for the first few, where a mixture is printed.
_MANY_STREAMS, _FEW_STREAMS = 8, 4


class Preprocessor(Protocol):
    """Text to token ids: what a tokenizer offers to mixtures and models."""

    fingerprint: str

    def encode(self, texts: Sequence[str]) -> dict[str, Ragged]:
        """Token ids of each text."""


class Reader(Protocol):
    """What a mixture asks of a model."""

    preprocessor: Preprocessor
    tasks: Sequence[Task]


class Mixture:
    """Datasets that train together, each with rows of its own.

    Every stream takes part in every step. A step has one length class, the same for all
    streams; streams of like length share a pass through the trunk.

    Args:
        splits: Stream name to its rows, such as `{"imdb": imdb.train}`.
        tasks: Stream name to the task, or the tasks, that its rows have labels for. May be
            left out where each stream is named as its only task.
        batch_size: Rows of a step, over all streams and replicas.
        share: Rows of each stream in a step: `"proportional"` to its size, `"uniform"`, a
            temperature, or a dictionary of numbers. At least one row each. By default proportional;
            uniform under a balancer of gradients, which needs enough rows of each task.
        weighting: `"task"`: a task's mean loss counts by its weight alone, and the share only
            decides how much of a dataset is seen. `"row"`: its mean loss is also multiplied by
            the share of its streams, as when single rows are drawn from all streams.
        balanced: Stream name to one of its tasks whose labels are to come equally often in
            training: rows of rare labels are repeated. `True` for every stream with its only task.
        balance_power: 1 balances fully, 0 not at all; .5 is a common middle.
        length_classes: The most padded lengths that a run may compile.
        steps_per_epoch: Steps of an epoch; by default all rows over the batch size.
        seed: Decides every order. The batch of a step is a function of seed, epoch and step.

    Raises:
        TypeError: If a stream is no split, or its task no name.
        ValueError: If a stream has no task, a task no stream, or an option is out of range.

    Example:
        >>> rows = Split({"text": ["good", "bad film"], "label": ["pos", "neg"]}, "mine/train")
        >>> Mixture({"reviews": rows}, tasks={"reviews": "sentiment"}, batch_size=2)
        Mixture(reviews: 2 rows for sentiment; batch_size=2)
    """

    def __init__(
        self,
        splits: Mapping[str, Split],
        tasks: Mapping[str, str | Sequence[str]] | None = None,
        *,
        batch_size: int = 64,
        share: Share | None = None,
        weighting: str = "task",
        balanced: Balanced = None,
        balance_power: float = 1.0,
        length_classes: int = 4,
        steps_per_epoch: int | None = None,
        seed: int = 0,
    ) -> None:
        self.splits = checked_splits(splits)
        self.tasks = checked_tasks(self.splits, tasks)
        check_whole(batch_size=batch_size, length_classes=length_classes)
        check_whole(0, seed=seed)
        if steps_per_epoch is not None:
            check_whole(steps_per_epoch=steps_per_epoch)
        if weighting not in WEIGHTINGS:
            raise ValueError(
                f"`weighting` of a mixture must be one of {', '.join(map(repr, WEIGHTINGS))}. "
                f"Received: weighting={weighting!r}."
            )
        self.batch_size = batch_size
        self.share = share
        self.weighting = weighting
        self.balanced = checked_balance(balanced, balance_power, self.tasks)
        self.balance_power = balance_power
        self.length_classes = length_classes
        self.seed = seed
        self._rows = {name: len(rows) for name, rows in self.splits.items()}
        self.shares = stream_shares("proportional" if share is None else share, self._rows)
        rows_per_step(self.shares, batch_size)  # A batch too small is said here, not in `fit`.
        self.steps_per_epoch = steps_per_epoch or -(-sum(self._rows.values()) // batch_size)
        self._running: TrainingBatches | None = None
        self._restored: dict[str, int] | None = None
        self._encoded: dict[Any, list[Stream]] = {}

    def __repr__(self) -> str:
        streams = [
            f"{name}: {len(rows)} rows for {' and '.join(self.tasks[name])}"
            for name, rows in self.splits.items()
        ]
        if len(streams) > _MANY_STREAMS:
            rest = len(streams) - _FEW_STREAMS
            rows = sum(self._rows.values())
            streams = [*streams[:_FEW_STREAMS], f"and {rest} more streams, {rows} rows in all"]
        return f"Mixture({', '.join(streams)}; batch_size={self.batch_size})"

    def like(self, /, *splits: Split, **named: Split) -> "Mixture":
        """Other rows in the same streams, such as the validation parts.

        Args:
            splits: One split for each stream, in the order of the streams; or
            named: the splits by stream name.

        Returns:
            A mixture with the options of this one. `evaluate` and `validation_data` go through
            each of its rows exactly once.

        Raises:
            ValueError: If there is not exactly one split for each stream.
        """
        in_order = len(splits) == len(self.splits) and not named
        by_name = set(named) == set(self.splits) and not splits
        if not (in_order or by_name):
            raise ValueError(
                "`like` of a mixture must be given one split for each of the streams "
                f"{list(self.splits)}, in this order or by name. "
                f"Received: {len(splits)} in order, {list(named)} by name."
            )
        return Mixture(
            dict(zip(self.splits, splits, strict=True)) if in_order else named,
            self.tasks,
            batch_size=self.batch_size,
            share=self.share,
            weighting=self.weighting,
            balanced=self.balanced,
            balance_power=self.balance_power,
            length_classes=self.length_classes,
            seed=self.seed,
        )

    def training_batches(
        self,
        preprocessor: Preprocessor,
        tasks: Sequence[Task],
        replicas: int = 1,
        steps_per_epoch: int | None = None,
        initial_epoch: int = 0,
        even: bool = False,
    ) -> TrainingBatches:
        """An endless series of training batches; see `TrainingBatches`.

        It begins at a restored position if there is one, else at `initial_epoch`. `even`: with
        uniform shares, where none were given.
        """
        start = self._restored or {"epoch": initial_epoch, "step": 0}
        steps = steps_per_epoch or self.steps_per_epoch
        batches = self._batches(preprocessor, tasks, replicas, steps, start, even)
        self._running, self._restored = batches, None
        return batches

    @property
    def position(self) -> dict[str, int]:
        """`{"epoch": e, "step": s}` of the next batch that `fit` has not trained on.

        It may be read at any moment of a run, and given to `restore` later.
        """
        return self._running.position if self._running else {"epoch": 0, "step": 0}

    def evaluation_batches(
        self, preprocessor: Preprocessor, tasks: Sequence[Task], replicas: int = 1
    ) -> EvaluationBatches:
        """Batches that show every row exactly once; see `EvaluationBatches`."""
        shares = stream_shares("proportional", self._rows)
        streams = self.encode(preprocessor, tasks)
        lengths = [stream.lengths for stream in streams]
        return EvaluationBatches(*self._layout(shares, streams, lengths, replicas))

    def restore(self, position: Mapping[str, int]) -> None:
        """Let the next `fit` go on from a `position` that was read during an earlier one.

        Without it each `fit` begins anew, at its `initial_epoch`, so that a mixture may be used
        for several models. `position` counts in epochs of the same number of steps; an epoch
        of that `fit` is a whole number of steps from there.

        Raises:
            ValueError: If it is no position.
        """
        if set(position) != {"epoch", "step"} or min(position.values()) < 0:
            raise ValueError(
                "`position` of a mixture must be {'epoch': e, 'step': s}, both 0 or more. "
                f"Received: position={dict(position)!r}. Read it from `mixture.position`."
            )
        self._restored = dict(position)

    def report(self, model: Reader) -> dict[str, Any]:
        """What an epoch of training costs and repeats, before it is run.

        Returns:
            Steps; rows of each stream in a step; passes over the rows of each stream (how often
            a dataset repeats) and, where it is balanced, of each label; groups and the passes
            through the trunk; the lengths that are compiled; and the share of padding among all
            tokens.
        """
        replicas = getattr(model, "replicas", 1)
        start = {"epoch": 0, "step": 0}
        even = getattr(model, "even_shares", False)
        return self._batches(
            model.preprocessor, model.tasks, replicas, self.steps_per_epoch, start, even
        ).report()

    def task_shares(self, even: bool = False) -> dict[str, float]:
        """What `weighting="row"` multiplies a task's loss by; 1 for all under `"task"`."""
        names = {task for tasks in self.tasks.values() for task in tasks}
        if self.weighting == "task":
            return dict.fromkeys(names, 1.0)
        shares = self._shares(even)
        return {
            task: sum(shares[stream] for stream, tasks in self.tasks.items() if task in tasks)
            for task in names
        }

    def encode(self, preprocessor: Preprocessor, tasks: Sequence[Task]) -> list[Stream]:
        """Token ids and label numbers of all streams; kept for the next call.

        Raises:
            ValueError: If a stream's task is none of the model's, or one of these has no stream.
        """
        named = {task.name: task for task in tasks}
        check_fed(self.tasks, list(named))
        key = (preprocessor.fingerprint, tuple(tasks))
        if key not in self._encoded:
            self._encoded = {
                key: [
                    encode_stream(name, rows, preprocessor, [named[t] for t in self.tasks[name]])
                    for name, rows in sorted(self.splits.items())
                ]
            }
        return self._encoded[key]

    def _batches(
        self,
        preprocessor: Preprocessor,
        tasks: Sequence[Task],
        replicas: int,
        steps_per_epoch: int,
        start: Mapping[str, int],
        even: bool = False,
    ) -> TrainingBatches:
        streams = self.encode(preprocessor, tasks)
        named = {task.name: task for task in tasks}
        draws = {
            number: draws_of(stream, named[self.balanced[stream.name]], self.balance_power)
            for number, stream in enumerate(streams)
            if stream.name in self.balanced
        }
        lengths = [
            stream.lengths[draws[number].rows] if number in draws else stream.lengths
            for number, stream in enumerate(streams)
        ]
        layout = self._layout(self._shares(even), streams, lengths, replicas)
        return TrainingBatches(
            *layout, steps_per_epoch, self.seed, start["epoch"], start["step"], draws
        )

    def _shares(self, even: bool) -> dict[str, float]:
        return stream_shares("uniform", self._rows) if even and self.share is None else self.shares

    def _layout(
        self,
        shares: Mapping[str, float],
        streams: Sequence[Stream],
        lengths: Sequence[np.ndarray],
        replicas: int = 1,
    ) -> tuple[Sequence[Stream], dict[str, int], LengthPlan]:
        """Encoded streams, their rows of a step, and the plan of lengths."""
        rows = rows_per_step(shares, self.batch_size, replicas)
        counts = [rows[stream.name] * stream.texts for stream in streams]
        return streams, rows, plan_lengths(lengths, counts, self.length_classes)
