"""What a trunk counts on labelled rows before it is trained."""

import itertools
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.mixing.stream import Stream
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.tasks import Task
from keras_mtl.trunks.word_weights import WeightedSums, told_by

# Rows that go through the first layers of a trunk together.
_ROWS = 512


def adapt(trunk: keras.Model, tasks: Sequence[Task], streams: Sequence[Stream]) -> None:
    """Set the weights of words in every `WeightedSums` of a trunk, for the tasks that it knows.

    Tasks that share a sum are counted as one, with the rows of all.

    Raises:
        ValueError: If it would weigh words for what is no task of the model, and never has; or
            tasks that share a sum have other labels.
    """
    names = [task.name for task in tasks]
    unknown = [name for one in unweighed(trunk) for name in one if name not in names]
    if unknown:
        raise ValueError(
            f"`tasks` of a trunk must be tasks of the model, {listed(names)}. Received: "
            f"{listed(unknown)}. {nearest(unknown[0], names)}"
        )
    for layer in trunk.layers:
        if not isinstance(layer, WeightedSums):
            continue
        numbers, _ = layer.input
        reader = keras.Model(trunk.input, numbers)
        known = {
            stream.name: _numbers(reader, stream)
            for stream in streams
            if any(name in together for together in layer.tasks for name in stream.labels)
        }
        for together in layer.tasks:
            sharing = [task for task in tasks if task.name in together]
            check_alike(sharing)
            weights = _weights(sharing, streams, known, layer.size)
            if weights is not None:
                layer.weigh(together[0], weights)


def unweighed(trunk: keras.Model) -> list[tuple[str, ...]]:
    """The tasks, by sum, for which a trunk would weigh words, but all weigh 1 still."""
    found: dict[tuple[str, ...], bool] = {}
    for layer in trunk.layers:
        if isinstance(layer, WeightedSums) and layer.tasks:
            plain = (ops.convert_to_numpy(layer.word_weights) == 1.0).all(axis=0)
            for together, one in zip(layer.tasks, plain.tolist(), strict=True):
                found[together] = found.get(together, True) and one
    return [together for together, plain in found.items() if plain]


def _numbers(reader: keras.Model, stream: Stream) -> Ragged:
    """The numbers of each row of a stream, each once; rows of like length are read together."""
    order = np.argsort(stream.lengths, kind="stable")
    values, counts = [], np.zeros(len(stream), np.int64)
    for begin in range(0, len(order), _ROWS):
        rows = order[begin : begin + _ROWS]
        width = max(int(stream.lengths[rows].max()), 1)
        inputs = stream.take(rows, width)[0]
        # Where words are is for heads alone to know.
        needed = {name: inputs[name].reshape(-1, width) for name in reader.input}
        # All texts of a row tell of its label.
        found = ops.convert_to_numpy(reader(needed)).reshape(len(rows), -1)
        found = np.sort(found, axis=1)
        first = found > 0
        first[:, 1:] &= found[:, 1:] != found[:, :-1]
        values.append(found[first].astype(np.int32))
        counts[begin : begin + len(rows)] = first.sum(axis=1)
    read = Ragged(np.concatenate(values), _offsets(counts))
    return read.select(np.argsort(order))


def check_alike(tasks: Sequence[Task]) -> None:
    """See that tasks that share a sum have the same labels.

    Raises:
        ValueError: If they do not.
    """
    for task in tasks[1:]:
        first, other = (getattr(one, "labels", None) for one in (tasks[0], task))
        if type(task) is not type(tasks[0]) or first != other:
            raise ValueError(
                "Tasks that share a sum of words in a trunk must be of one kind, with the same "
                f"labels in the same order. Received: {tasks[0].name!r} with {_labels(tasks[0])} "
                f"and {task.name!r} with {_labels(task)}. Take one out of the list within `tasks`."
            )


def _labels(task: Task) -> str:
    return f"{listed(getattr(task, 'labels', ())) or 'no labels'} ({type(task).__name__})"


def _weights(
    tasks: Sequence[Task], streams: Sequence[Stream], known: dict[str, Ragged], size: int
) -> np.ndarray | None:
    """The weights of numbers by all labelled rows of some tasks; `None` if these have no groups."""
    rows, groups, numbers, before = [], [], [], 0
    for task, stream in itertools.product(tasks, streams):
        if task.name not in stream.labels:
            continue
        labels, weights = stream.labels[task.name], stream.weights[task.name]
        if isinstance(labels, Ragged) or isinstance(weights, Ragged):  # A label for each word.
            return None
        labelled = np.flatnonzero(weights > 0)
        found = task.groups(labels[labelled])
        if found is None:
            return None
        rows.append(found[0] + before)
        groups.append(found[1])
        numbers.append(known[stream.name].select(labelled))
        before += len(labelled)
    if not before:
        return None
    counts = np.concatenate([one.lengths for one in numbers])
    joined = Ragged(np.concatenate([one.values for one in numbers]), _offsets(counts))
    return told_by(joined, np.concatenate(rows), np.concatenate(groups), size)


def _offsets(counts: np.ndarray) -> np.ndarray:
    """Where each row begins, and the last one ends."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
