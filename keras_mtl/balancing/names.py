"""Balancers by name."""

import difflib
from typing import Any

import keras

from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.equal import EqualWeighting

NAMES: dict[str, type[LossBalancer]] = {"equal": EqualWeighting}


def get(identifier: Any) -> LossBalancer:
    """A balancer from an instance, a name or a serialized config.

    Args:
        identifier: A `LossBalancer` (of the package or your own), one of the names, or the
            dictionary that `keras.saving.serialize_keras_object` made of a balancer.

    Returns:
        The balancer.

    Raises:
        ValueError: If the name is unknown; the nearest one is offered.
        TypeError: If it is no balancer.

    Example:
        >>> get("equal").__class__.__name__
        'EqualWeighting'
    """
    if isinstance(identifier, LossBalancer):
        return identifier
    if isinstance(identifier, str):
        if identifier in NAMES:
            return NAMES[identifier]()
        nearest = difflib.get_close_matches(identifier, NAMES, n=1, cutoff=0.0)
        raise ValueError(
            f"`balancer` must be one of {', '.join(map(repr, sorted(NAMES)))}, or a LossBalancer "
            f"of your own. Received: balancer={identifier!r}. The nearest is {nearest[0]!r}."
        )
    if isinstance(identifier, dict):
        return get(keras.saving.deserialize_keras_object(identifier))
    raise TypeError(
        "`balancer` must be a name, a LossBalancer (an instance, not the class) or its config. "
        f"Received: {identifier!r} of type {type(identifier).__name__}."
    )
