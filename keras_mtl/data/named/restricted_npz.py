"""Reading `.npz` files with rows of integers, without running anything stored in them."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np


def read_member(path: Path, member: str) -> Any:
    """Read one array of an `.npz` file without running anything stored in it.

    Args:
        path: The `.npz` file.
        member: Name of the array.

    Returns:
        A numpy array, or for an array of objects the list of its rows, lists of integers.

    Raises:
        ValueError: If the file is damaged, lacks the array, or stores anything else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            if member not in names:
                raise ValueError(f"no array {member!r}, only {', '.join(names) or 'none'}")
            return _read_array(io.BytesIO(archive.read(f"{member}.npy")))
    # A damaged or forged pickle can fail with any exception at all.
    except Exception as error:
        raise ValueError(
            f"'{path}' must be an .npz file of keras.datasets with rows of whole numbers. "
            f"Received: {error}. Remove the file and fetch it again."
        ) from error


def _read_array(file: io.BytesIO) -> Any:
    version = np.lib.format.read_magic(file)
    first = version == (1, 0)
    read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        return _StandInUnpickler(file).rows(shape)
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


class _Array:
    """Stands in for `numpy.ndarray` while unpickling; only remembers what it was given."""

    state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state


class _DType:
    """Stands in for `numpy.dtype`, which nothing needs here."""

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _encode(text: str, *_: Any) -> bytes:
    return text.encode("latin-1")


class _StandInUnpickler(pickle.Unpickler):
    """Unpickles an object array of lists of integers, and nothing else.

    The few names that such a pickle refers to are answered with inert stand-ins from this
    module, so that no function of numpy or of Python is ever called with stored arguments.
    """

    _stand_ins = {
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _DType,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        # How the oldest pickle protocols write the bytes b"b".
        ("_codecs", "encode"): _encode,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._stand_ins:
            raise pickle.UnpicklingError(f"a pickle that asks for {module}.{name}, refused")
        return self._stand_ins[module, name]

    def rows(self, shape: tuple[int, ...]) -> list[list[int]]:
        stored = self.load()
        rows = stored.state[-1] if isinstance(stored, _Array) and stored.state else stored
        if not isinstance(rows, list) or (len(rows),) != shape:
            raise ValueError(f"an object array that is not a list of {shape} rows")
        if not all(isinstance(row, list) and all(type(v) is int for v in row) for row in rows):
            raise ValueError("an object array with rows that are not lists of whole numbers")
        return rows
