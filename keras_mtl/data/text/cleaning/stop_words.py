"""Words that are left out."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.patterns import (
    TIDY,
    plain,
    small_letters,
    substituted,
)
from keras_mtl.data.text.cleaning.step import CleaningStep
from keras_mtl.data.text.cleaning.stop_word_lists import checked_words, listed_words

# Chinese characters one by one, whatever the tokenizer does with them.
TOKEN = text_rules.token_pattern("separate", characters=True)
_FIND = re.compile(TOKEN)

# Bytes of a pattern in a graph: RE2 runs out of its 8 MB at about 18,000 (1,000 to 2,500 words),
# says so on stderr for every token, and takes ten times as long. So there are several.
_OF_A_PATTERN = 12_000
# Bytes of all of them: each costs time for every token, and memory while the graph is loaded.
MOST_IN_GRAPH = 48_000

# Those of one stop word, in small letters.
Tokens = tuple[str, ...]


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class RemoveStopWords(CleaningStep):
    """Leaves out the words of a list, in capitals or not.

    A stop word is found where its words, or its Chinese characters, follow each other: `the` is
    not found in `theme`, `我们` is found inside a Chinese sentence. Where two stop words overlap,
    both go. White space becomes one simple space, as the tokenizer reads it.

    The lists hold more than articles: the English one has `not` and `good`, the Chinese one `不`
    and `好`. Where such words matter pass `language=None` and `words` of your own.

    A TensorFlow graph has room for 48,000 bytes of words, some 3,000 to 5,000; all lists fit. With
    more, an exported model does not read raw text by itself: `Predictor` cleans in Python.

    Args:
        language: Code or English name of a language of the package `stop-words`, such as `"en"`,
            `"zh"` or `"german"`; `None` for no list but `words`.
        words: Words to leave out as well.
        resolved: All words that are left out. Found from the other two where it is not given; a
            stored step has it, so that it is the same whatever the package holds.

    Call arguments:
        text: Any text.

    Returns:
        The text, changed.

    Raises:
        ImportError: The package `stop-words` is missing.
        TypeError: `words` is a single str, or a word is not a str.
        ValueError: The language is unknown, a word is empty, or there is no word.

    Example:
        >>> RemoveStopWords(language=None, words=["the", "我们"])("The theme, 但我们走了")
        'theme, 但 走了'
    """

    language: str | None = "en"
    words: Sequence[str] = ()
    resolved: Sequence[str] | None = dataclasses.field(default=None, repr=False)

    def __post_init__(self) -> None:
        words = checked_words("words", self.words)
        if self.resolved is None:
            found = {*listed_words(self.language), *map(_normal, words)}
            resolved = tuple(sorted(found))
        else:
            resolved = checked_words("resolved", self.resolved)
        if not resolved:
            raise ValueError(
                "RemoveStopWords must have a `language` or `words`. Received: "
                f"language={self.language!r}, words={words}. Name a language, or list words."
            )
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "resolved", resolved)

    @functools.cached_property
    def sequences(self) -> tuple[Tokens, ...]:
        """The tokens of each stop word, in small letters, sorted."""
        return tuple(sorted({tuple(_FIND.findall(_normal(w))) for w in self.resolved or ()}))

    @functools.cached_property
    def _by_first(self) -> dict[str, list[Tokens]]:
        groups: dict[str, list[Tokens]] = {}
        for sequence in self.sequences:
            groups.setdefault(sequence[0], []).append(sequence)
        return groups

    def __call__(self, text: str) -> str:
        return remove_stop_words(text, self._by_first)

    # A property, as it hangs on the words whether there is one; other steps have a method.
    @property
    def in_graph(self) -> Callable[..., Any] | None:  # type: ignore[override]
        """The same for string `(B,)`, as TensorFlow operations; `None` for too many words."""
        if sum(len(pattern.encode()) for _, pattern in self._patterns) > MOST_IN_GRAPH:
            return None

        def without(texts: Any) -> Any:
            from keras_mtl.data.text.graph_stop_words import without_stop_words

            return without_stop_words(texts, self._patterns)

        return without

    @functools.cached_property
    def _patterns(self) -> list[tuple[int, str]]:
        """Numbers of tokens and patterns of stop words that have as many, a space between."""
        groups: list[tuple[int, list[str]]] = []
        size = 0
        for sequence in sorted(self.sequences, key=len):
            word = re.escape(" ".join(sequence))
            size += len(word.encode()) + 1
            if not groups or groups[-1][0] != len(sequence) or size > _OF_A_PATTERN:
                groups.append((len(sequence), []))
                size = len(word.encode()) + 1
            groups[-1][1].append(word)
        return [(length, "|".join(words)) for length, words in groups]


def remove_stop_words(text: str, by_first: dict[str, list[Tokens]]) -> str:
    """`text` with a space for each word that is a part of a stop word.

    Args:
        text: Any text.
        by_first: First token of stop words to the tokens of each.
    """
    text = plain(text)
    spans = [match.span() for match in _FIND.finditer(text)]
    # One character for one, so a token lies in the same place of both.
    small = small_letters(text)
    tokens = [small[start:end] for start, end in spans]
    kept, last = [], 0
    for position in sorted(_covered(tokens, by_first)):
        start, end = spans[position]
        kept += [text[last:start], " "]
        last = end
    return substituted("".join([*kept, text[last:]]), TIDY)


def _covered(tokens: list[str], by_first: dict[str, list[Tokens]]) -> set[int]:
    covered: set[int] = set()
    for start, token in enumerate(tokens):
        for sequence in by_first.get(token, ()):
            end = start + len(sequence)
            if tuple(tokens[start:end]) == sequence:
                covered.update(range(start, end))
    return covered


def _normal(word: str) -> str:
    return substituted(small_letters(plain(word)), TIDY)
