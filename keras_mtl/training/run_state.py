"""What a model and its training are made of between two steps, taken out and put back."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.training.clipping import inner_optimizer
from keras_mtl.training.loss_weights import change_training_weights, training_weights
from keras_mtl.training.state_files import State, StateError, types_of
from keras_mtl.training.trainable import follow_trainable


def state_of(
    model: Any,
    batches: Any,
    more: dict[str, Any],
    arrays: dict[str, np.ndarray],
    figures: Sequence[np.ndarray] | None = None,
) -> State:
    """The state of a model in training.

    Args:
        model: A compiled model.
        batches: The batches of its mixture; `None` for other rows.
        more: What else is told of it, as JSON can hold it.
        arrays: What else is kept, by names without a `/` or with another first part.
        figures: Values of the metrics' variables, where they are not those of now.
    """
    model.adapter.sync(model)
    kinds = _variables(model)
    arrays = dict(arrays)
    for kind, variables in kinds.items():
        for number, one in enumerate(variables):
            value = keras.ops.convert_to_numpy(one)
            arrays[f"{kind}/{number}"] = np.array(value)
    for number, value in enumerate(figures or ()):
        arrays[f"figures/{number}"] = value
    about = {
        **more,
        "data": _fingerprint(batches),
        "weights": _weights(model),
        "names": {kind: [_name(one) for one in found] for kind, found in kinds.items()},
        "trainable": [bool(one.trainable) for one in _layers(model)],
        "begun": dict(getattr(inner_optimizer(model.optimizer), "begun", {})),
        "training_weights": training_weights(model),
        "types": types_of(arrays),
    }
    return State(about, arrays)


def check_state(
    model: Any, batches: Any, about: dict[str, Any], configuration: str, folder: Path
) -> None:
    """Refuse a state of something else.

    Raises:
        ValueError: If it is of another configuration, of other rows, or of another model.
    """
    problem = None
    if about["configuration"] != configuration:
        problem = (
            f"of the same configuration. Received: configuration={configuration!r}, in the file "
            f"{about['configuration']!r}"
        )
    elif about["data"] != _fingerprint(batches):
        problem = (
            "of the same mixture: its rows, seed, batch size, shares, length classes and replicas. "
            "Received: another one"
        )
    elif about["weights"] != _weights(model):
        problem = (
            "of the same `loss_weights`, and `weighting` of the mixture. Received: "
            f"{_weights(model)} by task, in the file {about['weights']}"
        )
    elif len(about["trainable"]) != len(_layers(model)):
        problem = (
            f"of the same model. Received: one with {len(_layers(model))} layers, in the file "
            f"{len(about['trainable'])}"
        )
    elif batches is not None and about["step"] % model.steps_per_execution:
        problem = (
            "of the same `steps_per_execution`. Received: "
            f"steps_per_execution={model.steps_per_execution}, in the file step {about['step']}"
        )
    if problem:
        raise _another(folder, problem)
    saved, own = about["names"], _variables(model)
    there = saved["trained"] + saved["kept"]
    here = [_name(one) for one in (*own["trained"], *own["kept"])]
    if sorted(there) != sorted(here):
        raise _differing(folder, "model", there, here)


def put_back(model: Any, state: State) -> None:
    """Make a model what it was when the state was taken.

    Raises:
        ValueError: If the optimizer is another one.
    """
    about, names = state.about, state.about["names"]
    begun = dict(getattr(inner_optimizer(model.optimizer), "begun", {}))
    layers = _layers(model)
    if about["trainable"] != [one.trainable for one in layers] or about["begun"] != begun:
        for layer, trainable in zip(layers, about["trainable"], strict=True):
            layer.trainable = trainable  # Those inside of a layer come behind it.
        follow_trainable(model, about["begun"])
    variables = _variables(model)
    for kind in variables:
        if len(names[kind]) != len(variables[kind]) or any(
            name != _name(one) for name, one in zip(names[kind], variables[kind], strict=True)
        ):
            found = [_name(one) for one in variables[kind]]
            raise _differing(None, kind, names[kind], found)
    for kind, members in variables.items():
        for number, one in enumerate(members):
            one.assign(np.array(state.arrays[f"{kind}/{number}"]))
    change_training_weights(model, about["training_weights"])


def _variables(model: Any) -> dict[str, list[Any]]:
    return {
        "trained": list(model.trainable_variables),
        "kept": list(model.non_trainable_variables),
        "optimizer": list(model.optimizer.variables),
        "figures": list(model.metrics_variables),
    }


def _weights(model: Any) -> list[list[float]]:
    """The weight of each task's loss, and what the mixture multiplies it by."""
    return [list(model.settings.loss_weights), list(model.settings.task_shares)]


def _layers(model: Any) -> list[Any]:
    """All layers of the trunk and of the heads, each before those inside of it."""
    found: dict[int, Any] = {}
    for one in (model.trunk, *model.heads.values()):
        found |= {id(layer): layer for layer in one._flatten_layers()}
    return list(found.values())


def _name(variable: Any) -> str:
    """Name, type and shape; without the numbers that Keras counts models of a process by."""
    path = re.sub(r"_\d+(?=[/_]|$)", "", variable.path)
    return f"{path} {keras.backend.standardize_dtype(variable.dtype)} {tuple(variable.shape)}"


def _fingerprint(batches: Any) -> str | None:
    return None if batches is None else batches.fingerprint


def _differing(
    folder: Path | None, kind: str, names: Sequence[str], found: Sequence[str]
) -> StateError:
    only = [one for one in found if one not in names]
    missing = [one for one in names if one not in found]
    words = [
        f"{what} {listed(some)}"
        for what, some in (("here only", only), ("in the file only", missing))
        if some
    ]
    what = {"figures": "the same metrics", "optimizer": "the same optimizer"}.get(
        kind, "the same model"
    )
    received = "; ".join(words) or f"{len(found)} variables, in the file {len(names)}"
    return _another(folder, f"of {what}. Received: {received}")


def _another(folder: Path | None, problem: str) -> StateError:
    place = f" in '{folder}'" if folder else ""
    return StateError(
        f"A run that goes on must be the one whose state{place} was saved: {problem}. Run what was "
        "run before, or choose another folder to begin anew."
    )
