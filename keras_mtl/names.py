"""Which names a task may have."""

import re

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


def is_task_name(name: str) -> bool:
    """Whether a task may have this name.

    Example:
        >>> [is_task_name(name) for name in ("sentiment", "sci-fi", "loss", "val_set")]
        [True, False, False, False]
    """
    allowed = TASK_NAME.fullmatch(name) is not None
    return allowed and name not in RESERVED and not name.startswith("val_")
