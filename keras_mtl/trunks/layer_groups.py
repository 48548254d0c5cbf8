"""The layers of a trunk in groups, from the words up, as they are frozen and thawed."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras

# `layer_2_hidden` and `lstm_2_backward` are parts of the second block.
_NUMBERED = re.compile(r"(?P<stem>.*[^_\d])_(?P<number>\d+)(?:_.*)?")
_NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)


_BELOW = 0  # The key of the lowest group.


class LayerGroup(NamedTuple):
    """Layers that are as deep, or of one block; those without weights are in the group below."""

    name: str
    layers: tuple[keras.layers.Layer, ...]


class _Placed(NamedTuple):
    """A layer, and how many layers with weights there are below it at most."""

    layer: keras.layers.Layer
    depth: int


def layer_groups(trunk: keras.Model) -> list[LayerGroup]:
    """The groups of a trunk, the lowest first.

    Layers that bear a number (`lstm_1`, `lstm_1_backward`, `transformer_layer_0`) make blocks, and
    so do blocks that are as deep, such as parallel convolutions. What has weights below the
    first block is one group; normalisation belongs to what it normalises. Without numbers,
    layers that are as deep make a group. Nested models are looked into.

    Args:
        trunk: A functional model.
    """
    placed = sorted(_place(trunk, 0)[0], key=lambda one: one.depth)
    blocks = _blocks([one for one in placed if has_weights(one.layer)])
    groups: dict[Any, list[keras.layers.Layer]] = {}
    current: Any = _BELOW
    for layer, depth in placed:
        current = blocks.get(layer.name, current) if blocks else depth
        groups.setdefault(current, []).append(layer)
    if not any(map(has_weights, groups.get(_BELOW, ()))):
        below = groups.pop(_BELOW, [])
        first = next(iter(groups), _BELOW)
        groups[first] = [*below, *groups.get(first, [])]
    return [LayerGroup(_name(key, layers), tuple(layers)) for key, layers in groups.items()]


def leaves(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    """The layers of a functional model, those of nested models in their place, with their paths."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if _is_functional(layer):
            yield from leaves(layer, f"{prefix}{layer.name}/")
        else:
            yield f"{prefix}{layer.name}", layer


def containers(model: keras.Model) -> list[keras.Model]:
    """A functional model and those nested in it, the outer ones first."""
    nested = [one for one in model.layers if _is_functional(one)]
    return [model, *(deeper for one in nested for deeper in containers(one))]


def _place(model: Any, start: int) -> tuple[list[_Placed], int]:
    """The layers of a model in the order of its graph, and the depth at its end."""
    above: dict[int, int] = {}
    placed: dict[int, _Placed] = {}
    end = start
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            parents = [above[id(one)] for one in node.parent_nodes if id(one) in above]
            before, layer = max(parents, default=start), node.operation
            if _is_functional(layer):
                inner, after = _place(layer, before)
                for one in inner:
                    placed.setdefault(id(one.layer), one)
            else:
                begins = isinstance(layer, keras.layers.Layer) and _begins_group(layer)
                own, after = (before, before + 1) if begins else (max(before - 1, start), before)
                if isinstance(layer, keras.layers.Layer) and not node.is_input:
                    # A layer that is called again belongs where it is called first.
                    placed.setdefault(id(layer), _Placed(layer, own))
            above[id(node)] = after
            end = max(end, after)
    return list(placed.values()), end


def _blocks(weighted: Sequence[_Placed]) -> dict[str, str]:
    """Name of each layer of a block to that of the block."""
    numbers = {one.layer.name: _NUMBERED.fullmatch(one.layer.name) for one in weighted}
    stems = {
        found["stem"]
        for layer, _ in weighted
        if (found := numbers[layer.name]) and not isinstance(layer, _NORMS)
    }
    block_of: dict[str, str] = {}
    lowest: dict[str, int] = {}
    for layer, depth in weighted:
        found, block = numbers[layer.name], layer.name
        if found and found["stem"] in stems:
            block = f"{found['stem']}_{found['number']}"
        elif block not in stems:  # Keras does not number the first `dense`.
            continue
        block_of[layer.name] = block
        lowest[block] = min(depth, lowest.get(block, depth))
    first_of: dict[int, str] = {}
    for block, depth in lowest.items():
        first_of.setdefault(depth, block)
    return {name: first_of[lowest[block]] for name, block in block_of.items()}


def has_weights(layer: keras.layers.Layer) -> bool:
    """Whether there is something to train in a layer, frozen or not."""
    # `trainable_weights` of a frozen layer is empty.
    return any(one._trainable_variables for one in layer._flatten_layers())


def _begins_group(layer: keras.layers.Layer) -> bool:
    return has_weights(layer) and not isinstance(layer, _NORMS)


def _is_functional(layer: Any) -> bool:
    return isinstance(layer, keras.Model) and hasattr(layer, "_nodes_by_depth")


def _name(key: Any, layers: Sequence[keras.layers.Layer]) -> str:
    """The name of a block, or of the first layer with weights."""
    if isinstance(key, str):
        return key
    return next((one.name for one in layers if has_weights(one)), layers[0].name)
