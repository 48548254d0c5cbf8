"""Balancers to run checks over: all that the folder exports."""

import inspect

from keras_mtl import balancing

# What cannot be made without arguments; and what is random gets a seed.
ARGUMENTS = {
    "WeightSchedule": {"weights": {"a": [(0, 1.0), (4, 0.0)]}},
    "RandomLossWeighting": {"seed": 3},
    "PCGrad": {"seed": 3},
    "GradVac": {"seed": 3},
    "GradDrop": {"seed": 3},
}


def made(kind, **options):
    return kind(**{**ARGUMENTS.get(kind.__name__, {}), **options})


def exported(base):
    """The concrete subclasses of a base class."""
    found = [getattr(balancing, name) for name in balancing.__all__]
    kinds = [one for one in found if isinstance(one, type) and issubclass(one, base)]
    return [kind for kind in kinds if not inspect.isabstract(kind)]
