"""Heads alike, passed in one go: sixty small products would cost more than what they compute."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras import ops

from keras_mtl.heads import PooledHead
from keras_mtl.tasks import Task
from keras_mtl.training.features import of_task


def scored_together(
    model: Any,
    labels: Mapping[str, Mapping[str, Any]],
    features: Mapping[str, Mapping[str, Any]],
    training: bool,
    counting: Mapping[str, float],
) -> dict[str, tuple[Any, Any]]:
    """Scores and predictions of tasks alike that each have a stream of their own.

    Args:
        model: The model.
        labels: Stream to task name to labels.
        features: Features of each stream that is to pass.
        training: Whether this is a training step.
        counting: Task name to its weight in training; the head of a task of weight 0 stays as it
            is, without dropout.

    Returns:
        Task name to its scores and predictions. Left out are tasks whose heads are not pooled ones,
        that have more or fewer rows than the others, or none to be passed now.
    """
    found: dict[str, tuple[Any, Any]] = {}
    for group in model.settings.scoring.groups:
        feeding = [
            (task, stream) for task in group for stream in labels if task.name in labels[stream]
        ]
        there = [of_task(task, features[stream]) for task, stream in feeding if stream in features]
        alike = not training or len({counting[task.name] > 0 for task in group}) == 1
        if alike and len(there) == len(feeding) == len(group):
            learns = training and counting[group[0].name] > 0
            ordered = [task for task, _ in feeding]
            if len(set(ordered)) == len(group):
                found |= _scores(model, ordered, there, learns)
    return found


def _scores(
    model: Any, tasks: Sequence[Task], features: Sequence[Mapping[str, Any]], training: bool
) -> dict[str, tuple[Any, Any]]:
    heads = [model.heads[task.name] for task in tasks]
    if not all(is_plain(one) and one.trainable == heads[0].trainable for one in heads):
        return {}
    vectors = [head.vectors(one) for head, one in zip(heads, features, strict=True)]
    shapes = {tuple(one.shape) for one in vectors}
    if len(shapes) > 1 or None in next(iter(shapes)):
        return {}
    inputs = heads[0].dropout(ops.stack(vectors), training=training)
    if heads[0].hidden is not None:
        inputs = _dense([head.hidden for head in heads], inputs)
    scores = _dense([head.scores for head in heads], inputs)
    predictions = model.predictions[tasks[0].name](scores)
    parts = (ops.unstack(one, len(tasks)) for one in (scores, predictions))
    return {task.name: tuple(pair) for task, *pair in zip(tasks, *parts, strict=True)}


def is_plain(head: Any) -> bool:
    """Whether a head is a `PooledHead` and no more, so that its weights say what it does."""
    if type(head) is not PooledHead:  # Of another kind, with layers of other names.
        return False
    layers = [one for one in (head, head.hidden, head.scores) if one is not None]
    return all(
        one.built and one.activity_regularizer is None and one.quantization_mode is None
        for one in layers
    )


def _dense(layers: Sequence[Any], inputs: Any) -> Any:
    """What each layer makes of its inputs: `(layers, rows, D)` to `(layers, rows, units)`."""
    dtype = layers[0].compute_dtype
    kernels = ops.stack([ops.cast(layer.kernel, dtype) for layer in layers])
    found = ops.matmul(ops.cast(inputs, dtype), kernels)
    if layers[0].use_bias:
        biases = ops.stack([ops.cast(layer.bias, dtype) for layer in layers])
        found = found + ops.expand_dims(biases, 1)
    return layers[0].activation(found)
