"""Entities marked in a text by spans of characters: what a row of a dataset may hold."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple


class Span(NamedTuple):
    """Characters `start` to `end` (not included) of a text are an entity of a type.

    Example:
        >>> span = Span(3, 11, "city")
        >>> "to New York"[span.start : span.end]
        'New York'
    """

    start: int
    end: int
    type: str


def are_spans(value: Any) -> bool:
    """Whether a row holds spans: a list of mappings or of lists, not one of tags."""
    return isinstance(value, list | tuple) and any(
        isinstance(one, Mapping | list | tuple) for one in value
    )


def read_spans(value: Sequence[Any], whose: str, where: str) -> tuple[Span, ...]:
    """The spans of a row.

    Args:
        value: Mappings with `start`, `end` and `type` (or `label`; other keys are passed over),
            or tuples `(start, end, type)`.
        whose: The task or the column, for messages.
        where: The place of the row, for messages.

    Raises:
        ValueError: If one is neither.
    """
    return tuple(_span(one, whose, f"entity {n} of {where}") for n, one in enumerate(value))


def _span(one: Any, whose: str, place: str) -> Span:
    parts: Any = ()
    if isinstance(one, Mapping):
        kinds = [one[key] for key in ("type", "label") if one.get(key) is not None]
        if len(kinds) == 1 or len(kinds) == 2 and kinds[0] == kinds[1]:
            parts = (one.get("start"), one.get("end"), kinds[0])
    elif isinstance(one, list | tuple):
        parts = one
    numbers = [n for n in parts[:2] if isinstance(n, Integral) and not isinstance(n, bool)]
    if len(parts) != 3 or len(numbers) != 2 or not isinstance(parts[2], str):
        raise ValueError(
            f"Each entity of {whose} must be a mapping with the whole numbers `start` and `end` "
            "and the text `type` (or `label`), or a tuple (start, end, type). "
            f"Received: {one!r:.80} as {place}. A row has a list of them, of tags, or None."
        )
    return Span(int(parts[0]), int(parts[1]), parts[2])
