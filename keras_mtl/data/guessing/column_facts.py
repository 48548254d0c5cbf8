"""What the values of one column of a table look like, and what that makes of the column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from numbers import Integral
from typing import Any

from keras_mtl.data.datasets.split import TEXT_COLUMNS
from keras_mtl.data.guessing.split_files import SPLIT_WORDS
from keras_mtl.data.tables.table_columns import is_empty
from keras_mtl.data.text.text_rules import IDEOGRAPHS

MOST_LABELS = 500
LEAST_ROWS_PER_LABEL = 5
FEW_LABELS = 3  # allowed in the smallest of tables
LONGEST_LABEL = 100  # characters
MOST_NUMBERS = 20

LABEL_RULE = (
    "A label column holds names or class numbers, one in a row: at least 2 different ones, at "
    f"most {MOST_LABELS}, with {LEAST_ROWS_PER_LABEL} rows for each on average (or up to "
    f"{FEW_LABELS} with fewer), none over {LONGEST_LABEL} characters; no ids, dates or scores."
)
TEXT_RULE = (
    "The text column holds strings, in at least half of the rows, and at least half of them "
    "different; most of them have two words or more, or else are single words without digits. "
    "Of several, one with a usual name is taken (text, review, ...), else the longest on average."
)
# The columns that others call their texts, the surest first.
USUAL_TEXTS = (
    *("text", "sentence", "review", "review_text", "message", "content", "body", "comment"),
    *("comment_text", "question", "document", "article", "abstract", "description", "title"),
)

_SAMPLE = 10_000  # values looked at for how different and how wordy they are
_LONG_ENOUGH = 500  # characters of a text looked at for words
_LONGEST_SHOWN = 40  # characters of a value in a message
_LONGEST_NAME = 4  # words that a column may be called by
_LONGEST_UNSPACED = 10  # characters, in a script without spaces
_WHOLE = re.compile(r"[+-]?\d+(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|\d{1,2}:\d{2}(?::\d{2})?.*")
_ID = re.compile(r"(?i:(?:^|.*[\W_])(?:ids?|idx|index|uuid|guid|unnamed: \d+))|.*[a-z]Id")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_LETTER = re.compile(r"[^\W\d_]")
# Chinese, Japanese, Thai and Lao put no spaces between words.
_UNSPACED_LETTER = re.compile(rf"[{IDEOGRAPHS}\u0e00-\u0eff\u3040-\u30ff]")
_UNSPACED = re.compile(_UNSPACED_LETTER.pattern + "{2}")


class ColumnFacts:
    """What is seen in one column, gathered value by value in little memory.

    Args:
        name: The column.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.values = 0
        self.kinds: Counter[str] = Counter()
        self.examples: list[Any] = []
        # Label name to rows; `None` once there are too many for labels.
        self.counts: Counter[str] | None = Counter()
        self._characters = self._longest = self._wordy = self._single = 0
        self._early: set[int] = set()

    def add(self, value: Any) -> None:
        """Look at the value of one row; a missing one is passed over."""
        if is_empty(value):
            return
        self.values += 1
        self.kinds[_kind(value)] += 1
        if len(self.examples) < 3 and value not in self.examples:
            self.examples.append(value)
        if isinstance(value, str | Integral):
            self._add_name(value if isinstance(value, str) else str(int(value)))

    def _add_name(self, name: str) -> None:
        self._characters += len(name)
        self._longest = max(self._longest, len(name))
        if self.values <= _SAMPLE:
            self._early.add(hash(name))
            self._wordy += _has_two_words(name[:_LONG_ENOUGH])
            self._single += _WORD.fullmatch(name) is not None
        if self.counts is not None:
            self.counts[name] += 1
            if len(self.counts) > MOST_LABELS:
                self.counts = None

    @property
    def mean_length(self) -> float:
        """Characters of a value, on average."""
        return self._characters / max(self.values, 1)

    @property
    def wordy(self) -> bool:
        """Whether most values have two words or more."""
        return 2 * self._wordy >= self._looked_at

    @property
    def _looked_at(self) -> int:
        return max(min(self.values, _SAMPLE), 1)

    def text_fault(self, rows: int) -> str:
        """Say why the column is no text column of a table of so many rows; empty if it is one."""
        if set(self.kinds) - {"string"}:
            return f"not strings alone ({_kinds(self)})"
        if 2 * self.values < rows or not self.values:
            return f"empty in {rows - self.values} of {rows} rows"
        if 2 * len(self._early) < self._looked_at:
            return f"only {len(self._early)} different among {self._looked_at} values"
        return "" if self.wordy or 2 * self._single >= self._looked_at else "no words"

    def split_words(self) -> Mapping[str, int]:
        """Return how many rows each value has if all are names of splits, else nothing."""
        words: Mapping[str, int] = self.counts or {}
        named = all(word.strip().lower() in SPLIT_WORDS for word in words)
        return words if named and set(self.kinds) == {"string"} else {}

    def label_fault(self) -> str:
        """Say why the column is no label column; empty if it is one."""
        return self._kind_fault() or self._count_fault() or self._meaning_fault()

    def _kind_fault(self) -> str:
        if not self.values:
            return "no value in it"
        if self.kinds["list"]:
            return "several values in a row, or none"
        if len(self.kinds) > 1 or set(self.kinds) - {"string", "whole number"}:
            return f"neither names nor whole numbers alone ({_kinds(self)})"
        # A split calls its texts so: see `TEXT_COLUMNS`.
        return f"{self.name!r} is the name of a text" if self.name in TEXT_COLUMNS else ""

    def _count_fault(self) -> str:
        if self.counts is None:
            return f"more than {MOST_LABELS} different values"
        different = len(self.counts)
        if different < 2:
            return "the same value in every row"
        most = min(MOST_LABELS, max(self.values // LEAST_ROWS_PER_LABEL, FEW_LABELS))
        if different > most or different == self.values:
            return f"{different} different values in {self.values} rows"
        return "free text" if self._longest > LONGEST_LABEL else ""

    def _meaning_fault(self) -> str:
        names = list(self.counts or ())
        if _ID.fullmatch(self.name):
            return "an id by its name"
        if self.split_words():
            return "names of splits"
        if all(_DATE.fullmatch(name.strip()) for name in names):
            return "dates or times"
        if all(_NUMBER.fullmatch(name.strip()) for name in names):
            return _number_fault(names)
        return ""

    def describe(self, rows: int) -> str:
        """Write what was seen, for a message."""
        if not self.values:
            return f"{_cut(repr(self.name))}: empty in all {rows} rows"
        shown = ", ".join(_cut(repr(value)) for value in self.examples)
        empty = f" (missing in {rows - self.values})" if self.values < rows else ""
        return f"{_cut(repr(self.name))}: {_kinds(self)}{empty}, such as {shown}"


def usual_place(name: str) -> int:
    """Return where in `USUAL_TEXTS` a column stands, after all of them if it does not."""
    plain = re.sub(r"[\W_]+", "_", name.strip().lower())
    return USUAL_TEXTS.index(plain) if plain in USUAL_TEXTS else len(USUAL_TEXTS)


def reads_as_text(name: str) -> bool:
    """Tell whether a column is called by so many words that they are likely to be a text."""
    words = sum(_LETTER.search(word) is not None for word in name.split())
    unspaced = len(_UNSPACED_LETTER.findall(name))
    return words > _LONGEST_NAME or unspaced > _LONGEST_UNSPACED


def is_number(facts: ColumnFacts) -> bool:
    """Tell whether the values of a label column are all numbers."""
    return all(_NUMBER.fullmatch(name.strip()) for name in facts.counts or ())


def _number_fault(names: list[str]) -> str:
    if not all(_WHOLE.fullmatch(name.strip()) for name in names):
        return "scores"
    numbers = sorted(int(name.partition(".")[0]) for name in names)
    # Class numbers start low and leave no gaps; a year or an age does neither.
    low = numbers[0] in (-1, 0, 1)
    gapless = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return "" if low and (gapless or len(numbers) <= MOST_NUMBERS) else "numbers that measure"


def _has_two_words(text: str) -> bool:
    words = sum(_LETTER.search(word) is not None for word in text.split())
    return words > 1 or _UNSPACED.search(text) is not None


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "string"
    if isinstance(value, Integral):
        return "whole number"
    return {float: "number", list: "list", dict: "object"}.get(type(value), type(value).__name__)


def _cut(written: str) -> str:
    return written if len(written) <= _LONGEST_SHOWN else written[: _LONGEST_SHOWN - 1] + "…"


def _kinds(facts: ColumnFacts) -> str:
    return ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in facts.kinds.items())
