"""Which variable of a source is which of a model: by role and by name, never by shape or order."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.tasks import Task
from keras_mtl.transfer.sources import Source
from keras_mtl.trunks.layer_groups import leaves

LOADED, REMAPPED, SKIPPED = "loaded", "remapped", "skipped"
# What of a task steers its training, or is decided on its scores: its head computes the same.
_NOT_OF_THE_HEAD = {
    *("column", "dropout", "label_smoothing", "class_weight", "focal_gamma"),
    *("pos_weight", "threshold", "repair"),
}


class Pair(NamedTuple):
    """A layer of a model and the one of the source that it matches."""

    path: str
    target: keras.layers.Layer
    source: keras.layers.Layer


class Refused(NamedTuple):
    """A layer that nothing is loaded for, and why; `wrong` if that may be a mistake."""

    path: str
    why: str
    wrong: bool
    layer: keras.layers.Layer | None = None


def match_trunks(
    model: Any, source: Source, rename: Mapping[str, str]
) -> tuple[list[Pair], list[Refused]]:
    """Match the layers with weights of two trunks by their names.

    Args:
        model: The model.
        source: The source.
        rename: Name, or path, of a layer of the source to that of the model's.

    Raises:
        ValueError: If `rename` names a layer that is not there.
    """
    targets = {path: one for path, one in leaves(model.trunk) if one.weights}
    known = {path: one for path, one in leaves(source.trunk) if one.weights}
    for old, new in rename.items():
        for name, names, whose in ((old, known, source.called), (new, targets, "the model")):
            if not _by_name(name, names):
                raise ValueError(
                    f"`rename` must go from layers of the source to layers of the model. Received: "
                    f"{name!r}, no layer with weights of {whose}, which has {listed(names)}. "
                    f"{nearest(name, names)}".rstrip()
                )
    sources: dict[str, keras.layers.Layer] = {}
    for path, one in known.items():
        place = next((new for old, new in rename.items() if path in _by_name(old, known)), path)
        if place in sources:
            raise ValueError(
                "`rename` must give each layer of the source a name of its own. Received: two of "
                f"{source.called} for {place!r}. Give whole paths, or rename the other one, too."
            )
        sources[place] = one
    pairs, refused, used = [], [], set()
    for path, layer in targets.items():
        places = _by_name(path, sources)
        if len(places) == 1 and places[0] not in used:
            used.add(places[0])
            pairs.append(Pair(f"trunk/{path}", layer, sources[places[0]]))
        else:
            why = f"{source.called} has no layer {path!r}"
            if len(places) == 1:
                why = f"{source.called} has one layer {places[0]!r}, for several of the model"
            elif places:
                why = f"{source.called} has several layers {path!r}: {listed(places)}"
            refused.append(Refused(f"trunk/{path}", why, True, layer))
    for path in sources:
        # Of a plain Keras model nobody knows which layers were its head.
        if path not in used and isinstance(source.trunk.output, dict):
            why = f"the model has no layer {path!r}, which {source.called} has"
            refused.append(Refused(f"trunk/{path}", why, True))
    return pairs, refused


def match_heads(model: Any, source: Source) -> tuple[list[Pair], list[Refused]]:
    """Match the heads of tasks that are the same in both."""
    pairs, refused = [], []
    for task in model.tasks:
        path, head = f"heads/{task.name}", model.heads[task.name]
        own = source.tasks.get(task.name)
        if own is None:
            refused.append(Refused(path, f"{source.called} has no such task", False, head))
        elif other := differing(task, own):
            why = f"the task {task.name!r} of {source.called} has other {', '.join(other)}"
            refused.append(Refused(path, why, False, head))
        else:
            pairs.append(Pair(path, head, source.heads[task.name]))
    return pairs, refused


def differing(one: Task, other: Task) -> list[str]:
    """In what two tasks predict otherwise; nothing, if the head of one will do for the other.

    Labels or their order, the unit of a score, and what of a text the head reads.
    """
    if type(one) is not type(other):
        return ["kind"]
    names = [field.name for field in dataclasses.fields(one)]
    return [
        name
        for name in names
        if name not in _NOT_OF_THE_HEAD and getattr(one, name) != getattr(other, name)
    ]


def relabelled(model: Any, source: Source) -> set[str]:
    """The tasks that both have by name, with labels that mean something else."""
    return {
        task.name
        for task in model.tasks
        if task.name in source.tasks
        and {"kind", "labels"} & {*differing(task, source.tasks[task.name])}
    }


def variables_of(layer: keras.layers.Layer) -> dict[str, Any]:
    """The weights of a layer by their names inside of it."""
    found: dict[str, Any] = {}
    for variable in layer.weights:
        parts = variable.path.split("/")
        # Of the last place where the layer's own name stands: scopes of others may be before it.
        places = [number for number, part in enumerate(parts) if part == layer.name]
        name = "/".join(parts[places[-1] + 1 :]) if places else variable.path
        found[name if name not in found else variable.path] = variable
    return found


def _by_name(name: str, paths: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """The path itself, or the paths that end as it does."""
    if name in paths:
        return [name]
    last = name.rpartition("/")[2]
    return [path for path in paths if path.rpartition("/")[2] == last]
