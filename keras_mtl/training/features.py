"""The pass of a batch through the trunk."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.heads import WORD_STARTS, PooledHead, flat_texts
from keras_mtl.tasks import Task
from keras_mtl.training.backends import adapter
from keras_mtl.training.feature_cache import CACHED


def features_of(
    model: Any, x: Mapping[str, Any], training: bool, streams: Sequence[str] | None = None
) -> tuple[dict[str, Any], list[Any]]:
    """Features of each stream, from one pass for all streams whose inputs have one shape.

    `streams` names those that are to pass, each by itself, when not all together. What the trunk
    does not read, heads do. Several texts of a row, `(B, T, L)`, are read like rows
    of their own, and their features are `(B, T, ...)`.
    """
    cached = [stream for stream, inputs in x.items() if CACHED in inputs]
    if cached:
        wanted = cached if streams is None else [one for one in cached if one in streams]
        cache = model.settings.cache
        return {stream: cache.features(x[stream][CACHED]) for stream in wanted}, []
    of_heads = {
        stream: {name: one for name, one in inputs.items() if name not in model.trunk.input}
        for stream, inputs in x.items()
    }
    x = {
        stream: {name: one for name, one in inputs.items() if name in model.trunk.input}
        for stream, inputs in x.items()
    }
    for inputs in x.values():
        if set(inputs) != set(model.trunk.input):
            raise ValueError(
                f"`x` must have the model's inputs, {list(model.input)}. Received: a batch without "
                f"{sorted(set(model.trunk.input) - set(inputs))}."
            )
    rows = x
    x = {stream: _joined_texts(model, inputs) for stream, inputs in x.items()}
    groups: dict[Any, list[str]] = {}
    for stream, inputs in x.items():
        shape = tuple((name, tuple(inputs[name].shape[1:])) for name in sorted(inputs))
        apart = streams is not None or not _can_share(inputs)
        if streams is None or stream in streams:
            groups.setdefault((stream,) if apart else shape, []).append(stream)
    features: dict[str, Any] = {}
    penalties: list[Any] = []
    for group in groups.values():
        joined = {
            name: ops.concatenate([x[stream][name] for stream in group])
            if len(group) > 1
            else x[group[0]][name]
            for name in x[group[0]]
        }
        found = model.trunk(joined, training=training)
        # Keras takes the mean over the rows of a pass; together they make that of the batch.
        part = _rows_of(joined) / sum(_rows_of(inputs) for inputs in x.values())
        penalties += [one * ops.cast(part, one.dtype) for one in pass_penalties(model.trunk)]
        features.update(_cut(_pooled(model, found) if len(group) > 1 else found, x, group))
    return {
        stream: {**_of_rows(model, features[stream], rows[stream]), **of_heads[stream]}
        for stream in x
        if stream in features
    }, penalties


def pass_penalties(layer: keras.layers.Layer) -> list[Any]:
    """What the last pass through a layer added to the loss; its weights' penalties left out.

    `layer.losses` is the former followed by the latter, and the next pass forgets the former.
    """
    losses = layer.losses
    own_weights = sum(weight.regularizer is not None for weight in layer.trainable_weights)
    return list(losses[: len(losses) - own_weights])


def _has_several(model: Any, inputs: Mapping[str, Any]) -> bool:
    """Whether inputs have an axis of texts behind that of rows."""
    name, one = next(iter(inputs.items()))
    return len(one.shape) > len(model.trunk.input[name].shape)


def _joined_texts(model: Any, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """`(B, T, L)` as `(B * T, L)`."""
    if not _has_several(model, inputs):
        return inputs
    return {name: flat_texts(one) for name, one in inputs.items()}


def _of_rows(model: Any, features: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`(B * T, ...)` as `(B, T, ...)`, where the inputs of a row are several texts."""
    if not _has_several(model, inputs):
        return dict(features)
    rows, texts = ops.shape(next(iter(inputs.values())))[:2]
    return {
        name: ops.reshape(one, (rows, texts, *ops.shape(one)[1:])) for name, one in features.items()
    }


def of_task(task: Task, features: Mapping[str, Any]) -> Mapping[str, Any]:
    """The features of a stream as a task's head takes them: of one text a row, or of several.

    Of several texts a task of one reads the first; one text is the only one of its row.
    """
    has_several = len(features["padding_mask"].shape) == 3
    if has_several == task.several:
        return features
    return {
        name: one if name == WORD_STARTS else ops.expand_dims(one, 1) if task.several else one[:, 0]
        for name, one in features.items()
    }


def _pooled(model: Any, found: Mapping[str, Any]) -> dict[str, Any]:
    """The features of a joined pass, pooled for all its streams at once where heads would each."""
    found = dict(found)
    for head in model.heads.values():
        if isinstance(head, PooledHead):
            key = head.pooled_key(found)
            if key not in found:
                found[key] = head.pool(found)
    return found


def _can_share(inputs: Mapping[str, Any]) -> bool:
    """Whether the shapes are known, and so whether streams have the same."""
    return all(size is not None for one in inputs.values() for size in one.shape)


def _rows_of(inputs: Mapping[str, Any]) -> Any:
    return ops.shape(next(iter(inputs.values())))[0]


def _cut(found: Mapping[str, Any], x: Mapping[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    """The features of a joined pass, for each stream its rows."""
    if len(streams) == 1:
        return {streams[0]: found}
    rows = [next(iter(x[stream].values())).shape[0] for stream in streams]
    parts = {name: adapter().split_rows(feature, rows) for name, feature in found.items()}
    return {
        stream: {name: part[number] for name, part in parts.items()}
        for number, stream in enumerate(streams)
    }
