"""Texts to words, in Python; `text_rules` says what a word is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.truncation import TRUNCATIONS

_CHOICES = {
    "markup": ("remove", "keep"),
    "punctuation": ("separate", "remove", "keep"),
    "truncation": TRUNCATIONS,
}


class WordSplitter:
    """Cuts a text into words. `WordTokenizer` explains the arguments.

    Raises:
        ValueError: An option is unknown.

    Example:
        >>> WordSplitter()("A <b>good</b> film!")
        ['a', 'good', 'film', '!']
        >>> WordSplitter().count("A <b>good</b> film!")
        4
    """

    def __init__(
        self,
        lowercase: bool = True,
        markup: str = "remove",
        punctuation: str = "separate",
        characters: bool = True,
    ) -> None:
        self.lowercase = bool(lowercase)
        self.markup = one_of("markup", markup)
        self.punctuation = one_of("punctuation", punctuation)
        self.characters = bool(characters)
        self._table = text_rules.character_table(self.lowercase)
        rules = text_rules.substitutions(markup)
        self._rules = [(re.compile(pattern), target) for pattern, target in rules]
        self._find = re.compile(text_rules.token_pattern(punctuation, self.characters)).findall

    def __call__(self, text: str) -> list[str]:
        return self._find(self._prepared(text))

    def count(self, text: str) -> int:
        """The number of words, several times faster than to cut them where most is ASCII."""
        text = self._prepared(text)
        if not text.isascii():
            return len(self._find(text))
        shapes = text.translate(self._shapes)
        # Twice, as a letter may stand between two apostrophes.
        shapes = shapes.replace("a'a", "aaa").replace("a'a", "aaa")
        return len(shapes.replace("'", self._shape("'")).replace(".", " . ").split())

    @cached_property
    def _shapes(self) -> str:
        """For each ASCII character its shape; an apostrophe that can join words is its own."""
        joins = self.punctuation != "keep"
        return "".join(
            "'" if joins and code == ord("'") else self._shape(chr(code)) for code in range(128)
        )

    def _shape(self, character: str) -> str:
        """`a` for a character of words, a point for a word by itself, a space for neither."""
        if not self._find(character):
            return " "
        return "a" if self._find(f"a{character}") == [f"a{character}"] else "."

    def _prepared(self, text: str) -> str:
        text = text.translate(self._table)
        for pattern, replacement in self._rules:
            text = pattern.sub(replacement, text)
        return text


def checked_texts(texts: Iterable[str], whose: str = "") -> Iterator[str]:
    """The texts one by one, each seen to be a str.

    Args:
        texts: Any iterable of str, but no str itself.
        whose: What the texts belong to, such as `" of source 0"`, for messages.

    Raises:
        TypeError: `texts` is a single str, or holds something else.
    """
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise TypeError(
            f"The texts{whose} must be a list of str. Received: {texts!r:.80} of type "
            f"{type(texts).__name__}. For a single text pass [text]."
        )
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"Text {row}{whose} must be a str. Received: {text!r:.80} of type "
                f"{type(text).__name__}. Decode bytes; fill or drop what is missing."
            )
        yield text


def one_of(name: str, value: str, whose: str = "WordTokenizer") -> str:
    """`value`, seen to be a choice that the option `name` has. Raises `ValueError`."""
    if value not in _CHOICES[name]:
        raise ValueError(
            f"`{name}` of {whose} must be one of {_CHOICES[name]}. "
            f"Received: {name}={value!r}. Pick one of them."
        )
    return value


def at_least(name: str, value: Any, least: int, whose: str = "WordTokenizer") -> int:
    """`value`, seen to be an integer that is not below `least`. Raises `ValueError`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise ValueError(
            f"`{name}` of {whose} must be an integer of at least {least}. "
            f"Received: {name}={value!r}. Pass a larger integer."
        )
    return int(value)


def encodable(text: str) -> str:
    """The text, half surrogate pairs replaced: they have no UTF-8, which the library needs."""
    return (
        text
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
