"""Class weights from label counts."""

from collections import Counter
from collections.abc import Iterable


def balanced_class_weight(labels: Iterable[str | None], power: float = 1.0) -> dict[str, float]:
    """Weights that let every label count alike, however rare.

    A label seen `n` times among `N` labelled rows of `C` different labels weighs
    `(N / (C * n)) ** power`, scaled so that the mean weight of a row is 1.

    Args:
        labels: Label names of the training rows; `None` is skipped.
        power: 1 balances fully, 0 not at all; .5 is a common middle.

    Returns:
        Label name to weight, for `classification(..., class_weight=...)`.

    Raises:
        TypeError: If `labels` is one bare string.
        ValueError: If no row has a label.

    Example:
        >>> balanced_class_weight(["ham", "ham", "ham", "spam"])
        {'ham': 0.6666666666666666, 'spam': 2.0}
    """
    if isinstance(labels, str):
        raise TypeError(f"`labels` must be a list of label names. Received: labels={labels!r}.")
    counts = Counter(label for label in labels if label is not None)
    rows = sum(counts.values())
    if not rows:
        raise ValueError("`labels` must hold at least one label that is not None. Received: none.")
    raw = {label: (rows / (len(counts) * count)) ** power for label, count in counts.items()}
    mean = sum(raw[label] * count for label, count in counts.items()) / rows
    return {label: weight / mean for label, weight in sorted(raw.items())}
