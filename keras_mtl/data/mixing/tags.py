"""Tags of words beside the words that a model reads."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.words import are_words, words_of


def check_tags(task: str, tags: Sequence[Any], rows: Sequence[Any], where: str) -> None:
    """See that every row with tags has one for each of its words.

    Args:
        task: Name of the task.
        tags: For each row its tags; none where they are missing.
        rows: For each row its words, or its text.
        where: The place of the tags, for messages.

    Raises:
        ValueError: If one has not.
    """
    cut = are_words(rows)
    for number, (of_row, row) in enumerate(zip(tags, rows, strict=True)):
        if not len(of_row):
            continue
        words = row if cut else words_of(row)
        if len(of_row) != len(words):
            raise ValueError(
                f"Tags of task {task!r} must be one for each word, or None for the row. Received: "
                f"{len(of_row)} tags and {len(words)} words in row {number} of {where}"
                + ("." if cut else ", whose text was cut into words. Give words: column 'tokens'.")
            )


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
