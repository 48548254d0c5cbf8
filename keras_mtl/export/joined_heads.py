"""Heads that read one vector of a text, as one product.

A server is often asked for one text and all tasks. Where the trunk takes a millisecond or two,
sixty-four small products, with their biases and activations, take half as long again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads import OwnUnit
from keras_mtl.model import MultiTaskModel
from keras_mtl.tasks import Task
from keras_mtl.training.features import of_task
from keras_mtl.training.joint_heads import is_plain

# Fewer are passed one by one.
_LEAST_HEADS = 4
# Layers without weights that look at each row of scores by itself.
_ROW_BY_ROW = (keras.layers.Softmax, keras.layers.Activation, OwnUnit)


class JoinedHeads:
    """The linear heads of some tasks, their kernels one beside the other in one variable.

    Args:
        model: The model, whose weights are copied.
        tasks: Tasks with plain linear heads that read the same vector.

    Call arguments:
        features: Features of a text a row, from the trunk.

    Returns:
        Task name to predictions, `(B, labels)`.
    """

    def __init__(self, model: MultiTaskModel, tasks: Sequence[Task]) -> None:
        import tensorflow as tf

        self.model = model
        self.kinds = _alike(model, tasks)
        in_order = [task for kind in self.kinds for task in kind]
        self.first = in_order[0]
        layers = [model.heads[task.name].scores for task in in_order]
        self.dtype = layers[0].compute_dtype
        self.kernel = tf.Variable(
            ops.concatenate([ops.cast(one.kernel, self.dtype) for one in layers], axis=1),
            trainable=False,
        )
        self.bias = tf.Variable(
            ops.concatenate([ops.cast(one.bias, self.dtype) for one in layers]), trainable=False
        )

    def __call__(self, features: Mapping[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        vectors = self.model.heads[self.first.name].vectors(of_task(self.first, features))
        scores = tf.matmul(ops.cast(vectors, self.dtype), self.kernel) + self.bias
        units = [self._units(kind[0]) for kind in self.kinds]
        widths = [len(kind) * width for kind, width in zip(self.kinds, units, strict=True)]
        found: dict[str, Any] = {}
        for kind, part, width in zip(self.kinds, tf.split(scores, widths, 1), units, strict=True):
            # As many rows as there are heads for each text: predictions are of `(rows, scores)`.
            rows = self.model.predictions[kind[0].name](tf.reshape(part, [-1, width]))
            each = tf.unstack(tf.reshape(rows, [-1, len(kind), width]), axis=1)
            found |= {task.name: one for task, one in zip(kind, each, strict=True)}
        return found

    def _units(self, task: Task) -> int:
        return int(self.model.heads[task.name].units)


def joined_heads(model: MultiTaskModel) -> list[JoinedHeads]:
    """The heads of a model that can be joined, those that read the same vector together.

    Left out are heads with a hidden layer, or of another kind than one vector to scores, and tasks
    that do not read one text. A model with a `call` of its own says itself what it predicts.
    """
    if type(model).call is not MultiTaskModel.call:
        return []
    groups: dict[tuple[str, ...], list[Task]] = {}
    for task in model.tasks:
        head = model.heads[task.name]
        if task.reads == "text" and is_plain(head) and head.hidden is None:
            if type(model.predictions[task.name]) in _ROW_BY_ROW:
                vector = (head.pooled_key(model.trunk.output), head.compute_dtype)
                groups.setdefault((*vector, head.scores.compute_dtype), []).append(task)
    return [JoinedHeads(model, group) for group in groups.values() if len(group) >= _LEAST_HEADS]


def _alike(model: MultiTaskModel, tasks: Sequence[Task]) -> list[list[Task]]:
    """The tasks with as many scores each, of which predictions are made alike."""
    kinds: dict[str, list[Task]] = {}
    for task in tasks:
        layer = model.predictions[task.name]
        config = {**layer.get_config(), "name": None}
        kind = repr((model.heads[task.name].units, type(layer).__name__, config))
        kinds.setdefault(kind, []).append(task)
    return list(kinds.values())
