"""Names of tasks, made from the names of columns."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from keras_mtl.tasks import classification

# A column so called says nothing; the name of its dataset does.
_BARE = {"label", "labels", "class", "target", "y"}
_LONGEST = 60  # characters


def task_names(labels: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], str]:
    """Name a task for each label column.

    The name is that of the column, in small English letters. Where two columns would share it,
    or it cannot name a task, it is that of the dataset, for a column `label` or the like, else
    both, as in `reviews_topic`.

    Args:
        labels: Dataset name to its label columns.

    Returns:
        Dataset and column to the name of the task.

    Example:
        >>> task_names({"Reviews": ["label", "Tone"], "news": ["label"]})
        {('Reviews', 'label'): 'reviews', ('Reviews', 'Tone'): 'tone', ('news', 'label'): 'news'}
    """
    pairs = [(dataset, column) for dataset, columns in labels.items() for column in columns]
    shared = Counter(_plain(column) for _, column in pairs)
    names: dict[tuple[str, str], str] = {}
    for dataset, column in pairs:
        alone = shared[_plain(column)] == 1
        candidates = _candidates(_plain(dataset), _plain(column), alone)
        names[dataset, column] = next(
            name for name in candidates if _usable(name) and _free(name, names.values())
        )
    return names


def _candidates(dataset: str, column: str, alone: bool) -> Iterator[str]:
    if alone:
        yield column
    elif column in _BARE:
        yield dataset
    both = f"{dataset}_{column}".strip("_")
    # The last resort is a number: letters of another script may leave nothing of both names.
    yield from (both, f"task_{both}".rstrip("_"))
    yield from (f"task_{both}".rstrip("_") + f"_{number}" for number in range(2, 10_000))


def _usable(name: str) -> bool:
    try:
        classification(name, ("no", "yes"))
    except ValueError:
        return False
    return True


def _free(name: str, taken: Iterable[str]) -> bool:
    """Tell whether a name is no other task's, nor that of its head."""
    others = set(taken)
    heads = {f"{other}_head" for other in others}
    return name not in others | heads and f"{name}_head" not in others


def _plain(text: str) -> str:
    """Write a name in small English letters, digits and `_`; accents are taken off."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")[:_LONGEST].rstrip("_")
