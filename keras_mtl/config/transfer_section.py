"""The section `transfer` of a run file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_mtl.config.checking import Checker
from keras_mtl.config.schema import TRANSFER, TRANSFER_WORDS
from keras_mtl.data.datasets.label_space import nearest


def transfer_section(
    checker: Checker, raw: Any, absolute: Callable[[str], Path]
) -> dict[str, Any] | None:
    """Check the section; `None` if it is left out, or wrong, which the checker remembers.

    Args:
        checker: Of the run file.
        raw: The section as it stands in the file.
        absolute: From a path in the run file to an absolute one.
    """
    if raw is None:
        return None
    values = checker.section(raw, TRANSFER, ("transfer",))
    for name, words in TRANSFER_WORDS.items():
        if name in values and values[name] not in words:
            checker.problem(
                ("transfer", name),
                f"must be {' or '.join(map(repr, words))}. Received: {values[name]!r}. "
                f"{nearest(str(values[name]), words)}".rstrip(),
            )
    if values.get("epochs_per_group", 1) < 1:
        checker.problem(
            ("transfer", "epochs_per_group"),
            f"must be 1 or more. Received: {values['epochs_per_group']}.",
        )
    if "source" not in values:
        return None
    path = absolute(values["source"])
    return {**values, "source": str(path)} if path.exists() else values
