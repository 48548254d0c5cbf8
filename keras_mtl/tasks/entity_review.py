"""Entities that were found and missed, by type."""

from collections import Counter
from collections.abc import Sequence

from keras_mtl.tasks.review import Cell, Table
from keras_mtl.tasks.schemes import Scheme

COLUMNS = ("type", "entities", "precision", "recall", "F1")


def entity_table(
    scheme: Scheme, actual: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> Table:
    """Precision, recall and F1 of each type of entity.

    An entity counts as found if its type, first and last word are right, as in `EntityF1`. A figure
    is `None` where there is nothing to count.

    Args:
        scheme: What tags mean.
        actual: For each of `N` texts the true tags.
        predicted: Likewise the predicted ones.
    """
    hits, there, taken = Counter[str](), Counter[str](), Counter[str]()
    for row, guesses in zip(actual, predicted, strict=True):
        true, guessed = set(scheme.entities(row)), set(scheme.entities(guesses))
        for counter, found in ((hits, true & guessed), (there, true), (taken, guessed)):
            counter.update(entity.type for entity in found)
    rows = [_row(kind, hits[kind], there[kind], taken[kind]) for kind in scheme.types]
    return Table(COLUMNS, tuple(rows))


def _row(name: str, hits: int, there: int, taken: int) -> tuple[Cell, ...]:
    return name, there, _share(hits, taken), _share(hits, there), _share(2 * hits, there + taken)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
