"""Writing YAML by hand, so that it can have comments."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

import yaml

WIDTH = 100

_PLAIN = re.compile(r"(?:\.{1,2}/)*[^\W\d][\w./-]*")
_LONGEST_KEY = 1000  # characters; YAML reads no longer key without a question mark


def scalar(text: str) -> str:
    """Write a text so that YAML reads the same text: quoted unless it is a plain word.

    Example:
        >>> print(scalar("tone"), scalar("no"), scalar("1"), scalar("a: b"))
        tone "no" "1" "a: b"
    """
    # Only the first 100 characters are shown to YAML: no longer word means anything to it.
    if _PLAIN.fullmatch(text) and text.isprintable() and yaml.safe_load(text[:100]) == text[:100]:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'


def flow(items: Iterable[str], indent: int) -> str:
    """Write a list of texts in brackets, over several lines where it is long.

    Args:
        items: The texts.
        indent: Columns before the lines that follow the first.
    """
    lines = [""]
    written = [scalar(item) for item in items]
    for position, item in enumerate(written):
        more = item + (", " if position < len(written) - 1 else "")
        if lines[-1] and indent + len(lines[-1]) + len(more) > WIDTH - 20:
            lines.append("")
        lines[-1] += more
    return "[" + f"\n{' ' * indent}".join(line.rstrip() for line in lines) + "]"


def key(text: str) -> str:
    """Write a text as a key, colon included."""
    written = scalar(text)
    # The question mark of a long key: its value may follow in the same line all the same.
    return f"{written}:" if len(written) <= _LONGEST_KEY else f"? {written}\n:"


def comment(text: str, indent: int) -> str:
    """Write a comment over as many lines as it takes."""
    start = f"{' ' * indent}# "
    wrapped = textwrap.wrap(
        printable(text), WIDTH - len(start), break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(start + line for line in wrapped)


def printable(text: str) -> str:
    r"""Write characters that cannot be seen, line ends among them, as escapes.

    Example:
        >>> print(printable("two\nlines"))
        two\nlines
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return short or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
