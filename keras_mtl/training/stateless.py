"""Steps as functions from the values of variables to values."""

from collections.abc import Sequence
from typing import Any

import keras


def scope_of(
    model: Any, trainable: Any, untrained: Any, more: Sequence[Any] = (), **options: Any
) -> keras.StatelessScope:
    """Where the model's variables have these values."""
    mapping = [
        *more,
        *zip(model.trainable_variables, trainable, strict=True),
        *zip(model.non_trainable_variables, untrained, strict=True),
    ]
    return keras.StatelessScope(state_mapping=mapping, **options)


def values_of(scope: keras.StatelessScope, variables: Any) -> list[Any]:
    """What variables are at the end of a scope."""
    found = [scope.get_current_value(variable) for variable in variables]
    return [
        variable.value if value is None else value
        for variable, value in zip(variables, found, strict=True)
    ]


def pass_variables(model: Any) -> list[Any]:
    """Variables that a pass in training changes: seeds, and averages of layers that train."""
    unchanged = {
        id(variable)
        for layer in model._flatten_layers()
        if not layer.trainable
        for variable in layer.weights
    }
    # Those of a balancer change behind the passes, and may be as large as all gradients.
    unchanged |= {id(one) for layer in model.balancer_layers for one in layer.variables}
    return [one for one in model.non_trainable_variables if id(one) not in unchanged]
