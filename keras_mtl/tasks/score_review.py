"""The review of predictions that are scores."""

import numpy as np

from keras_mtl.tasks.review import Cell, Review, Table

COLUMNS = ("scores", "rows", "mean label", "mean prediction", "MAE", "RMSE")
# Off by no more than this share of the standard deviation a prediction is held for right.
NEAR = 0.5
# What a prediction that is no number is off by, in standard deviations.
_FAR = 1e6


def score_review(
    labels: np.ndarray, weights: np.ndarray, predictions: np.ndarray, std: float
) -> Review:
    """The review of `N` rows with a score each.

    The table has a row for all scores, and one for each quarter of the labels. A row with NaN or
    an infinity (of a model that diverged) predicts nothing and is as wrong as can be.

    Args:
        labels: `(N,)` scores.
        weights: `(N,)`; a row with weight 0 has no label.
        predictions: `(N,)` scores.
        std: The standard deviation of the labels, by which near and far are told apart.

    Returns:
        The review; its badness is the absolute error, and right is what is off by no more than
        half a standard deviation.
    """
    known, sound = weights > 0, np.isfinite(predictions)
    actual = np.where(known, labels, 0.0).astype(float)
    guessed = np.where(sound, predictions, 0.0).astype(float)
    errors = np.where(sound, np.abs(guessed - actual), _FAR * std)
    badness = np.where(known, errors, 0.0)
    return Review(
        rows=int(known.sum()),
        table=_table(actual[known & sound], guessed[known & sound]),
        matrix=None,
        badness=badness,
        expected=_words(actual, known),
        predicted=_words(guessed, sound, "no number"),
        right=known & sound & (badness <= NEAR * std),
    )


def short(value: float) -> str:
    """A score as it is read, to four digits.

    Example:
        >>> [short(value) for value in (3.0, 3.14159, 1234567.0, 0.00001234)]
        ['3', '3.142', '1234567', '1.234e-05']
    """
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"


def _words(values: np.ndarray, there: np.ndarray, otherwise: str = "") -> tuple[str, ...]:
    pairs = zip(values.tolist(), there.tolist(), strict=True)
    return tuple(short(value) if one else otherwise for value, one in pairs)


def _table(labels: np.ndarray, predictions: np.ndarray) -> Table:
    """Figures of all rows, and of each quarter of the labels that has rows."""
    rows = [_figures("all", labels, predictions)]
    if len(labels):
        ends = np.unique(np.quantile(labels, (0.25, 0.5, 0.75, 1.0)))
        quarter = np.searchsorted(ends, labels)
        for number in np.unique(quarter):
            chosen = quarter == number
            own = labels[chosen]
            name = " to ".join(dict.fromkeys((short(own.min()), short(own.max()))))
            rows.append(_figures(name, own, predictions[chosen]))
    return Table(COLUMNS, tuple(rows))


def _figures(name: str, labels: np.ndarray, predictions: np.ndarray) -> tuple[Cell, ...]:
    if not len(labels):
        return (name, 0, None, None, None, None)
    errors = predictions - labels
    figures = (
        labels.mean(),
        predictions.mean(),
        np.abs(errors).mean(),
        np.sqrt(np.square(errors).mean()),
    )
    return (name, len(labels), *map(float, figures))
