"""Punctuation."""

import dataclasses
from typing import Any

import keras

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.patterns import (
    MARK,
    TIDY,
    plain,
    plain_characters,
    substituted,
)
from keras_mtl.data.text.cleaning.step import CleaningStep

_SINGLE = f"[{text_rules.IDEOGRAPHS}{text_rules.EMOJI}]{text_rules.JOINER}?"
_OF_WORD = f"[^ {text_rules.IDEOGRAPHS}{text_rules.EMOJI}{text_rules.PUNCTUATION}{MARK}]"
# An apostrophe stays where the tokenizer has it in a word: between two characters of words. It
# is marked if it follows one, and given back if it also precedes one.
_RULES = (
    (f"({_SINGLE})'", r"\1 "),
    (f"({_OF_WORD})'", rf"\1{MARK}"),
    (f"[{text_rules.PUNCTUATION}]", " "),
    (f"{MARK}({_OF_WORD})", r"'\1"),
    (MARK, " "),
    *TIDY,
)


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class StripPunctuation(CleaningStep):
    """Turns punctuation and signs such as `$` into spaces; an apostrophe in a word stays.

    By the characters of the tokenizer, which has `punctuation="remove"` for the same. White
    space becomes one simple space, as the tokenizer reads it.

    Call arguments:
        text: Any text.

    Returns:
        The text, changed.

    Example:
        >>> StripPunctuation()("Well-made, and it isn't long!")
        "Well made and it isn't long"
    """

    def __call__(self, text: str) -> str:
        return strip_punctuation(text)

    def in_graph(self, texts: Any) -> Any:
        """The same for string `(B,)`, as TensorFlow operations."""
        from keras_mtl.data.text import graph_text

        plain_texts = graph_text.mapped(texts, plain_characters())
        return graph_text.substituted(plain_texts, (*text_rules.substitutions("keep"), *_RULES))


def strip_punctuation(text: str) -> str:
    """`text` with a space for each run of what is neither word nor apostrophe in one."""
    return substituted(plain(text), _RULES)
