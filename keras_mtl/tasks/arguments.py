"""Arguments that are given by task."""

from collections.abc import Mapping, Sequence
from typing import Any


def by_task(
    values: Any, names: Sequence[str], argument: str, everywhere: bool = False
) -> dict[str, Any]:
    """An argument by task: a dictionary, or one value where there is one task.

    Args:
        values: What the user gave: a dictionary by task name, one value, or `None`.
        names: Names of the model's tasks.
        argument: Name of the argument, for messages.
        everywhere: Whether one value may stand for every task.

    Returns:
        Task name to value, without tasks that are not named or named `None`.

    Raises:
        ValueError: If a name is no task's, or one value is given for several tasks.
    """
    if values is None:
        return {}
    if isinstance(values, Mapping):
        unknown = sorted(set(values) - set(names), key=str)
        if unknown:
            raise ValueError(
                f"`{argument}` must name tasks of the model, {list(names)}. Received: {unknown}."
            )
        return {name: value for name, value in values.items() if value is not None}
    if len(names) == 1 or everywhere:
        return dict.fromkeys(names, values)
    raise ValueError(
        f"`{argument}` of a model with several tasks must be a dictionary from task name to value, "
        f"as in {{{names[0]!r}: ...}}. Received: a {type(values).__name__}. The tasks are "
        f"{list(names)}."
    )
