"""Entities marked in a text by spans of characters, and the words that they are."""

import difflib
import itertools
from collections.abc import Sequence
from typing import Any

from keras_mtl.spans import Span, read_spans
from keras_mtl.tasks.schemes import Entity
from keras_mtl.tasks.task import Word


def entities_of(
    value: Sequence[Any],
    words: Sequence[Word],
    text: str,
    types: Sequence[str],
    whose: str,
    where: str,
) -> list[Entity]:
    """The entities of a row in words, in their order.

    Args:
        value: The row, as in `keras_mtl.spans.read_spans`.
        words: The words of its text, with their places.
        text: The text.
        types: The types that there are.
        whose: The task, for messages.
        where: The place of the row, for messages.

    Raises:
        ValueError: If one is no span, lies outside the text, does not begin and end with words,
            overlaps another, or has another type.
    """
    starts = {word.start: number for number, word in enumerate(words)}
    ends = {word.end: number for number, word in enumerate(words, 1)}
    found = []
    for number, span in enumerate(read_spans(value, whose, where)):
        place = f"Received: {tuple(span)} as entity {number} of {where}"
        if not 0 <= span.start < span.end <= len(text):
            raise ValueError(
                f"Each entity of {whose} must lie in its text of {len(text)} characters, and "
                f"begin before it ends: 0 <= start < end <= {len(text)}. {place}. Count "
                "characters, not bytes; `end` is behind the last one."
            )
        if span.start not in starts or span.end not in ends:
            raise ValueError(
                f"Each entity of {whose} must begin and end where words do. {place}: "
                f"{_cut(span, words, text)}"
            )
        if span.type not in types:
            raise ValueError(
                f"Each entity of {whose} must be of one of its {len(types)} types "
                f"({', '.join(map(repr, types[:8]))}{', ...' if len(types) > 8 else ''}). {place}. "
                f"{_nearest(span.type, types)}Mend the row, or declare its tags with the task."
            )
        found.append((Entity(starts[span.start], ends[span.end], span.type), span))
    found.sort()
    for (one, first), (other, second) in itertools.pairwise(found):
        if other.start < one.end:
            raise ValueError(
                f"The entities of {whose} must not overlap: a word has one tag. Received: "
                f"{tuple(first)} and {tuple(second)} in {where}. Keep one of them."
            )
    return [entity for entity, _ in found]


def _cut(span: Span, words: Sequence[Word], text: str) -> str:
    """What is wrong with the edges of a span, and the span that they could be meant for."""
    touched = [word for word in words if word.start < span.end and span.start < word.end]
    passage = text[span.start : span.end]
    if not touched:
        return f"{passage!r:.60} has no word. Leave it out."
    first, last = touched[0], touched[-1]
    wrong = [
        f"it {verb} inside the word {word.text!r:.60}"
        for verb, word, inside in (
            ("begins", first, first.start < span.start),
            ("ends", last, span.end < last.end),
        )
        if inside
    ]
    wrong = wrong or [f"{passage!r:.60} has white space, or what is no word, at an edge"]
    whole = text[first.start : last.end]
    return f"{' and '.join(wrong)}. The words there are {first.start} to {last.end}, {whole!r:.60}."


def _nearest(kind: str, types: Sequence[str]) -> str:
    close = difflib.get_close_matches(kind, types, n=1, cutoff=0.0)
    return f"The nearest is {close[0]!r}. " if close else ""
