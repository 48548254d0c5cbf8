"""Parts of a model by their names: the trunk, a head, a group of layers, a pattern."""

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.trunks.layer_groups import LayerGroup, layer_groups, leaves

# What a part may be called by: a name, a pattern, a number of groups, or several of them.
What = str | int | Sequence[str | int]

TRUNK, HEADS = "trunk", "heads"


def layers_of(model: Any) -> dict[str, keras.layers.Layer]:
    """The layers of a model that is trained with several tasks, by path.

    `trunk/<layer>` (`trunk/encoder/<layer>` of a nested model), and `heads/<task>`, a head being
    taken whole.
    """
    of_trunk = {f"{TRUNK}/{path}": layer for path, layer in leaves(model.trunk)}
    return {**of_trunk, **{f"{HEADS}/{name}": head for name, head in model.heads.items()}}


def groups_of(model: Any) -> list[LayerGroup]:
    """The groups of layers of a model, the lowest of the trunk first, the heads last."""
    return [*layer_groups(model.trunk), LayerGroup(HEADS, tuple(model.heads.values()))]


def select(model: Any, what: What, whose: str) -> dict[str, keras.layers.Layer]:
    """The layers of a model that are meant, by path, each once.

    Args:
        model: The model.
        what: `"trunk"`, `"heads"`, the name of a task (its head) or of a group of layers; a
            pattern, as of file names, for layers or their paths (`"lstm_*"`, `"trunk/encoder/*"`);
            a number of groups, counted from the lowest; or a list of such.
        whose: Who asks, for messages.

    Raises:
        TypeError: If it is none of these.
        ValueError: If nothing is called so, or there are fewer groups.
    """
    layers = layers_of(model)
    whats = [what] if isinstance(what, (str, int)) or not isinstance(what, Sequence) else what
    chosen: set[int] = set()
    for one in whats:
        if isinstance(one, bool) or not isinstance(one, (str, int)):
            raise TypeError(
                f"{whose} must be 'trunk', 'heads', the name of a task, of a layer or of a group, "
                f"a pattern, a number of groups, or a list of these. Received: {one!r} of type "
                f"{type(one).__name__}."
            )
        found = _lowest(model, one, whose) if isinstance(one, int) else _named(model, one, layers)
        if not found:
            names = _names(model, layers)
            raise ValueError(
                f"{whose} must name a part of the model: {listed(names)}. Received: {one!r}, which "
                f"matches nothing. {nearest(str(one), names)}".rstrip()
            )
        chosen |= {id(layer) for layer in found}
    return {path: layer for path, layer in layers.items() if id(layer) in chosen}


def _named(
    model: Any, name: str, layers: Mapping[str, keras.layers.Layer]
) -> Sequence[keras.layers.Layer]:
    """The layers that a name or a pattern is of."""
    if name == TRUNK:
        return [layer for path, layer in layers.items() if path.startswith(f"{TRUNK}/")]
    if name == HEADS or name in model.heads:
        return [head for task, head in model.heads.items() if name in (HEADS, task)]
    for group in layer_groups(model.trunk):
        if name == group.name:
            return group.layers
    return [
        layer
        for path, layer in layers.items()
        if any(fnmatch.fnmatchcase(one, name) for one in (path, layer.name))
    ]


def _lowest(model: Any, count: int, whose: str) -> list[keras.layers.Layer]:
    groups = layer_groups(model.trunk)
    if not 1 <= count <= len(groups):
        names = ", ".join(group.name for group in groups)
        raise ValueError(
            f"{whose} must be from 1 to {len(groups)}, as many groups of layers as the trunk has, "
            f"from the lowest: {names}. Received: {count}."
        )
    return [layer for group in groups[:count] for layer in group.layers]


def _names(model: Any, layers: Mapping[str, keras.layers.Layer]) -> list[str]:
    groups = [group.name for group in layer_groups(model.trunk)]
    own = [path.rpartition("/")[2] for path in layers if path.startswith(f"{TRUNK}/")]
    return list(dict.fromkeys([TRUNK, HEADS, *model.heads, *groups, *own]))
