"""Parts of a model that training leaves as they are, and the same parts let go again."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.training.selecting import TRUNK, What, groups_of, layers_of, select
from keras_mtl.training.trainable import follow_trainable
from keras_mtl.trunks.layer_groups import containers, leaves


def freeze(model: Any, what: What = "trunk") -> list[str]:
    """Freeze parts of a model: training leaves their variables as they are, to the last bit.

    It acts at once, in the middle of `fit`, too: a compiled model is compiled anew, its optimizer
    keeping step count, schedule and what it knows of the other variables. Dropout and moving
    averages of frozen parts stand still as in prediction; nothing is propagated back into what
    lies below all that is trained.

    Args:
        model: A `MultiTaskModel`.
        what: `"trunk"`, `"heads"`, the name of a task (its head), of a layer or of a group of
            layers; a pattern as of file names, for layers or their paths (`"lstm_*"`,
            `"trunk/encoder/*"`); a number of groups of layers, counted from the words; or a list
            of such. `trainable(model)` shows the names.

    Returns:
        The paths of the layers with weights that were frozen now.

    Raises:
        TypeError: If `model` or `what` is something else.
        ValueError: If nothing is called so, or nothing would be left to train.

    Example:
        >>> import keras_mtl as mtl
        >>> trunk = mtl.trunks.lstm(100, embedding_dim=8, units=4)
        >>> model = mtl.MultiTaskModel(trunk, mtl.classification("topic", ["a", "b"]))
        >>> freeze(model, "embedding")
        ['trunk/embedding']
    """
    chosen = select(check_model(model, "freeze"), what, "`what` of `freeze`")
    names = {id(layer) for layer in chosen.values()}
    rest = [
        path
        for path, layer in layers_of(model).items()
        if id(layer) not in names and layer.trainable_variables
    ]
    if not rest:
        raise ValueError(
            f"`what` of `freeze` must leave something to train. Received: {what!r}, which with "
            f"what is frozen already is everything ({listed(layers_of(model))}). Leave a head."
        )
    return _set(model, chosen, False)


def thaw(model: Any, what: What = "trunk") -> list[str]:
    """Let training change parts of a model again.

    It acts at once, as `freeze` does. What is thawed after the first step begins as under a new
    optimizer: without momentum, its steps counted from here (the schedule goes on).

    Args:
        model: A `MultiTaskModel`.
        what: As for `freeze`.

    Returns:
        The paths of the layers with weights that were thawed now.

    Raises:
        TypeError: If `model` or `what` is something else.
        ValueError: If nothing is called so.
    """
    return _set(model, select(check_model(model, "thaw"), what, "`what` of `thaw`"), True)


def trainable(model: Any) -> str:
    """What of a model is trained, as a table: a line for each layer with weights.

    Args:
        model: A `MultiTaskModel`.

    Returns:
        A text with the group of each layer, its path, its numbers, and how many of them are
        trained; to be printed.

    Raises:
        TypeError: If `model` is something else.
    """
    layers = layers_of(check_model(model, "trainable"))
    group_of = {id(one): group.name for group in groups_of(model) for one in group.layers}
    rows = [("group", "layer", "numbers", "trained")]
    total = trained = 0
    for path, layer in layers.items():
        if layer.variables:
            numbers = _size(layer.weights)
            learning = _size(layer.trainable_weights)
            total, trained = total + numbers, trained + learning
            rows.append((group_of[id(layer)], path, f"{numbers:,}", f"{learning:,}"))
    rows.append(("", "all", f"{total:,}", f"{trained:,}"))
    one, two, three, four = (max(len(row[column]) for row in rows) for column in range(4))
    return "\n".join(
        f"{group:<{one}}  {path:<{two}}  {numbers:>{three}}  {learning:>{four}}"
        for group, path, numbers, learning in rows
    )


def check_model(model: Any, whose: str) -> Any:
    """Refuse what has no trunk and no heads.

    Raises:
        TypeError: If it has none.
    """
    if not hasattr(model, "trunk") or not hasattr(model, "heads"):
        raise TypeError(
            f"`model` of `{whose}` must be a MultiTaskModel, with a trunk and heads. Received: "
            f"{model!r:.80} of type {type(model).__name__}."
        )
    return model


def _set(model: Any, chosen: Mapping[str, keras.layers.Layer], value: bool) -> list[str]:
    """Set what is trainable, layer by layer, and let the training follow."""
    if value and getattr(model.settings, "cache", None) is not None:
        inside = [path for path in chosen if path.startswith(f"{TRUNK}/")]
        if inside:
            raise ValueError(
                "The trunk must stay frozen while `fit` caches its features. Received: "
                f"{listed(inside)}, to be thawed. Thaw it in another `fit`."
            )
    if model.settings is not None:
        model.adapter.sync(model)  # While variables are still in the order of a running step.
    for one in containers(model.trunk):
        if not one.trainable:  # Frozen as a whole, it would hide what is thawed in it.
            frozen = [layer for _, layer in leaves(one)]
            one.trainable = True
            for layer in frozen:
                layer.trainable = False
    changed = {path: layer for path, layer in chosen.items() if layer.trainable is not value}
    for layer in changed.values():
        layer.trainable = value
    if changed:
        follow_trainable(model)
    return [path for path, layer in changed.items() if layer.variables]


def _size(variables: Sequence[Any]) -> int:
    return sum(math.prod(shape) for shape in {id(one): one.shape for one in variables}.values())
