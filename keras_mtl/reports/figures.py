"""Values in the words of a person: figures, counts, shares, times."""

import datetime
import math
from typing import Any

NONE = "–"
# Does not break between a number and its unit.
_SPACE = "\N{NO-BREAK SPACE}"
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def number(value: Any) -> float | None:
    """The finite number that a value of a JSON file is, or `None`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def figure(value: Any) -> str:
    """A loss or a metric, to three or four digits.

    Example:
        >>> [figure(value) for value in (0.98765, 12.345, 1234.5, 0.00012, 0, None)]
        ['0.988', '12.35', '1,234', '1.2e-04', '0.000', '–']
    """
    found = number(value)
    if found is None:
        return NONE
    size = abs(found)
    if size >= 1e7 or 0 < size < 0.0005:
        return f"{found:.1e}"
    return f"{found:,.{3 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0}f}"


def count(value: Any) -> str:
    """A whole number with separators.

    Example:
        >>> count(25000), count(812.1), count(None)
        ('25,000', '812', '–')
    """
    found = number(value)
    return NONE if found is None else f"{round(found):,}"


def percent(value: Any) -> str:
    """A share in percent.

    Example:
        >>> percent(0.1234).split(), percent(0.00001).split()
        (['12.3', '%'], ['<0.1', '%'])
    """
    found = number(value)
    if found is None:
        return NONE
    if 0 < found < 0.0005:
        return f"<0.1{_SPACE}%"
    if 0.9995 <= found < 1:
        return f">99.9{_SPACE}%"
    return f"{found:.1%}".replace("%", f"{_SPACE}%")


def duration(value: Any) -> str:
    """Seconds as a person would say them.

    Example:
        >>> duration(0.25).split(), duration(7322).split()
        (['0.25', 's'], ['2', 'h', '2', 'min'])
    """
    seconds = number(value)
    if seconds is None or seconds < 0:
        return NONE
    if seconds < 59.5:
        return f"{seconds:.{2 if seconds < 1 else 1 if seconds < 10 else 0}f}{_SPACE}s"
    for unit, length, smaller, part in (
        ("d", 86_400, "h", 3600),
        ("h", 3600, "min", 60),
        ("min", 60, "s", 1),
    ):
        parts = round(seconds / part)
        if parts * part >= length:
            whole, rest = divmod(parts, length // part)
            return f"{whole}{_SPACE}{unit} {rest}{_SPACE}{smaller}"
    return NONE


def moment(value: Any) -> str:
    """An ISO time as a date and a time of day; what is no time stays as it is.

    Example:
        >>> moment("2025-11-03T09:05:59+00:00"), moment("yesterday")
        ('3 Nov 2025, 09:05 UTC', 'yesterday')
    """
    found = parsed(value)
    if found is None:
        return str(value) if value else NONE
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}, {found:%H:%M} UTC"


def parsed(value: Any) -> datetime.datetime | None:
    """An ISO time in UTC; `None` if it is none."""
    try:
        found = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=datetime.UTC)
    return found.astimezone(datetime.UTC)


def words(metric: str) -> str:
    """The name of a metric as it is spoken of.

    Example:
        >>> words("macro_f1"), words("top_5_accuracy")
        ('macro F1', 'top 5 accuracy')
    """
    return " ".join("F1" if word == "f1" else word for word in metric.split("_"))
