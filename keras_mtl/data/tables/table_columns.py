"""The values of a table's columns: what a text or a label may be, and what is missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from keras_mtl.data.datasets.label_space import infer_names, listed, nearest
from keras_mtl.data.datasets.split import LIST_COLUMNS
from keras_mtl.data.tables.jsonlines import Absent
from keras_mtl.spans import are_spans, read_spans

NULLS = ("error", "drop", "unlabelled")


@dataclass(frozen=True)
class Place:
    """Where the rows of a table come from, for messages.

    Args:
        name: The file, or the dataset and its split.
        unit: What is counted there, lines or rows.
        without_label: What else can be done about a row without a label.
    """

    name: str
    unit: str = "line"
    without_label: str = ""


class TextColumn:
    """A column of texts, or of lists of them: of words for `tokens`, and for `candidates`.

    Args:
        column: What the file calls it.
        target: What the split calls it, one of `TEXT_COLUMNS`.
        place: The table, for messages.
    """

    def __init__(self, column: str, target: str, place: Place) -> None:
        self.column, self.target = column, target
        self.values: list[Any] = []
        self._where, self._unit = f"Column {column!r} of '{place.name}'", place.unit

    def is_null(self, value: Any) -> bool:
        """Tell whether a value is no text; a list without words is none."""
        return value == [] or is_empty(value)

    def add_null(self, value: Any, line: int) -> None:
        """Refuse a missing text: nothing can be learned from a row without one."""
        raise ValueError(
            f"{self._where} must have a text in every row. Received: {received(value)} in "
            f"{self._unit} {line}. {_misnamed(self.column, value)}Pass nulls='drop' to leave such "
            "rows out, nulls='unlabelled' if rows without a label are to stay."
        )

    def add(self, value: Any, line: int) -> None:
        """Take the text of a row.

        Raises:
            ValueError: If it is no string (of lists, no list of strings) or cannot be encoded.
        """
        tokens = self.target in LIST_COLUMNS
        words = value if tokens and isinstance(value, list) else [value]
        if tokens is not isinstance(value, list) or not all(isinstance(w, str) for w in words):
            lists = "a list of words" if self.target == "tokens" else "a list of texts"
            expected = lists if tokens else "a string"
            raise ValueError(
                f"{self._where} must hold {expected} in every row. Received: {value!r:.60} "
                f"({type(value).__name__}) in {self._unit} {line}. Lists of words go to 'tokens', "
                f"as in text={{'tokens': {self.column!r}}}, which of tables only JSON Lines can "
                "hold; strings to the other text columns."
            )
        for word in words:
            if not word.isascii():
                self._check_characters(word, line)
        self.values.append(value)

    def _check_characters(self, word: str, line: int) -> None:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{self._where} must hold whole characters. Received: half of a surrogate pair, "
                f"{word[error.start]!r}, in {self._unit} {line}. Write the character itself."
            ) from error


class LabelColumn:
    """A column of labels, resolved to the names of its label space as they come.

    Args:
        column: What the file and the split call it.
        place: The table, for messages.
        names: The label space in class order, or `None` to take every name that comes.
        given: Whether the user gave the names, so that numbers may be class numbers.
        nulls: What becomes of a missing label, `"error"` or `"unlabelled"`.
        words: The column of the words that the rows are lists of, if they are: then a list is one
            tag for each word. It takes a row before this one does.
    """

    def __init__(
        self,
        column: str,
        place: Place,
        names: Sequence[str] | None,
        given: bool,
        nulls: str,
        words: TextColumn | None = None,
    ) -> None:
        self.column = self.target = column
        self.values: list[Any] = []
        self.unlabelled = self.untagged = 0
        self._words = words
        self._names, self._given, self._nulls = names, given, nulls
        self._where, self._unit = f"Column {column!r} of '{place.name}'", place.unit
        self._without_label = place.without_label
        self._kind: type | None = None
        self._known = {name: name for name in names or ()}
        # With names such as "1" to "5", the number 1 is that name, not the second class.
        self._numbered = given and not any(name.isdecimal() for name in self._known)
        if names is not None and self._numbered:
            self._known |= {str(number): name for number, name in enumerate(names)}

    def is_null(self, value: Any) -> bool:
        """Tell whether a value is no label, or lacks the tag of a word.

        An empty list is a label: that none applies.
        """
        return is_empty(value) or (self._of_words(value) and any(map(is_empty, value)))

    def add_null(self, value: Any, line: int) -> None:
        """Take a row without a label, or without the tags of some of its words.

        Raises:
            ValueError: If every row and word must have one.
        """
        if self._of_words(value):
            self._add_tags(value, line)
            return
        if self._nulls == "error":
            raise self._missing("a label in every row", value, f"{self._unit} {line}", "label")
        self.unlabelled += 1
        self.values.append(None)

    def add(self, value: Any, line: int) -> None:
        """Take the label of a row: a name, a whole number, a list of names or one of entities.

        Raises:
            ValueError: If it is nothing of these, not in the label space, or a list of more or
                fewer tags than the row has words.
        """
        at = f"{self._unit} {line}"
        if self._of_words(value) and not are_spans(value):
            self._add_tags(value, line)
        elif are_spans(value):
            whose = f"{self._where[0].lower()}{self._where[1:]}"
            spans = read_spans(value, whose, at)
            self.values.append(tuple(s._replace(type=self._name(s.type, at)) for s in spans))
        elif isinstance(value, list):
            if not all(isinstance(name, str) and name.strip() for name in value):
                raise ValueError(
                    f"{self._where} must hold names where a row has several labels. Received: "
                    f"{value!r:.60} in {at}. Write the names of the labels that apply."
                )
            self.values.append(tuple(self._name(name, at) for name in value))
        else:
            self.values.append(self._name(value, at))

    def label_space(self) -> tuple[str, ...]:
        """Read the label names off the rows taken.

        Raises:
            ValueError: If no row has a label.
        """
        if not self._known:
            raise ValueError(
                f"{self._where} must hold labels to take their names from. Received: none in any "
                f"row. Name them: labels={{{self.column!r}: [...]}}."
            )
        return infer_names(self.values, self._where)

    def _of_words(self, value: Any) -> bool:
        return self._words is not None and isinstance(value, list)

    def _add_tags(self, tags: list[Any], line: int) -> None:
        """Take a tag for each word of the row that the column of words took last."""
        words = self._words.values[-1] if self._words is not None else []
        if len(tags) != len(words):
            raise ValueError(
                f"{self._where} must hold one tag for each word where a row has a list. Received: "
                f"{len(tags)} tags and {len(words)} words in {self._unit} {line}. Write as many, "
                "null for a word without a tag."
            )
        places = [f"{self._unit} {line}, word {number}" for number in range(1, len(tags) + 1)]
        found = tuple(self._tag(tag, at) for tag, at in zip(tags, places, strict=True))
        self.untagged += found.count(None)
        self.values.append(found)

    def _tag(self, tag: Any, at: str) -> str | None:
        if is_empty(tag):
            if self._nulls == "error":
                raise self._missing("a tag for every word", tag, at, "tag")
            return None
        if not isinstance(tag, str):
            raise ValueError(
                f"{self._where} must hold names where a row has a tag for each word. Received: "
                f"{tag!r:.60} ({type(tag).__name__}) in {at}. Write the name of the tag."
            )
        return self._name(tag, at)

    def _missing(self, what: str, value: Any, at: str, kind: str) -> ValueError:
        return ValueError(
            f"{self._where} must have {what}. Received: {received(value)} in {at}. "
            f"{_misnamed(self.column, value)}Pass nulls='drop' to leave such rows out, "
            f"nulls='unlabelled' to keep them without this {kind}{self._without_label}."
        )

    def _name(self, value: Any, at: str) -> str:
        if not isinstance(value, str | Integral):
            raise ValueError(
                f"{self._where} must hold a label name, a whole number or a list of names. "
                f"Received: {value!r:.60} ({type(value).__name__}) in {at}. "
                "Write the name of the class."
            )
        name = value if isinstance(value, str) else str(int(value))
        if name in self._known:
            return self._known[name]
        if self._names is not None:
            raise ValueError(self._unknown(value, name, at))
        self._check_kind(value, at)
        return self._known.setdefault(name, sys.intern(name))

    def _check_kind(self, value: Any, at: str) -> None:
        kind = str if isinstance(value, str) else int
        if self._kind not in (None, kind):
            raise ValueError(
                f"{self._where} must hold names only, or whole numbers only. Received: {value!r} "
                f"in {at}, after {listed(map(repr, self._known))}. Write all of "
                "them as strings, or give the names in class order."
            )
        self._kind = kind

    def _unknown(self, value: Any, name: str, at: str) -> str:
        names = self._names or ()
        numbers = f", or class numbers 0 to {len(names) - 1}" if self._numbered else ""
        fix = f"Name every class: labels={{{self.column!r}: [...]}}."
        fix = fix if self._given else f"These are the labels of train. {fix}"
        return (
            f"{self._where} must hold one of {len(names)} label names ({listed(names)}){numbers}. "
            f"Received: {value!r:.60} in {at}. {nearest(name, names)}{fix}"
        )


class KeptColumn:
    """A column that is kept as it is.

    Args:
        column: What the file calls it.
        target: What the split calls it.
    """

    def __init__(self, column: str, target: str) -> None:
        self.column, self.target = column, target
        self.values: list[Any] = []

    def is_null(self, value: Any) -> bool:
        """Nothing is missing: what there is, is kept."""
        return False

    def add_null(self, value: Any, line: int) -> None:
        """Take the value of a row."""
        self.values.append(value)

    def add(self, value: Any, line: int) -> None:
        """Take the value of a row."""
        self.values.append(value)


def is_empty(value: Any) -> bool:
    """Tell whether a value is missing: no text, white space alone, `null`, `NaN`, no field."""
    if isinstance(value, str):
        return not value or value.isspace()
    return (
        value is None or isinstance(value, Absent) or (isinstance(value, float) and value != value)
    )


def received(value: Any) -> str:
    """Write a missing value for a message."""
    if isinstance(value, Absent):
        return f"only the fields {listed(value.fields) or '(none)'}"
    return "an empty cell" if isinstance(value, str) else "null" if value is None else repr(value)


def _misnamed(column: str, value: Any) -> str:
    return nearest(column, value.fields) if isinstance(value, Absent) else ""
