"""The batches of a mixture, each a function of where in the run it stands."""

import abc
import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any

import keras
import numpy as np

from keras_mtl.data.mixing.balanced import Draws
from keras_mtl.data.mixing.length_classes import LengthPlan
from keras_mtl.data.mixing.stream import Batch, Stream

_SHUFFLE, _ORDER, _BALANCE = 0, 1, 2  # Keeps the random numbers of their uses apart.


class Batches(keras.utils.PyDataset, abc.ABC):
    """Nested batches `({stream: inputs}, {stream: {task: labels}}, {stream: {task: weights}})`.

    Args:
        streams: The encoded streams, sorted by name.
        rows: Stream name to rows of a step.
        plan: Length classes and groups; stream numbers as in `streams`.
    """

    def __init__(
        self, streams: Sequence[Stream], rows: Mapping[str, int], plan: LengthPlan
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.streams = streams
        self.rows = dict(rows)
        self.plan = plan
        self._class_rows = [
            [plan.rows(number, stream.lengths, k) for k in range(plan.classes)]
            for number, stream in enumerate(streams)
        ]

    @abc.abstractmethod
    def __len__(self) -> int:
        """Batches of one epoch."""

    @abc.abstractmethod
    def choose(self, step: int) -> tuple[int, list[np.ndarray], list[int]]:
        """Length class of a batch; for each stream its row numbers, and rows left blank."""

    def __getitem__(self, step: int) -> Batch:
        length_class, chosen, blanks = self.choose(step)
        taken = {}
        for number, stream in enumerate(self.streams):
            length = self.plan.length(number, length_class)
            taken[stream.name] = stream.take(chosen[number], length, blanks[number])
        x, y, sample_weight = ({name: part[i] for name, part in taken.items()} for i in range(3))
        return x, y, sample_weight

    def token_counts(self, step: int) -> tuple[int, int]:
        """Real tokens, and tokens with padding, of a batch."""
        length_class, chosen, blanks = self.choose(step)
        real = padded = 0
        for number, stream in enumerate(self.streams):
            rows = len(chosen[number]) + blanks[number]
            real += int(stream.tokens[chosen[number]].sum())
            padded += rows * stream.texts * self.plan.length(number, length_class)
        return real, padded

    def passes(self) -> dict[str, float]:
        """How often an epoch goes through the rows of each stream."""
        return {
            stream.name: len(self) * self.rows[stream.name] / len(stream) for stream in self.streams
        }

    def report(self) -> dict[str, Any]:
        """What a run on these batches costs and repeats, as plain values."""
        real, padded = np.sum([self.token_counts(step) for step in range(len(self))], axis=0)
        return {
            "steps_per_epoch": len(self),
            "rows_per_step": self.rows,
            "passes_over_rows_per_epoch": self.passes(),
            "passes_through_trunk_per_step": self.plan.passes,
            "groups": [[self.streams[number].name for number in g] for g in self.plan.groups],
            "length_class_shares": list(self.plan.shares),
            "lengths": [list(lengths) for lengths in self.plan.lengths],
            "padding": float(1.0 - real / padded),
        }


class TrainingBatches(Batches):
    """Endless batches: rows reshuffled each time a class of a stream has been gone through.

    Every batch is a function of the seed, the epoch and the step, so a position is two
    numbers, and a run goes on from it as if it had never stopped.

    Args:
        streams: The encoded streams, sorted by name.
        rows: Stream name to rows of a step.
        plan: Length classes and groups; stream numbers as in `streams`.
        steps_per_epoch: Steps of an epoch.
        seed: Decides every order.
        epoch: The epoch and
        step: the step in it where batch 0 stands.
        draws: Stream number to how its rows are drawn, where labels are to come equally often.
    """

    def __init__(
        self,
        streams: Sequence[Stream],
        rows: Mapping[str, int],
        plan: LengthPlan,
        steps_per_epoch: int,
        seed: int,
        epoch: int = 0,
        step: int = 0,
        draws: Mapping[int, Draws] | None = None,
    ) -> None:
        super().__init__(streams, rows, plan)
        self.draws = dict(draws or {})
        for number, one in self.draws.items():
            of_class = partial(one.of_class, plan, number, streams[number].lengths)
            self._class_rows[number] = [of_class(k) for k in range(plan.classes)]
        self.steps_per_epoch = steps_per_epoch
        self.seed = seed
        self.start = epoch * steps_per_epoch + step
        self.trained = 0  # Counted by whoever trains on the batches.
        self.skipped = 0  # So many batches of the start are only passed by.
        self._shuffled = lru_cache(maxsize=4 * len(streams) * plan.classes)(self._shuffle)
        self._order = lru_cache(maxsize=2)(self._order_of)
        self._starts = [np.zeros(plan.classes, int)]  # Steps of each class before an epoch.

    # Keras's word for a dataset without an end; `fit` counts by `steps_per_epoch`.
    @property
    def num_batches(self) -> None:
        return None

    def __len__(self) -> int:
        return self.steps_per_epoch

    @property
    def position(self) -> dict[str, int]:
        """Epoch and step of the next batch to be trained on."""
        epoch, step = divmod(self.start + self.trained, self.steps_per_epoch)
        return {"epoch": epoch, "step": step}

    def __getitem__(self, step: int) -> Batch:
        return super().__getitem__(max(step, self.skipped))

    @cached_property
    def fingerprint(self) -> str:
        """A checksum of all that decides what a batch holds."""
        rows, plan = sorted(self.rows.items()), self.plan.lengths
        said = f"{rows} {plan} {self.steps_per_epoch} {self.seed}"
        found = hashlib.blake2b(said.encode(), digest_size=16)
        for stream in self.streams:
            for name, array in stream.arrays():
                found.update(f"{stream.name} {name} {array.dtype} {array.shape}".encode())
                found.update(np.ascontiguousarray(array).tobytes())
        for number in sorted(self.draws):
            found.update(f"{number}".encode() + self.draws[number].rows.tobytes())
        return found.hexdigest()

    def forward(self) -> Iterator[Batch]:
        """Batches from the start on, without end."""
        return (self[step] for step in itertools.count())

    def choose(self, step: int) -> tuple[int, list[np.ndarray], list[int]]:
        epoch, step = divmod(self.start + step, self.steps_per_epoch)
        order = self._order(epoch)
        length_class = int(order[step])
        seen = self._before(epoch)[length_class] + int(np.sum(order[:step] == length_class))
        chosen = [
            self._next_rows(number, length_class, int(seen), self.rows[stream.name])
            for number, stream in enumerate(self.streams)
        ]
        return length_class, chosen, [0] * len(self.streams)

    def _next_rows(self, number: int, length_class: int, seen: int, count: int) -> np.ndarray:
        size = len(self._class_rows[number][length_class])
        cycle, place = divmod(seen * count, size)
        found = [self._shuffled(number, length_class, cycle)[place : place + count]]
        while (count := count - len(found[-1])) > 0:  # The next round has begun.
            cycle += 1
            found.append(self._shuffled(number, length_class, cycle)[:count])
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _shuffle(self, number: int, length_class: int, cycle: int) -> np.ndarray:
        rows = self._class_rows[number][length_class]
        if number in self.draws:
            seeds = (self.seed, _BALANCE, number, length_class)
            return self.draws[number].cycle(rows, cycle, seeds)
        random = np.random.default_rng([self.seed, _SHUFFLE, number, length_class, cycle])
        return random.permutation(rows)

    def report(self) -> dict[str, Any]:
        found = super().report()
        if self.draws:
            found["passes_over_labels_per_epoch"] = {
                self.streams[number].name: one.passes(
                    len(self) * self.rows[self.streams[number].name]
                )
                for number, one in sorted(self.draws.items())
            }
        return found

    def _order_of(self, epoch: int) -> np.ndarray:
        """Length class of each step of an epoch, in random order."""
        random = np.random.default_rng([self.seed, _ORDER, epoch])
        # A class gets its share of the steps, rounded down or up so that it is exact on average.
        ends = np.floor(np.cumsum(self.plan.shares) * self.steps_per_epoch + random.random())
        ends[-1] = self.steps_per_epoch
        steps = np.diff(ends, prepend=0).astype(int)
        return random.permutation(np.repeat(np.arange(len(steps)), steps))

    def _before(self, epoch: int) -> np.ndarray:
        while len(self._starts) <= epoch:
            counts = np.bincount(self._order(len(self._starts) - 1), minlength=self.plan.classes)
            self._starts.append(self._starts[-1] + counts)
        return self._starts[epoch]


class EvaluationBatches(Batches):
    """Every row exactly once, the shortest class first; blank rows of weight 0 fill the rest."""

    def __init__(
        self, streams: Sequence[Stream], rows: Mapping[str, int], plan: LengthPlan
    ) -> None:
        super().__init__(streams, rows, plan)
        self._seen_once = [_without_repeats(of_stream) for of_stream in self._class_rows]
        self._steps = [
            max(
                -(-len(of_stream[number]) // self.rows[stream.name])
                for stream, of_stream in zip(streams, self._seen_once, strict=True)
            )
            for number in range(plan.classes)
        ]

    def __len__(self) -> int:
        return sum(self._steps)

    def choose(self, step: int) -> tuple[int, list[np.ndarray], list[int]]:
        if not 0 <= step < len(self):
            raise IndexError(f"There are {len(self)} batches. Received: step={step}.")
        length_class = 0
        while step >= self._steps[length_class]:
            step -= self._steps[length_class]
            length_class += 1
        chosen, blanks = [], []
        for stream, of_stream in zip(self.streams, self._seen_once, strict=True):
            count = self.rows[stream.name]
            rows = of_stream[length_class][step * count : (step + 1) * count]
            chosen.append(rows)
            blanks.append(count - len(rows))
        return length_class, chosen, blanks

    def forward(self) -> Iterator[Batch]:
        """All batches of one pass."""
        return (self[step] for step in range(len(self)))


def _without_repeats(of_stream: list[np.ndarray]) -> list[np.ndarray]:
    """A small stream lends rows to neighbouring classes in training; here each is in one."""
    kept: list[np.ndarray] = []
    for rows in of_stream:
        kept.append(rows[~np.isin(rows, np.concatenate([*kept, rows[:0]]))])
    return kept
