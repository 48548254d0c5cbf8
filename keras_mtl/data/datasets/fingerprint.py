"""A fingerprint of columns: equal for equal rows, on every platform."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def fingerprint(columns: Mapping[str, Sequence[Any]], whose: str) -> str:
    """Return the SHA-256 of columns, in hexadecimal.

    Names, values and the order of columns and rows all count; a list and a tuple are the same.
    Values are hashed one by one, as JSON, so that no copy of the data is made.

    Args:
        columns: Column name to values.
        whose: The split, for messages.

    Raises:
        TypeError: If a value is an object that has no fixed written form.

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
    return _JSON.encode(value).encode("utf-8", "surrogatepass") + b"\n"


def _written(value: Any) -> Any:
    """Write what JSON does not know: NumPy's numbers, bytes, sets, dates."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return ["set", *sorted(repr(one) for one in value)]
    written = repr(value)
    if hex(id(value))[2:].lower() in written.lower():
        raise TypeError("it is written with its place in memory")
    return [type(value).__name__, written]


_JSON = json.JSONEncoder(ensure_ascii=False, default=_written)
