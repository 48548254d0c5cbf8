"""Which names a task may have, and how those of features tell of tasks."""

import re
from collections.abc import Iterable

# Task names become names of layers, model outputs, log entries and SavedModel signatures;
# this is what TensorFlow takes in all of these places.
TASK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Names that a log ("val" would log `val_loss`), a layer or a SavedModel needs for itself.
RESERVED = frozenset(
    {
        "loss",
        "self",
        "serve",
        "serving_default",
        "texts",
        "token_ids",
        "trunk",
        "val",
        "word_starts",
    }
)
_POOLED = "pooled_"


def is_task_name(name: str) -> bool:
    """Whether a task may have this name.

    Example:
        >>> [is_task_name(name) for name in ("sentiment", "sci-fi", "loss", "val_set")]
        [True, False, False, False]
    """
    allowed = TASK_NAME.fullmatch(name) is not None
    return allowed and name not in RESERVED and not name.startswith("val_")


def pooled_name(tasks: Iterable[str]) -> str:
    """The name of a trunk's feature that is one vector of each text, made for these tasks.

    Example:
        >>> pooled_name(["books", "dvd"])
        'pooled_books+dvd'
    """
    return _POOLED + "+".join(tasks)


def pooled_tasks(feature: str) -> list[str]:
    """The tasks that a feature of this name was made for; none, where it is made for all.

    Example:
        >>> [pooled_tasks(name) for name in ("pooled_books+dvd", "pooled", "sequence")]
        [['books', 'dvd'], [], []]
    """
    return feature.removeprefix(_POOLED).split("+") if feature.startswith(_POOLED) else []
