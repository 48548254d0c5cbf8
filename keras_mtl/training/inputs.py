"""What `fit`, `evaluate` and `predict` take, in the form the backend takes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_mtl.data.mixing.batches import TrainingBatches
from keras_mtl.data.mixing.mixture import Mixture
from keras_mtl.data.mixing.plain import (
    by_padded_length,
    fill_up,
    is_arrays,
    need_preprocessor,
    plain_inputs,
    plain_labels,
    texts_of,
)
from keras_mtl.data.text.words import read
from keras_mtl.heads import WORD_STARTS

PredictArrays = Callable[[Any, int | None], dict[str, np.ndarray]]


class TrainingRows(NamedTuple):
    """What `fit` trains on, as Keras takes it.

    `task_shares` is what each task's loss is multiplied by, `(tasks,)`; `batches` are those of a
    mixture, else `None`.
    """

    x: Any
    y: Any
    sample_weight: Any
    batch_size: int | None
    steps_per_epoch: int | None
    task_shares: tuple[float, ...]
    batches: TrainingBatches | None


def for_training(
    model: Any,
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    steps_per_epoch: int | None,
    initial_epoch: int,
) -> TrainingRows:
    """A mixture's batches without end, or rows as Keras takes them."""
    if not isinstance(x, Mixture):
        x, y, sample_weight = plain(model, x, y, sample_weight)
        batch_size = whole_batch_size(model, x, batch_size)
        shares = (1.0,) * len(model.tasks)
        return TrainingRows(x, y, sample_weight, batch_size, steps_per_epoch, shares, None)
    if batch_size is not None:
        raise ValueError(
            "A mixture has a batch size of its own: Mixture(..., batch_size=...). "
            f"Received: batch_size={batch_size} in `fit`."
        )
    batches = x.training_batches(
        need_preprocessor(model.preprocessor),
        model.tasks,
        model.replicas,
        steps_per_epoch,
        initial_epoch,
    )
    shares = tuple(x.task_shares()[task.name] for task in model.tasks)
    data = model.adapter.training_input(batches)
    return TrainingRows(data, y, sample_weight, None, len(batches), shares, batches)


def for_evaluation(model: Any, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` as Keras takes them; each row of a mixture once."""
    if not isinstance(x, Mixture):
        return plain(model, x, y, sample_weight)
    preprocessor = need_preprocessor(model.preprocessor)
    batches = x.evaluation_batches(preprocessor, model.tasks, model.replicas)
    return model.adapter.evaluation_input(batches), None, None


def for_validation(model: Any, data: Any) -> Any:
    """Validation data as Keras takes it."""
    if isinstance(data, Mixture):
        return for_evaluation(model, data, None, None)[0]
    if isinstance(data, (tuple, list)):
        return plain(model, *keras.utils.unpack_x_y_sample_weight(tuple(data)))
    return data


def plain(model: Any, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """Rows in memory with labels and weights of every task; datasets as they are."""
    if not is_arrays(x):
        return x, y, sample_weight
    arrays = plain_inputs(x, model.preprocessor, list(model.input))
    labels, weights = plain_labels(y, sample_weight, model.tasks, arrays, x)
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
    """Predictions in the order of the rows; texts of like length are run together."""
    texts = texts_of(x)
    empty = isinstance(x, (list, tuple)) and not x
    if texts is None and not is_arrays(x) and not empty:
        return predict_arrays(x, batch_size)
    batch_size, replicas = whole_batch_size(model, x, batch_size), model.replicas
    if texts is None:
        arrays = {} if empty else plain_inputs(x, None, list(model.input))
        rows = len(next(iter(arrays.values()), []))
        if not rows:
            return {name: np.zeros((0, *one.shape[1:])) for name, one in model.output.items()}
        predicted = predict_arrays(fill_up(arrays, replicas), batch_size)
        return {name: part[:rows] for name, part in predicted.items()}
    encoded = read(need_preprocessor(model.preprocessor), texts, WORD_STARTS in model.input)
    found: dict[str, np.ndarray] = {}
    lengths = next(iter(encoded.values())).lengths
    width = max(1, int(lengths.max(initial=1)))
    of_words = {task.name for task in model.tasks if task.of_words}
    for length, chosen in by_padded_length(lengths):
        arrays = {name: ids.take(chosen, length) for name, ids in encoded.items()}
        predicted = predict_arrays(fill_up(arrays, replicas), batch_size)
        for name, part in predicted.items():
            if name not in found:
                shape = (width, *part.shape[2:]) if name in of_words else part.shape[1:]
                found[name] = np.zeros((len(texts), *shape), part.dtype)
            # Of words there are as many as the longest text has, and nothing behind a text's own.
            place = (chosen, slice(length)) if name in of_words else chosen
            found[name][place] = part[: len(chosen)]
    return found
