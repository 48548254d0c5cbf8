"""A fingerprint of columns: equal for equal rows, on every platform."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np


def fingerprint(columns: Mapping[str, Sequence[Any]], whose: str) -> str:
    """Return the SHA-256 of columns, in hexadecimal.

    Names, values and the order of columns, rows and keys all count; a list, a tuple and an array
    are the same, and so are sets of the same members. Values are hashed one by one, as JSON, so
    that no copy of the data is made. What JSON has no form for is written with the name of its
    type, so that it equals no other value: sets and fields by what they hold, others as `repr`
    writes them.

    Args:
        columns: Column name to values.
        whose: The split, for messages.

    Raises:
        TypeError: If a value has no fixed written form: its `repr` holds a place in memory, or
            something in braces.

    Example:
        >>> fingerprint({"text": ["fine"]}, "mine")[:16]
        '99c4b480451b5f94'
    """
    digest = hashlib.sha256()
    for column, values in columns.items():
        digest.update(_encoded([column, len(values)]))
        for row, value in enumerate(values):
            try:
                digest.update(_encoded(value))
            except TypeError as error:
                raise TypeError(
                    f"Column {column!r} of {whose} must hold values with a fixed written form, to "
                    f"have a fingerprint. Received: {type(value).__name__} in row {row} ({error}). "
                    "Leave the column out, or write its values as text."
                ) from error
    return digest.hexdigest()


def _encoded(value: Any) -> bytes:
    # JSON has no raw line end, so what follows a value cannot be taken for a part of it.
    # Half a surrogate pair has no UTF-8, but may stand in a text.
    return _JSON.encode(_written(value)).encode("utf-8", "surrogatepass") + b"\n"


def _written(value: Any) -> Any:
    """The value in what JSON has: texts, numbers, lists, and objects with names."""
    if type(value) in _SIMPLE or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return value if _SIMPLE.issuperset(map(type, value)) else [_written(one) for one in value]
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, Set):
        # The order of a set depends on the run of Python.
        return _tagged("set", sorted(map(_written, value), key=_JSON.encode))
    if isinstance(value, bytes | bytearray):
        return _tagged("bytes", bytes(value).hex())
    if isinstance(value, np.ndarray | np.generic):
        return _array(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        fields = [[name, _written(getattr(value, name))] for name in names]
        return _tagged(_name_of(value), fields)
    if isinstance(value, Sequence):
        return _tagged(_name_of(value), [_written(one) for one in value])
    return _tagged(_name_of(value), _fixed(repr(value)))


def _mapping(value: Mapping[Any, Any]) -> Any:
    if _TAG not in value and all(isinstance(key, str) for key in value):
        return {key: _written(one) for key, one in value.items()}
    return _tagged("mapping", [[_written(key), _written(one)] for key, one in value.items()])


def _array(value: Any) -> Any:
    # Of a moment NumPy makes a whole number, or itself where Python has nothing as exact.
    plain = value.tolist()
    if value.dtype.kind in "mM" or isinstance(plain, np.generic):
        return _tagged(str(value.dtype), _written(value.astype(str).tolist()))
    return _written(plain)


def _tagged(kind: str, content: Any) -> dict[str, Any]:
    """What JSON does not know, as an object that no mapping is written as."""
    return {_TAG: [kind, content]}


def _fixed(written: str) -> str:
    if found := _PASSING.search(written):
        raise TypeError(f"it is written with {found[0]!r}, which another run may write otherwise")
    return written


def _name_of(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


_JSON = json.JSONEncoder(ensure_ascii=False)
# Written as they are, and seen to be so without a look at what they hold.
_SIMPLE = frozenset([str, int, float, bool, type(None)])
# The one name in the object of a tagged value; a mapping that has it is tagged itself.
_TAG = ""
# A place in memory, or a set (of braces and what is in them) in an order of its own.
_PASSING = re.compile(r"0x[0-9A-Fa-f]{4,}|\{.+\}", re.DOTALL)
