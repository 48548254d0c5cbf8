"""Which of a trunk's layers a head reads."""

from collections.abc import Mapping
from typing import Any

SEQUENCE = "sequence"


def sequence_of(features: Mapping[str, Any], layer: int | None, head: str) -> str:
    """Name of the sequence that a head reads: the trunk's last, or that of one of its layers.

    Args:
        features: The trunk's features, or their shapes, by name.
        layer: Number of the layer, from 1; `None` for what the trunk gives as `"sequence"`.
        head: Name of the head, for messages.

    Raises:
        ValueError: If the trunk does not give that layer.
    """
    if layer is None:
        return SEQUENCE
    name = f"{SEQUENCE}_{layer}"
    if name not in features:
        start = f"{SEQUENCE}_"
        numbers = [int(one.removeprefix(start)) for one in features if one.startswith(start)]
        there = f"layers 1 to {max(numbers)}" if numbers else "its last layer only"
        raise ValueError(
            f"`layer` of the task of {head!r} must be one that the trunk gives. Received: "
            f"layer={layer}, and a trunk that gives {there}. Leave `layer` out for the last."
        )
    return name
