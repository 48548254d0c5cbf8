"""Files that hold the state of a run between two steps: whole or not there, verified when read."""

import hashlib
import json
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.training.checkpoint_files import on_disk, partial, rename

FORMAT = 1
_ABOUT, _SUFFIX = "about", ".state.npz"


class State(NamedTuple):
    """Where a run stands.

    Args:
        about: All that is no array, as JSON can hold it; with `epoch` and `step`.
        arrays: The arrays by name.
    """

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]


class StateError(ValueError):
    """No state in a folder is one that this run can go on from."""


class DamagedState(ValueError):
    """A file of a state that was cut off or changed."""


def write_state(folder: Path, state: State, keep: int) -> None:
    """Write a state beside the older ones, then delete all but the newest `keep`.

    Raises:
        OSError: If the system refuses; the older ones are untouched then.
    """
    about = {**state.about, "format": FORMAT, "sha256": _digest(state)}
    place = f"epoch-{about['epoch']:06d}-step-{about['step']:09d}{_SUFFIX}"
    path, text = folder / place, json.dumps(about).encode()
    # Of any type: some arguments of `savez` are no arrays.
    parts: dict[str, Any] = {f"a/{name}": _plain(one) for name, one in state.arrays.items()}
    parts[_ABOUT] = np.frombuffer(text, np.uint8)
    try:
        with open(partial(path), "wb") as file:
            np.savez(file, **parts)
        on_disk(partial(path))
        rename(path)
    except BaseException:
        partial(path).unlink(missing_ok=True)
        raise
    for old in states_in(folder)[keep:]:
        old.unlink(missing_ok=True)


def states_in(folder: Path) -> list[Path]:
    """The files of states in a folder, the newest first."""
    return sorted(folder.glob(f"epoch-*{_SUFFIX}"), reverse=True)


def clear_states(folder: Path) -> None:
    """Delete all states, and what a killed run left half-written."""
    for pattern in (f"epoch-*{_SUFFIX}", ".partial.epoch-*"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def read_state(path: Path) -> State:
    """Read a state.

    Raises:
        DamagedState: If the file is cut off, was changed, or is none of ours.
        OSError: If it cannot be read.
    """
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            about = json.loads(bytes(file[_ABOUT]).decode())
            arrays = {name[2:]: file[name] for name in file.files if name.startswith("a/")}
        written = about.pop("sha256")
        about.pop("format")
        arrays = {name: _as_it_was(one, about["types"][name]) for name, one in arrays.items()}
        state = State(about, arrays)
        same = _digest(state) == written
    except (ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise DamagedState(f"{type(error).__name__}: {error}") from error
    except zipfile.BadZipFile as error:
        raise DamagedState(str(error)) from error
    if not same:
        raise DamagedState("its SHA-256 is another one")
    return state


def newest_state(folder: Path) -> State | None:
    """The newest state of a folder that is whole; `None` if there is none at all.

    Raises:
        StateError: If there are only damaged ones.
    """
    damaged: list[str] = []
    for path in states_in(folder):
        try:
            state = read_state(path)
        except DamagedState as error:
            damaged.append(f"'{path.name}' ({error})")
            continue
        if damaged:
            warnings.warn(
                f"Damaged files in '{folder}': {', '.join(damaged)}. The run goes on from the one "
                f"before, '{path.name}': some steps are done again.",
                stacklevel=2,
            )
        return state
    if damaged:
        raise StateError(
            f"'{folder}' must hold a file of a run's state that is whole. Received: only damaged "
            f"ones: {', '.join(damaged)}. Restore one, or delete them to begin anew."
        )
    return None


def types_of(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """The type of each array by name: NumPy's files know no bfloat16."""
    return {name: str(one.dtype) for name, one in arrays.items()}


def _plain(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.isbuiltin == 1 else array.view(f"u{array.dtype.itemsize}")


def _as_it_was(array: np.ndarray, dtype: str) -> np.ndarray:
    if str(array.dtype) == dtype:
        return array
    import ml_dtypes

    return array.view(getattr(ml_dtypes, dtype))


def _digest(state: State) -> str:
    about = {name: state.about[name] for name in sorted(state.about)}
    found = hashlib.sha256(json.dumps(about).encode())
    for name in sorted(state.arrays):
        one = state.arrays[name]
        found.update(f"{name} {one.dtype} {one.shape}".encode())
        found.update(np.ascontiguousarray(_plain(one)).tobytes())
    return found.hexdigest()
