"""Lists of stop words."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.patterns import plain, small_letters

_AROUND = re.compile(f"^[{text_rules.PUNCTUATION} ]+|[{text_rules.PUNCTUATION} ]+$")


def listed_words(language: str | None) -> set[str]:
    """The stop words of a language, in small letters, without the punctuation around them.

    Args:
        language: Code or English name of a language; `None` for no words.

    Raises:
        ImportError: The package `stop-words` is missing.
        ValueError: The package has no such language; the nearest is offered.
    """
    return set() if language is None else set(_listed_words(language))


def checked_words(name: str, words: Sequence[str]) -> tuple[str, ...]:
    """`words` as a tuple, each seen to be a str with something in it.

    Args:
        name: The argument of `RemoveStopWords` that holds them, for messages.
        words: A list or another collection of words, but no single str.

    Raises:
        TypeError: `words` is a single str or no collection, or a word is not a str.
        ValueError: A word is empty.
    """
    if not isinstance(words, list | tuple | set | frozenset):
        raise TypeError(
            f"`{name}` of RemoveStopWords must be a list of words. Received: {name}={words!r:.80}. "
            "Write a single word as ['word']."
        )
    # A set has no order of its own, and a step must be the same each time it is stored.
    ordered = words if isinstance(words, list | tuple) else sorted(words, key=str)
    for word in ordered:
        if not isinstance(word, str):
            raise TypeError(
                f"`{name}` of RemoveStopWords must hold words. Received: {word!r} of type "
                f"{type(word).__name__}. Write each word as a str, in YAML in quotes."
            )
        if not plain(word).strip():
            raise ValueError(
                f"`{name}` of RemoveStopWords must hold words that are not empty. "
                f"Received: {word!r}. Leave it out."
            )
    return tuple(ordered)


@functools.cache
def _listed_words(language: str) -> frozenset[str]:
    try:
        import stop_words
    except ImportError as error:
        raise ImportError(
            "RemoveStopWords takes its lists from the package `stop-words`, which is missing. "
            f"Received: {language=}. Install it (pip install 'keras_mtl[cleaning]'), or pass "
            "language=None and `words` of your own."
        ) from error
    languages = stop_words.LANGUAGE_MAPPING
    if language not in languages and language not in languages.values():
        known = [*languages, *languages.values()]
        raise ValueError(
            f"`language` of RemoveStopWords must be one of {', '.join(sorted(languages))}, an "
            f"English name of one of them, or None. Received: {language=}. "
            f"{nearest(str(language), known)}".rstrip()
        )
    # Some lists hold a word with its quotes or the comma that came after it.
    words = (small_letters(plain(word)) for word in stop_words.get_stop_words(language))
    return frozenset(filter(None, (_AROUND.sub("", word) for word in words)))
