"""Tags of words beside the words that a model reads."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.words import are_words, words_of
from keras_mtl.missing import is_missing
from keras_mtl.spans import are_spans
from keras_mtl.tasks import Task


def encode_tags(
    task: Task, values: Sequence[Any], rows: Sequence[Any] | None, where: str
) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray]]:
    """Labels of words as numbers, from lists of tags or from entities marked in texts.

    Args:
        task: A task of words.
        values: For each row its tags; its entities as spans of characters; or `None`.
        rows: For each row its words, or its text; `None` where only their ids are there.
        where: The place of the values, for messages.

    Returns:
        As `Task.encode`: for each row its tag numbers, and their weights.

    Raises:
        ValueError: If a row has neither tags nor spans, not as many tags as words, or spans that
            do not fit its text.
    """
    tags = as_tags(task, values, rows, where)
    labels, weights = task.encode(tags, where)
    if rows is not None:
        _check_counts(task.name, tags, labels, rows, where)
    return labels, weights


def as_tags(task: Task, values: Sequence[Any], rows: Sequence[Any] | None, where: str) -> list[Any]:
    """Rows of a task of words, those that mark entities by spans turned into tags.

    An empty list beside a text is a text without an entity, unless other rows have tags: then it
    is no tag at all. Arguments and errors are those of `encode_tags`.
    """
    cut = rows is not None and are_words(rows)
    no_entity = rows is not None and not cut and not any(map(_are_tags, values))
    found = list(values)
    for number, value in enumerate(values):
        if not are_spans(value) and not (no_entity and _is_empty(value)):
            continue
        place = f"row {number} of {where}"
        if rows is None or cut:
            beside = "token ids" if rows is None else "a list of words (column `tokens`)"
            raise ValueError(
                f"Entities of task {task.name!r} must stand beside a text, whose characters they "
                f"count. Received: {value!r:.80} in {place}, beside {beside}. Give one tag for "
                "each word, or the text in place of its words (column `text`)."
            )
        words = words_of(rows[number])
        if value or words:
            found[number] = task.from_spans(value, words, rows[number], place)
    return found


def of_kept_words(
    task: str,
    tags: Sequence[np.ndarray],
    weights: Sequence[np.ndarray],
    word_starts: Ragged,
    where: str,
) -> tuple[Ragged, Ragged]:
    """Tags and their weights (0 or 1), without those of words that were cut off; these are counted.

    Warns:
        UserWarning: If words with tags were cut off.
    """
    kept = word_starts.lengths
    lost = [max(len(one) - most, 0) for one, most in zip(tags, kept, strict=True)]
    if any(lost):
        warnings.warn(
            f"{sum(lost)} tagged words of task {task!r} are cut off with the ends of "
            f"{np.count_nonzero(lost)} of {len(tags)} texts of {where}, which are longer than the "
            "preprocessor's `sequence_length`. Raise it, or leave these texts out.",
            stacklevel=2,
        )
    of_tags, of_weights = (
        Ragged.from_rows([one[:most].astype(np.int32) for one, most in zip(v, kept, strict=True)])
        for v in (tags, weights)
    )
    return of_tags, of_weights


def _check_counts(
    task: str, values: Sequence[Any], tags: Sequence[Any], rows: Sequence[Any], where: str
) -> None:
    cut = are_words(rows)
    for number, (value, of_row, row) in enumerate(zip(values, tags, rows, strict=True)):
        if not isinstance(value, Sequence):  # Missing: `encode` refuses everything else.
            continue
        words = row if cut else words_of(row)
        if len(of_row) != len(words):
            raise ValueError(
                f"Tags of task {task!r} must be one for each word, or None for the row. Received: "
                f"{len(of_row)} tags and {len(words)} words in row {number} of {where}"
                + ("." if cut else ", whose text was cut into words. Give words: column 'tokens'.")
            )


def _are_tags(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(
        is_missing(one) or isinstance(one, str) for one in value
    )


def _is_empty(value: Any) -> bool:
    return isinstance(value, list | tuple) and not value
