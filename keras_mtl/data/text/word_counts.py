"""Which words of texts are the most frequent."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from keras_mtl.data.text.compared import Compared
from keras_mtl.data.text.word_splitter import checked_texts

_SHARE_BITS = 64


class HasInputs(Protocol):
    """Anything that carries texts or words, such as a split of a dataset."""

    @property
    def inputs(self) -> Sequence[Any]:
        """One text, or one list of words, per row."""


def most_frequent(
    sources: Sequence[Iterable[Any] | HasInputs],
    tokens: Callable[[str], list[str]],
    most: int,
    least: int,
    equal_sources: bool,
) -> list[str]:
    """The words that occur most often, ties in alphabetical order.

    Args:
        sources: Lists of texts or of lists of words, or objects that have them.
        tokens: Cuts a text into words.
        most: How many words there may be.
        least: How often a word must occur, in all sources together.
        equal_sources: Whether a word's share of the tokens of each source counts, or its plain
            number.

    Raises:
        TypeError: A text is not a str.
        ValueError: There is no word.
    """
    counts = [_counted(source, tokens, number) for number, source in enumerate(sources)]
    total = sum(counts, Counter())
    kept = [word for word, count in total.items() if count >= least]
    if not kept:
        raise ValueError(
            "WordTokenizer.fit must be given at least one text with a word that occurs "
            f"`min_count` times. Received: {len(sources)} sources with {len(total)} "
            f"different words, min_count={least}. Pass texts, or lower min_count."
        )
    frequency = _mean_shares(counts) if equal_sources else total
    kept.sort(key=lambda word: (-frequency[word], word))
    return kept[:most]


def _counted(source: Any, tokens: Callable[[str], list[str]], number: int) -> Counter[str]:
    rows = source
    if hasattr(source, "text_columns"):  # A split: every text of its rows.
        rows = itertools.chain.from_iterable(source[column] for column in source.text_columns)
    elif hasattr(source, "inputs") or hasattr(source, "texts"):
        rows = source.inputs if hasattr(source, "inputs") else source.texts
    if isinstance(rows, Iterable) and not isinstance(rows, str | bytes):
        rows = itertools.chain.from_iterable(
            row if isinstance(row, list | tuple | Compared) else [row] for row in rows
        )
    counts: Counter[str] = Counter()
    for text in checked_texts(rows, f" of source {number}"):
        counts.update(tokens(text))
    return counts


def _mean_shares(counts: Sequence[Counter[str]]) -> Counter[str]:
    """Each word's share of the tokens of a source, added up over sources.

    In whole numbers, so that neither the order of the sources nor rounding decides a tie.
    """
    found: Counter[str] = Counter()
    for of_source in counts:
        tokens = sum(of_source.values())
        for word, count in of_source.items():
            found[word] += (count << _SHARE_BITS) // tokens
    return found
