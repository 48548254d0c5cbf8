"""What a trunk counts on labelled rows before it is trained."""

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

    Raises:
        ValueError: If it would weigh words for what is no task of the model, and never has.
    """
    names = [task.name for task in tasks]
    unknown = [name for name in unweighed(trunk) if name not in names]
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
            if set(stream.labels) & set(layer.tasks)
        }
        for task in tasks:
            if task.name in layer.tasks:
                weights = _weights(task, streams, known, layer.size)
                if weights is not None:
                    layer.weigh(task.name, weights)


def unweighed(trunk: keras.Model) -> list[str]:
    """The tasks for which a trunk would weigh words, but all weigh 1 still."""
    found: dict[str, bool] = {}
    for layer in trunk.layers:
        if isinstance(layer, WeightedSums) and layer.tasks:
            plain = (ops.convert_to_numpy(layer.word_weights) == 1.0).all(axis=0)
            for task, one in zip(layer.tasks, plain.tolist(), strict=True):
                found[task] = found.get(task, True) and one
    return [task for task, plain in found.items() if plain]


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


def _weights(
    task: Task, streams: Sequence[Stream], known: dict[str, Ragged], size: int
) -> np.ndarray | None:
    """The weights of a task's numbers, from all its labelled rows; `None` if it has no groups."""
    rows, groups, numbers, before = [], [], [], 0
    for stream in streams:
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
