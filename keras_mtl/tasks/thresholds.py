"""The probability from which on a label is predicted, fitted to labelled rows."""

from collections.abc import Sequence

import numpy as np

THRESHOLD = 0.5


def fit_thresholds(
    labels: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str] | None = None,
    default: float | None = None,
    whose: str = "fit_thresholds",
) -> tuple[float, ...]:
    """Choose for each label the threshold with the highest F1 of that label.

    A label is predicted where its probability is its threshold or above. A threshold lies midway
    between two probabilities that occur; of several with the same F1 it is the highest. They are
    fitted to the rows given: scores on these same rows are better than on new ones.

    Args:
        labels: `(N, C)`, 1 where a row has the label, else 0.
        probabilities: `(N, C)`, in [0, 1].
        names: The `C` label names, for messages; by default their numbers.
        default: Threshold of a label that no row has, for which none can be fitted. Without it
            such a label is an error.
        whose: Whose rows these are, for messages.

    Returns:
        `C` thresholds, in class order.

    Raises:
        ValueError: If the shapes differ, there is no row, a probability is not in [0, 1], a label
            is neither 0 nor 1, names are too many or few, or no row has one of the labels.

    Example:
        >>> fit_thresholds(np.array([[1], [0], [1]]), np.array([[0.75], [0.25], [0.5]]))
        (0.375,)
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    _check(labels, probabilities, default, whose)
    names = [str(number) for number in range(labels.shape[1])] if names is None else names
    if len(names) != labels.shape[1]:
        raise ValueError(
            f"`names` of {whose} must be one for each of the {labels.shape[1]} labels. Received: "
            f"{len(names)}. Give the labels of the task, in class order."
        )
    there = np.asarray(labels.any(axis=0)).tolist()
    if default is None and not all(there):
        missing = [name for name, one in zip(names, there, strict=True) if not one]
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        raise ValueError(
            f"Each label of {whose} must be that of a row for its threshold to be fitted. "
            f"Received: {len(labels)} rows, none with {', '.join(map(repr, missing[:8]))}{more}. "
            "Give rows with every label, or say what the others get: `default`; in a run file "
            "`threshold: fitted_or_default`."
        )
    return tuple(
        _best(labels[:, number] > 0, probabilities[:, number]) if there[number] else default or 0.0
        for number in range(labels.shape[1])
    )


def _best(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The threshold of one label that some of the `(N,)` rows have."""
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order]
    hits = np.cumsum(labels[order])
    # Rows that are equally probable are predicted together: a cut is at the last of them.
    cuts = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    scores = 2 * hits[cuts] / (cuts + 1 + hits[-1])
    cut = cuts[np.argmax(scores)]
    lowest, below = (
        falling[cut],
        falling[cut + 1] if cut + 1 < len(falling) else falling.dtype.type(0),
    )
    middle = (lowest + below) / 2
    # Between two neighbours among the numbers of a type there is none.
    return float(middle if middle > below or lowest == below else lowest)


def _check(
    labels: np.ndarray, probabilities: np.ndarray, default: float | None, whose: str
) -> None:
    if default is not None and not 0.0 <= default <= 1.0:
        raise ValueError(
            f"`default` of {whose} must be a threshold from 0 to 1, or None. Received: {default!r}."
        )
    if labels.ndim != 2 or labels.shape != probabilities.shape or not len(labels):
        raise ValueError(
            f"`labels` and `probabilities` of {whose} must have one shape (N, C), of at least one "
            f"row. Received: labels {labels.shape}, probabilities {probabilities.shape}."
        )
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(
            f"`labels` of {whose} must be 1 where a row has a label, else 0. Received: others, "
            f"from {labels.min()} to {labels.max()}."
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(
            f"`probabilities` of {whose} must be from 0 to 1. Received: from "
            f"{probabilities.min()} to {probabilities.max()}. Give what `predict` returns; NaN is "
            "of a model that diverged."
        )
