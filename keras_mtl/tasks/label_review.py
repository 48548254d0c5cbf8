"""The review of predictions that choose one label for each row."""

import numpy as np

from keras_mtl.tasks.review import Cell, Matrix, Review, Table

COLUMNS = ("label", "rows", "precision", "recall", "F1")
# With more labels the square of counts would take more memory than the predictions.
_LARGEST_MATRIX = 1000
# Below it a probability is one of float32's rounded to 0; its logarithm stays finite.
_LEAST = 1e-38


def label_review(
    names: tuple[str, ...], labels: np.ndarray, weights: np.ndarray, probabilities: np.ndarray
) -> Review:
    """The review of `N` rows over `C` labels.

    A label's precision is `None` if it was never predicted, its recall if no row has it, its F1
    if neither is there. NaN (of a model that diverged) counts as a probability of 0.

    Args:
        names: The `C` label names, in class order.
        labels: `(N,)` class numbers, in the label space wherever the weight is above 0.
        weights: `(N,)`; a row with weight 0 has no label.
        probabilities: `(N, C)`.

    Returns:
        The review; its badness is `-log` of the probability of the true label.
    """
    known = weights > 0
    actual = np.where(known, labels, 0).astype(int)
    given = np.nan_to_num(probabilities.astype(float), nan=0.0)
    chosen = given.argmax(axis=-1)
    rows = np.arange(len(actual))
    pair = np.stack([given[rows, actual], given[rows, chosen]], axis=1)
    pair[~known, 0] = np.nan
    # Adding 0 turns the -0.0 of a certain and right prediction into 0.0.
    badness = np.where(known, -np.log(np.clip(pair[:, 0], _LEAST, 1.0)), 0.0) + 0.0
    return Review(
        rows=int(known.sum()),
        table=_table(names, actual[known], chosen[known]),
        matrix=_matrix(names, actual[known], chosen[known]),
        badness=badness,
        expected=tuple(names[n] if there else "" for n, there in zip(actual, known, strict=True)),
        predicted=tuple(names[number] for number in chosen),
        right=known & (actual == chosen),
        probabilities=pair,
    )


def _table(names: tuple[str, ...], actual: np.ndarray, chosen: np.ndarray) -> Table:
    classes = len(names)
    hits = np.bincount(actual[actual == chosen], minlength=classes).tolist()
    there = np.bincount(actual, minlength=classes).tolist()
    taken = np.bincount(chosen, minlength=classes).tolist()
    rows: list[tuple[Cell, ...]] = [
        (name, n, _share(hit, guesses), _share(hit, n), _share(2 * hit, guesses + n))
        for name, hit, n, guesses in zip(names, hits, there, taken, strict=True)
    ]
    return Table(COLUMNS, tuple(rows))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _matrix(names: tuple[str, ...], actual: np.ndarray, chosen: np.ndarray) -> Matrix | None:
    classes = len(names)
    if classes > _LARGEST_MATRIX:
        return None
    counts = np.bincount(actual * classes + chosen, minlength=classes * classes)
    return Matrix(names, counts.reshape(classes, classes))
