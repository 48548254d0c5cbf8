"""Label values to label names: what a label column may hold, and what it means."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

from keras_mtl.missing import is_missing
from keras_mtl.spans import Span, are_spans, read_spans

MANY = 20  # names written out in an error before "and n more"


def listed(names: Iterable[Any]) -> str:
    """Write names for a message, at most `MANY` of them."""
    everything = [str(name) for name in names]
    rest = len(everything) - MANY
    return ", ".join(everything[:MANY]) + (f" and {rest} more" if rest > 0 else "")


def nearest(name: str, known: Iterable[str]) -> str:
    """Write a `Did you mean 'x'? ` for a message, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {close[0]!r}? " if close else ""


def check_names(names: Sequence[str], column: str, dataset: str) -> tuple[str, ...]:
    """Check the label names of a column and return them interned, in class order.

    Raises:
        ValueError: If the names are no sequence of different, non-empty strings.
    """
    whose = f"`labels[{column!r}]` of dataset {dataset!r} must hold different, non-empty names"
    if isinstance(names, str):
        raise ValueError(
            f"{whose}, as a list or tuple. Received: {names!r}. Write ({names!r},) for one name."
        )
    for position, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise ValueError(
                f"{whose}. Received: {name!r} at position {position}. Write each class as a string."
            )
        if name in names[:position]:
            raise ValueError(f"{whose}. Received: {name!r} twice. Give each class its own name.")
    if not len(names):
        raise ValueError(
            f"{whose}. Received: no name. Leave the names out (None) to take them from train."
        )
    return tuple(sys.intern(str(name)) for name in names)


def infer_names(values: Iterable[Any], where: str) -> tuple[str, ...]:
    """Read the label names off a training column.

    Whole numbers (and strings of digits) are put in numerical order, other names in
    alphabetical order.

    Args:
        values: Names, whole numbers, lists of names, lists of entities, or `None`.
        where: The column and its split, for messages.

    Raises:
        ValueError: If there is no label, or names and numbers are mixed.
    """
    found: set[Any] = set()
    for row, value in enumerate(values):
        several = labels_in(_read_spans(value, where, row) if are_spans(value) else value)
        found.update(one for one in several if not is_missing(one))
    numbers = [value for value in found if isinstance(value, Integral)]
    names = [value for value in found if isinstance(value, str)]
    if not found:
        raise ValueError(f"{where} must hold labels. Received: None in every row. {_NO_LABELS}")
    if len(names) != len(found) and len(numbers) != len(found):
        odd = next((v for v in found if not isinstance(v, str | Integral)), numbers[:1] + names[:1])
        raise ValueError(
            f"{where} must hold names only, or whole numbers only, and None for a row without a "
            f"label. Received: {odd!r}. {_NO_LABELS}"
        )
    texts = sorted(str(int(value)) for value in numbers) or sorted(names)
    if numbers or all(text.isdecimal() for text in texts):
        texts.sort(key=int)
    return tuple(sys.intern(str(text)) for text in texts)


_NO_LABELS = "If the column is no label (a score, say), pass labels={} to keep it as it is."


def labels_in(value: Any) -> list[Any]:
    """The labels of a row: several, one, or `None`; of entities their types."""
    values = value if isinstance(value, list | tuple) else [value]
    return [one.type if isinstance(one, Span) else one for one in values]


def to_names(
    values: Iterable[Any],
    names: tuple[str, ...],
    where: str,
    inferred: bool = False,
    words: Sequence[Sequence[str]] | None = None,
) -> list[Any]:
    """Turn the values of a label column into names of its label space.

    A value is a name, a class number, missing (`None`, NaN or `""`: no label), or a list of names
    (several labels, or one per token), which becomes a tuple; or a list of entities in a text, by
    `start`, `end` and `type`, which becomes a tuple of `Span`.

    Args:
        values: The column.
        names: The label space, in class order.
        where: The column and its split, for messages.
        inferred: Whether the names were read off the training rows.
        words: The words of each row, if rows are lists of words: then a list is one tag for each,
            `None` for a word without one.

    Raises:
        ValueError: If a value is not in the label space (names the row and the nearest name), or
            a list has more or fewer tags than the row has words.
    """
    known = {name: name for name in names}
    resolved: list[Any] = []
    for row, value in enumerate(values):
        if is_missing(value):
            resolved.append(None)
        elif are_spans(value):
            resolved.append(_entities(value, known, where, row))
        elif isinstance(value, list | tuple):
            if words is not None:
                _check_length(value, words[row], where, row)
            resolved.append(
                tuple(_from_several(each, known, where, row, words is not None) for each in value)
            )
        elif isinstance(value, str) and value in known:
            resolved.append(known[value])
        elif isinstance(value, Integral) and inferred and str(int(value)) in known:
            resolved.append(known[str(int(value))])
        elif isinstance(value, Integral) and not inferred and 0 <= int(value) < len(names):
            resolved.append(names[int(value)])
        else:
            raise ValueError(_unknown(value, known, where, row, inferred))
    return resolved


def _check_length(tags: Sequence[Any], words: Sequence[str], where: str, row: int) -> None:
    if len(tags) != len(words):
        raise ValueError(
            f"{where} must hold one tag for each word where a row has a list. Received: "
            f"{len(tags)} tags and {len(words)} words in row {row}. Write as many, None for a word "
            "without a tag; for several labels of a whole text give `text`, not `tokens`."
        )


def _read_spans(value: Sequence[Any], where: str, row: int) -> tuple[Span, ...]:
    return read_spans(value, f"{where[:1].lower()}{where[1:]}", f"row {row}")


def _entities(
    value: Sequence[Any], known: Mapping[str, str], where: str, row: int
) -> tuple[Span, ...]:
    spans = _read_spans(value, where, row)
    for span in spans:
        if span.type not in known:
            raise ValueError(
                f"{where} must hold entities of {len(known)} types ({listed(known)}), which are "
                f"its label names. Received: {tuple(span)} in row {row}. "
                f"{nearest(span.type, known)}Name all types with `labels=`, without prefixes of "
                "tags."
            )
    return spans


def _from_several(
    value: Any, known: Mapping[str, str], where: str, row: int, of_words: bool
) -> str | None:
    if of_words and is_missing(value):
        return None
    # A list of numbers may be class numbers or a 0/1 vector: too easy to get wrong in silence.
    if not isinstance(value, str):
        raise ValueError(
            f"{where} must hold names where a row has several labels. Received: {value!r} in "
            f"row {row}. Write the names of the labels that apply."
        )
    if value not in known:
        raise ValueError(_unknown(value, known, where, row, False))
    return known[value]


def _unknown(value: Any, known: Mapping[str, str], where: str, row: int, inferred: bool) -> str:
    hint = nearest(value, known) if isinstance(value, str) else ""
    numbers = f", class numbers 0 to {len(known) - 1}" if not inferred else ""
    fix = "These are the labels of train; name them all with `labels=`. " if inferred else ""
    return (
        f"{where} must hold one of {len(known)} label names ({listed(known)}){numbers}, or None "
        f"for a row without a label. Received: {value!r} in row {row}. {hint}{fix}".rstrip()
    )
