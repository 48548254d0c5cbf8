"""The review of predictions that choose one label for each row."""

import numpy as np

from keras_mtl.tasks.review import Cell, Matrix, Mistake, Review, Table

COLUMNS = ("label", "rows", "precision", "recall", "F1")
WORD_COLUMNS = ("tag", "words", *COLUMNS[2:])
# With more labels the square of counts would take more memory than the predictions.
_LARGEST_MATRIX = 1000
# Below it a probability is one of float32's rounded to 0; its logarithm stays finite.
LEAST = 1e-38


def label_review(
    names: tuple[str, ...],
    labels: np.ndarray,
    weights: np.ndarray,
    probabilities: np.ndarray,
    chosen: np.ndarray | None = None,
) -> Review:
    """The review of `N` rows over `C` labels.

    A label's precision is `None` if it was never predicted, its recall if no row has it, its F1
    if neither is there. A row with NaN or an infinity (of a model that diverged) predicts
    nothing: it is never right, its label has the probability 0, and no matrix counts it.

    Args:
        names: The `C` label names, in class order.
        labels: `(N,)` class numbers, in the label space wherever the weight is above 0.
        weights: `(N,)`; a row with weight 0 has no label.
        probabilities: `(N, C)`.
        chosen: `(N,)` class numbers of what is predicted; by default the most probable.

    Returns:
        The review; its badness is `-log` of the probability of the true label.
    """
    known = weights > 0
    actual = np.where(known, labels, 0).astype(int)
    # Of a row rather than of each number: no copy of what may be large. Opposite infinities
    # add up to NaN.
    with np.errstate(invalid="ignore"):
        sound = np.isfinite(probabilities.sum(axis=-1, dtype=float))
    chosen = probabilities.argmax(axis=-1) if chosen is None else chosen
    right = known & sound & (actual == chosen)
    pair = _pair(probabilities, actual, chosen)
    pair[~sound] = [0.0, np.nan]
    pair[~known, 0] = np.nan
    # Adding 0 turns the -0.0 of a certain and right prediction into 0.0.
    badness = np.where(known, -np.log(np.clip(pair[:, 0], LEAST, 1.0)), 0.0) + 0.0
    judged = known & sound
    return Review(
        rows=int(known.sum()),
        table=_table(names, actual[known], chosen[judged], actual[right]),
        matrix=_matrix(names, actual[judged], chosen[judged]),
        badness=badness,
        expected=_words(names, actual, known),
        predicted=_words(names, chosen, sound),
        right=right,
        probabilities=pair,
    )


def by_text(of_words: Review, lengths: np.ndarray) -> Review:
    """The review of texts, from that of their words.

    Figures by tag stay those of words; each text has the words of it that are wrong.

    Args:
        of_words: The review of all words, text after text.
        lengths: `(N,)`, how many words each text has.
    """
    ends = np.cumsum(lengths)
    places = [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]
    known = np.array([expected != "" for expected in of_words.expected], bool)
    right = of_words.right | ~known
    pair = list(zip(of_words.expected, of_words.predicted, strict=True))
    return Review(
        rows=sum(bool(known[place].any()) for place in places),
        table=Table(WORD_COLUMNS, of_words.table.rows),
        matrix=of_words.matrix,
        badness=np.array([of_words.badness[place].max(initial=0.0) for place in places]),
        expected=tuple(" ".join(of_words.expected[place]).strip() for place in places),
        predicted=tuple(" ".join(of_words.predicted[place]) for place in places),
        right=np.array([known[place].any() and right[place].all() for place in places], bool),
        mistakes=tuple(
            tuple(
                Mistake(int(word), *pair[place.start + word])
                for word in np.flatnonzero(~right[place])
            )
            for place in places
        ),
    )


def _pair(probabilities: np.ndarray, actual: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """`(N, 2)` probabilities of the true label and of the one predicted, in [0, 1]."""
    rows = np.arange(len(actual))
    pair = np.stack([probabilities[rows, actual], probabilities[rows, chosen]], axis=1)
    return np.clip(pair.astype(float), 0.0, 1.0)


def _words(names: tuple[str, ...], numbers: np.ndarray, there: np.ndarray) -> tuple[str, ...]:
    return tuple(names[n] if one else "" for n, one in zip(numbers, there, strict=True))


def _table(
    names: tuple[str, ...], actual: np.ndarray, chosen: np.ndarray, found: np.ndarray
) -> Table:
    """Figures of each label, from the numbers of the true, the predicted and the right ones."""
    classes = len(names)
    hits = np.bincount(found, minlength=classes).tolist()
    there = np.bincount(actual, minlength=classes).tolist()
    taken = np.bincount(chosen, minlength=classes).tolist()
    rows: list[tuple[Cell, ...]] = [
        (name, n, share(hit, guesses), share(hit, n), share(2 * hit, guesses + n))
        for name, hit, n, guesses in zip(names, hits, there, taken, strict=True)
    ]
    return Table(COLUMNS, tuple(rows))


def share(part: int, whole: int) -> float | None:
    """A part of a whole; `None` where there is no whole."""
    return part / whole if whole else None


def _matrix(names: tuple[str, ...], actual: np.ndarray, chosen: np.ndarray) -> Matrix | None:
    classes = len(names)
    if classes > _LARGEST_MATRIX:
        return None
    counts = np.bincount(actual * classes + chosen, minlength=classes * classes)
    return Matrix(names, counts.reshape(classes, classes))
