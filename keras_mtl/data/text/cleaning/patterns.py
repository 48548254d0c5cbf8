"""What several steps do to a text: the rules of the tokenizer, by Python's `re`."""

import functools
import re
from collections.abc import Sequence

from keras_mtl.data.text import text_rules

Rules = Sequence[tuple[str, str]]

# No text that has been made plain holds it, so it can mark a place in one.
MARK = "\x01"
# One space between words, none around them.
TIDY = ((" +", " "), ("^ | $", ""))


def substituted(text: str, rules: Rules) -> str:
    """The text after each `(pattern, replacement)`, in order."""
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


def plain(text: str) -> str:
    r"""What the tokenizer makes of every text: simple spaces and quotes, nothing invisible.

    Example:
        >>> plain("it\u2019s\tso\u00adft")
        "it's soft"
    """
    return substituted(text.translate(plain_characters()), text_rules.substitutions("keep"))


def small_letters(text: str) -> str:
    """The text with each capital made small, one character for one."""
    return text.translate(small_characters())


@functools.cache
def plain_characters() -> list[int]:
    """The character that each becomes in a plain text, by code point."""
    return text_rules.character_table(lowercase=False)


@functools.cache
def small_characters() -> list[int]:
    """The character that each becomes with small letters, by code point."""
    changes = text_rules.lower_case()
    return [changes.get(code, code) for code in range(max(changes) + 1)]
