"""What callbacks have learned of a run, so that it can go on with them."""

import dataclasses
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

# What Keras's own callbacks remember from epoch to epoch; all else of them is how they were made.
_KERAS = {
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
    "ModelCheckpoint": (
        "best",
        "epochs_since_last_save",
        "_batches_seen_since_last_saving",
        "_last_batch_seen",
        "_current_epoch",
    ),
    "History": ("epoch", "history"),
}


def states_of(callbacks: Sequence[Any]) -> list[dict[str, Any]]:
    """The name of each callback, and what it remembers; `None` for one that keeps nothing."""
    return [{"name": type(one).__name__, "state": _state(one)} for one in callbacks]


def set_states(callbacks: Sequence[Any], states: Sequence[dict[str, Any]]) -> None:
    """Give callbacks back what those of the same names remembered, in the same order."""
    left = list(states)
    for one in callbacks:
        found = next((state for state in left if state["name"] == type(one).__name__), None)
        if found is not None:
            left.remove(found)
            if found["state"] is not None:
                _set_state(one, found["state"])


def warn_of_forgetful(callbacks: Sequence[Any], states: Sequence[dict[str, Any]]) -> None:
    """Tell which callbacks begin anew in a run that goes on."""
    kept = [one["name"] for one in states if one["state"] is not None]
    names = [type(one).__name__ for one in callbacks]
    anew = [
        name
        for name, one in zip(names, callbacks, strict=True)
        if name not in kept and (_state(one) is not None or not _is_known(one))
    ]
    gone = [one["name"] for one in states if one["name"] not in names and one["state"]]
    if anew:
        warnings.warn(
            f"Callbacks that begin anew, while the run goes on: {', '.join(anew)}. Give those of "
            "your own `get_state()`, which returns numbers, texts, arrays, lists and "
            "dictionaries of them, and `set_state(state)`.",
            stacklevel=2,
        )
    if gone:
        warnings.warn(
            f"Callbacks of the run that are no longer there: {', '.join(gone)}. What they "
            "remembered is lost with the next checkpoint.",
            stacklevel=2,
        )


def pack(value: Any, arrays: dict[str, np.ndarray], prefix: str) -> Any:
    """A value as JSON can hold it, its arrays put aside.

    Raises:
        TypeError: If there is something in it that can be neither.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        items = [[pack(k, arrays, prefix), pack(v, arrays, prefix)] for k, v in value.items()]
        return {"dict": items}
    if isinstance(value, (list, tuple)):
        return [pack(one, arrays, prefix) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return pack(dataclasses.asdict(value), arrays, prefix)
    if isinstance(value, np.generic) or keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value
        if np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf":
            return value.item()
    if isinstance(value, (np.ndarray, np.generic)) and np.asarray(value).dtype.kind != "O":
        name = f"{prefix}{len(arrays)}"
        arrays[name] = np.asarray(value)
        return {"array": name}
    raise TypeError(
        "The state of a callback must be made of numbers, texts, arrays, lists and dictionaries. "
        f"Received: {value!r:.80} of type {type(value).__name__}."
    )


def unpack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """What `pack` was given, tuples as lists."""
    if isinstance(value, list):
        return [unpack(one, arrays) for one in value]
    if isinstance(value, dict):
        if "array" in value:
            return arrays[value["array"]]
        return {unpack(k, arrays): unpack(v, arrays) for k, v in value["dict"]}
    return value


def _is_known(callback: Any) -> bool:
    known = type(callback).__module__.startswith(("keras.", "keras_mtl."))
    return known or hasattr(callback, "get_state") or bool(_kerass(callback))


def _kerass(callback: Any) -> tuple[str, ...]:
    """What one of Keras's callbacks remembers, or a class of one's own that builds on it."""
    kinds = [one for one in type(callback).__mro__ if one.__module__.startswith("keras.")]
    return next((_KERAS[one.__name__] for one in kinds if one.__name__ in _KERAS), ())


def _state(callback: Any) -> Any:
    if hasattr(callback, "get_state"):
        return callback.get_state()
    if names := _kerass(callback):
        found = {name: getattr(callback, name) for name in names if hasattr(callback, name)}
        return found or None
    return None


def _set_state(callback: Any, state: Any) -> None:
    if hasattr(callback, "set_state"):
        callback.set_state(state)
    else:
        if getattr(callback, "monitor_op", 0) is None and state.get("best") is not None:
            callback._set_monitor_op()  # At the end of an epoch it would begin with no best.
        for name in _kerass(callback):
            if name in state:
                setattr(callback, name, state[name])
