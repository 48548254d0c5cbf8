"""Balancers by name."""

import difflib
from typing import Any

import keras

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.equal import EqualWeighting

NAMES: dict[str, type[LossBalancer | GradientAggregator]] = {
    "equal": EqualWeighting,
}


def get(identifier: Any) -> LossBalancer | GradientAggregator:
    """A balancer from an instance, a name or a serialized config.

    Args:
        identifier: A `LossBalancer` or `GradientAggregator` (of the package or your own), one of
            the names (that of a class is one too), or the dictionary that
            `keras.saving.serialize_keras_object` made of a balancer.

    Returns:
        The balancer.

    Raises:
        ValueError: If the name is unknown; the nearest one is offered.
        TypeError: If it is no balancer.

    Example:
        >>> get("equal").__class__.__name__
        'EqualWeighting'
    """
    if isinstance(identifier, (LossBalancer, GradientAggregator)):
        return identifier
    if isinstance(identifier, str):
        by_class = {kind.__name__: kind for kind in NAMES.values()}
        found = NAMES.get(identifier) or by_class.get(identifier)
        if found is not None:
            return found()
        wanted = identifier.lower()
        nearest = difflib.get_close_matches(wanted, NAMES, n=1, cutoff=0.0)
        raise ValueError(
            f"`balancer` must be one of {', '.join(map(repr, sorted(NAMES)))}, or a LossBalancer "
            "or GradientAggregator of your own. "
            f"Received: balancer={identifier!r}. Did you mean {nearest[0]!r}?"
        )
    if isinstance(identifier, dict):
        return get(keras.saving.deserialize_keras_object(identifier))
    raise TypeError(
        "`balancer` must be a name, a LossBalancer or GradientAggregator (an instance, not the "
        f"class) or its config. Received: {identifier!r} of type {type(identifier).__name__}."
    )
