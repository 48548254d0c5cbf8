"""A task's review as plain values, with the texts of its worst mistakes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_mtl.data.text.words import words_of
from keras_mtl.tasks import Matrix, Mistake, Review

# A larger matrix is no picture any more; its most frequent confusions are kept instead.
LARGEST_MATRIX = 25
_LONGEST_TEXT = 400
_MOST_CONFUSIONS = 30
_MOST_WORDS = 12


def review_json(
    review: Review, texts: Sequence[str | Sequence[str]], most: int = 20
) -> dict[str, Any]:
    """What `evaluation.json` keeps of a review.

    Args:
        review: What `Task.review` gave for `N` rows.
        texts: `(N,)`, the text of each row; or a tuple of texts, or a list of tokens.
        most: How many of the most wrong rows to keep, the worst first.

    Returns:
        `rows` (labelled) and `wrong` (of these); `table` (`columns` and `rows`); `matrix`
        (`names` and `counts`, or `None` if there is none or it has more than 25 names);
        `confusions` (the most frequent, each `expected`, `predicted`, `rows`, and `of`, all rows
        of what was expected) and `examples` (each `row`, `text`, `expected` and `predicted` cut to
        400 characters, `badness`, `probability` of what was expected and `predicted_probability`,
        or `None`; of a task of words also `words`, the first 12 that are wrong, each `word`,
        `expected`, `predicted`, and `more`, how many others there are).

    Raises:
        ValueError: If there are not as many texts as rows, or `most` is below 0.
    """
    if len(texts) != len(review.badness):
        raise ValueError(
            f"`texts` must hold one text for each of the {len(review.badness)} reviewed rows. "
            f"Received: {len(texts)} texts."
        )
    if most < 0:
        raise ValueError(f"`most` must be at least 0. Received: most={most!r}.")
    wrong = np.flatnonzero(~review.right & (review.badness > 0))
    # Stable, so that equally bad rows stay in their order.
    worst = wrong[np.argsort(-review.badness[wrong], kind="stable")][:most]
    return {
        "rows": review.rows,
        "wrong": len(wrong),
        "table": {
            "columns": list(review.table.columns),
            "rows": [list(row) for row in review.table.rows],
        },
        "matrix": _matrix(review.matrix),
        "confusions": _confusions(review.matrix),
        "examples": [_example(review, int(row), texts[row]) for row in worst],
    }


def _matrix(matrix: Matrix | None) -> dict[str, Any] | None:
    if matrix is None or len(matrix.names) > LARGEST_MATRIX:
        return None
    return {"names": list(matrix.names), "counts": matrix.counts.tolist()}


def _confusions(matrix: Matrix | None) -> list[dict[str, Any]]:
    if matrix is None:
        return []
    counts = np.array(matrix.counts)
    totals = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    pairs = [divmod(int(place), len(matrix.names)) for place in order]
    return [
        {
            "expected": matrix.names[expected],
            "predicted": matrix.names[predicted],
            "rows": int(counts[expected, predicted]),
            "of": int(totals[expected]),
        }
        for expected, predicted in pairs
        if counts[expected, predicted]
    ]


def _example(review: Review, row: int, text: str | Sequence[str]) -> dict[str, Any]:
    whole = text if isinstance(text, str) else ("\n" if isinstance(text, tuple) else " ").join(text)
    found: dict[str, Any] = {
        "row": row,
        "text": _cut(whole),
        "expected": _cut(review.expected[row]),
        "predicted": _cut(review.predicted[row]),
        "badness": float(review.badness[row]),
        "probability": None,
        "predicted_probability": None,
    }
    if review.probabilities is not None:
        for name, value in zip(
            ("probability", "predicted_probability"), review.probabilities[row], strict=True
        ):
            found[name] = float(value) if np.isfinite(value) else None
    return found if review.mistakes is None else {**found, **_words(review.mistakes[row], text)}


def _words(mistakes: Sequence[Mistake], text: str | Sequence[str]) -> dict[str, Any]:
    """The words that are wrong, by what they are and not by where."""
    words = [word.text for word in words_of(text)] if isinstance(text, str) else text
    shown = [
        {"word": words[one.word], "expected": one.expected, "predicted": one.predicted}
        for one in mistakes[:_MOST_WORDS]
    ]
    return {"words": shown, "more": len(mistakes) - len(shown)}


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rstrip() + "…"
