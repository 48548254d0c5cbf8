"""What `fit`, `evaluate` and `predict` take, in the form the backend takes."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.batches import TrainingBatches
from keras_mtl.data.mixing.mixture import Mixture
from keras_mtl.data.mixing.plain import (
    by_padded_length,
    fill_up,
    need_preprocessor,
    plain_inputs,
    plain_labels,
)
from keras_mtl.data.mixing.rows import check_named, is_arrays, reads_of, tasks_reading, texts_of
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.reading import read_rows
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import Task

_KERAS_BATCH = 32  # Rows of a step where none are given.
PredictArrays = Callable[[Any, int | None], dict[str, np.ndarray]]


class TrainingRows(NamedTuple):
    """What `fit` trains on, as Keras takes it.

    `task_shares` is what each task's loss is multiplied by, `(tasks,)`; `batches` are those of a
    mixture, else `None`; `rows` are those of each task in a step, where they are known.
    """

    x: Any
    y: Any
    sample_weight: Any
    batch_size: int | None
    steps_per_epoch: int | None
    task_shares: tuple[float, ...]
    batches: TrainingBatches | None
    rows: Mapping[str, int]


def for_training(
    model: Any,
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    steps_per_epoch: int | None,
    initial_epoch: int,
    cache: Any = None,
) -> TrainingRows:
    """A mixture's batches without end, or rows as Keras takes them.

    Texts are read by `cache` if there is one, not by the model's preprocessor.
    """
    if not isinstance(x, Mixture):
        x, y, sample_weight = plain(model, x, y, sample_weight, cache)
        batch_size = whole_batch_size(model, x, batch_size)
        shares = (1.0,) * len(model.tasks)
        rows = dict.fromkeys(y, batch_size or _KERAS_BATCH) if isinstance(y, Mapping) else {}
        return TrainingRows(x, y, sample_weight, batch_size, steps_per_epoch, shares, None, rows)
    if batch_size is not None:
        raise ValueError(
            "A mixture has a batch size of its own: Mixture(..., batch_size=...). "
            f"Received: batch_size={batch_size} in `fit`."
        )
    tasks = fed_tasks(model, x)
    batches = x.training_batches(
        cache or need_preprocessor(model.preprocessor),
        tasks,
        model.replicas,
        steps_per_epoch,
        initial_epoch,
        model.even_shares,
    )
    of_tasks = x.task_shares(model.even_shares)
    shares = tuple(of_tasks.get(task.name, 1.0) for task in model.tasks)
    data = model.adapter.training_input(batches, model.replicas)
    rows = {
        task.name: sum(batches.rows[name] for name, fed in x.tasks.items() if task.name in fed)
        for task in tasks
    }
    return TrainingRows(data, y, sample_weight, None, len(batches), shares, batches, rows)


def for_evaluation(
    model: Any, x: Any, y: Any, sample_weight: Any, cache: Any = None
) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` as Keras takes them; each row of a mixture once."""
    if not isinstance(x, Mixture):
        return plain(model, x, y, sample_weight, cache)
    preprocessor = cache or need_preprocessor(model.preprocessor)
    batches = x.evaluation_batches(preprocessor, fed_tasks(model, x), model.replicas)
    return model.adapter.evaluation_input(batches, model.replicas), None, None


def fed_tasks(model: Any, mixture: Mixture) -> list[Task]:
    """The tasks that a mixture is to feed: all, but for those that do not learn and have no rows.

    A task does not learn if its head is frozen, or its loss weight is 0.
    """
    fed = {name for names in mixture.tasks.values() for name in names}
    learning = {
        task.name
        for task, weight in zip(model.tasks, model.settings.training_weights, strict=True)
        if weight > 0 and model.heads[task.name].trainable
    }
    return [task for task in model.tasks if task.name in fed | learning]


def labelled_tasks(x: Any, y: Any = None) -> list[str] | None:
    """The tasks that labels are given for, in a mixture or by name; `None`: not known."""
    if isinstance(x, Mixture):
        return [name for names in x.tasks.values() for name in names]
    return list(y) if isinstance(y, Mapping) else None


def for_validation(model: Any, data: Any, cache: Any = None) -> Any:
    """Validation data as Keras takes it."""
    if isinstance(data, Mixture):
        return for_evaluation(model, data, None, None, cache)[0]
    if isinstance(data, Split):
        data = (data,)
    if isinstance(data, (tuple, list)):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(tuple(data))
        return plain(model, x, y, sample_weight, cache)
    return data


def for_batch(model: Any, x: Any, y: Any, sample_weight: Any, where: str) -> tuple[Any, Any, Any]:
    """The rows of one batch as Keras takes them: texts are read; a batch of a dataset stays."""
    if isinstance(x, Mixture):
        raise ValueError(
            f"`{where}` takes the rows of one batch. Received: a mixture, which has many. Use "
            "`fit` or `evaluate`, or pass texts with `y`."
        )
    if isinstance(x, Mapping) and texts_of(x) is None:
        return x, y, sample_weight
    return plain(model, x, y, sample_weight)


def plain(
    model: Any, x: Any, y: Any, sample_weight: Any, cache: Any = None
) -> tuple[Any, Any, Any]:
    """Rows in memory with labels and weights of every task; datasets as they are.

    Raises:
        ValueError: If there is no row, or labels and tasks do not fit.
    """
    if isinstance(x, Split) and y is None:
        raise ValueError(
            "The labels of a split are read by a mixture. Received: "
            f"split {x.name!r} without `y`. Pass Mixture({{'rows': split}}, tasks={{'rows': "
            f"{[task.name for task in model.tasks]}}}), for validation `mixture.like(split)`, or "
            "the labels as `y`."
        )
    if isinstance(x, list | tuple | Split) and not len(x):
        raise ValueError(f"`x` must have a row or more. Received: x={x!r}, with none.")
    in_memory = is_arrays(x)
    rows = texts_of(x, reads_of(model.tasks)) if in_memory else None
    if cache is not None and rows is None:
        raise ValueError(
            "`cache_features` of `fit` needs texts: mixtures, or lists of texts. Received: "
            f"{type(x).__name__}. Pass texts, or leave out `cache_features`."
        )
    if not in_memory:
        return x, y, sample_weight
    preprocessor = cache or model.preprocessor
    arrays = plain_inputs(x, preprocessor, list(model.input), model.tasks)
    tasks = tasks_reading(model.tasks, rows)
    if rows is None and any(task.several for task in tasks):
        # Ids do not say which tasks read them: those that have labels.
        named = y if isinstance(y, Mapping) else {}
        tasks = [task for task in tasks if task.name in named] or tasks
    check_named(tasks, model.tasks, rows, y=y, sample_weight=sample_weight)
    labels, weights = plain_labels(y, sample_weight, tasks, arrays, x)
    # A replica left without rows would fail; rows of weight 0 are nobody's.
    replicas = model.replicas
    return fill_up(arrays, replicas), fill_up(labels, replicas), fill_up(weights, replicas)


def whole_batch_size(model: Any, x: Any, batch_size: int | None) -> int | None:
    """The batch size of rows in memory, made a multiple of the replicas."""
    if model.replicas == 1 or not is_arrays(x):
        return batch_size
    return -(-(batch_size or 32) // model.replicas) * model.replicas


def predict(
    model: Any, x: Any, batch_size: int | None, predict_arrays: PredictArrays
) -> dict[str, np.ndarray]:
    """Predictions in the order of the rows; texts of like length are run together.

    Of texts, of pairs and of candidates, each the tasks that read them.
    """
    rows = texts_of(x, reads_of(model.tasks))
    empty = isinstance(x, (list, tuple)) and not x
    if rows is None and not is_arrays(x) and not empty:
        return predict_arrays(x, batch_size)
    batch_size, replicas = whole_batch_size(model, x, batch_size), model.replicas
    if rows is None:
        arrays = {} if empty else plain_inputs(x, None, list(model.input), model.tasks)
        count = len(next(iter(arrays.values()), []))
        if not count:
            shapes = {name: one.shape[1:] for name, one in model.output.items()}
            return {
                name: np.zeros((0, *(size or 0 for size in shape)))
                for name, shape in shapes.items()
            }
        predicted = predict_arrays(fill_up(_of_model(model, arrays), replicas), batch_size)
        return {name: part[:count] for name, part in predicted.items()}
    tasks = tasks_reading(model.tasks, rows)
    words = WORD_STARTS in model.input
    encoded = read_rows(need_preprocessor(model.preprocessor), rows, words, tasks[0].apart)
    if words and WORD_STARTS not in encoded:  # Of texts to compare no word is predicted for.
        encoded = {**encoded, WORD_STARTS: Ragged.from_rows([[]] * len(rows))}
    found: dict[str, np.ndarray] = {}
    lengths = next(iter(encoded.values())).lengths
    width = max(1, int(lengths.max(initial=1)))
    for length, chosen in by_padded_length(lengths):
        arrays = {name: ids.take(chosen, length) for name, ids in encoded.items()}
        predicted = predict_arrays(fill_up(_of_model(model, arrays), replicas), batch_size)
        for task in tasks:
            part, name = predicted[task.name], task.name
            if name not in found:
                shape = (width, *part.shape[2:]) if task.of_words else part.shape[1:]
                found[name] = np.zeros((len(rows), *shape), part.dtype)
            # Of words there are as many as the longest text has, and nothing behind a text's own.
            place = (chosen, slice(length)) if task.of_words else chosen
            found[name][place] = part[: len(chosen)]
    return found


def _of_model(model: Any, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rows of one text, `(N, L)`, as `(N, 1, L)` for a model that takes several texts a row."""
    return {
        name: array[:, None]
        if name in model.trunk.input and array.ndim + 1 == len(model.input[name].shape)
        else array
        for name, array in arrays.items()
    }
