"""The review of predictions that choose any number of labels for each row."""

from collections.abc import Sequence

import numpy as np

from keras_mtl.tasks.label_review import LEAST, share
from keras_mtl.tasks.review import Cell, Review, Table

COLUMNS = ("label", "rows", "threshold", "precision", "recall", "F1")
NONE = "(none)"  # What stands for a row that has, or is predicted to have, none of the labels.


def multilabel_review(
    names: Sequence[str],
    labels: np.ndarray,
    weights: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
) -> Review:
    """The review of `N` rows over `C` labels. A row is right if all of its labels are.

    A label's precision is `None` if it was never predicted, its recall if no row has it, its F1 if
    neither is there. A row with NaN (of a model that diverged) predicts nothing and is never right.

    Args:
        names: The `C` label names, in class order.
        labels: `(N, C)`, 1 where a row has the label, else 0.
        weights: `(N,)`; a row with weight 0 has no label.
        probabilities: `(N, C)`.
        thresholds: `(C,)`, the probability from which on a label is predicted.

    Returns:
        The review; its badness is the mean over labels of `-log` of the probability given to what
        is so: that the row has the label, or has it not.
    """
    known, sound = weights > 0, np.isfinite(probabilities).all(axis=-1)
    actual = (labels > 0) & known[:, None]
    predicted = (probabilities >= thresholds) & sound[:, None]
    given = np.where(actual, probabilities, 1.0 - probabilities).astype(float)
    given[~sound] = 0.0
    losses = -np.log(np.clip(given, LEAST, 1.0)).mean(axis=-1)
    judged = predicted & known[:, None]
    return Review(
        rows=int(known.sum()),
        table=_table(names, actual, judged, thresholds),
        matrix=None,
        # Adding 0 turns the -0.0 of a certain and right prediction into 0.0.
        badness=np.where(known, losses, 0.0) + 0.0,
        expected=_words(names, actual, known),
        predicted=_words(names, predicted, sound),
        right=known & sound & (actual == predicted).all(axis=-1),
    )


def _table(
    names: Sequence[str], actual: np.ndarray, predicted: np.ndarray, thresholds: np.ndarray
) -> Table:
    counts = ((actual & predicted), actual, predicted)
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            n,
            float(f"{threshold:.6g}"),
            share(hit, guesses),
            share(hit, n),
            share(2 * hit, guesses + n),
        )
        for name, threshold, hit, n, guesses in zip(
            names, thresholds, *(one.sum(axis=0).tolist() for one in counts), strict=True
        )
    ]
    return Table(COLUMNS, tuple(rows))


def _words(names: Sequence[str], labels: np.ndarray, there: np.ndarray) -> tuple[str, ...]:
    """The labels of each row in class order; empty where nothing is known of it."""
    return tuple(
        (", ".join(names[number] for number in np.flatnonzero(row).tolist()) or NONE) if one else ""
        for row, one in zip(labels, there, strict=True)
    )
