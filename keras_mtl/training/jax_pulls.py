"""The way back through a pass, on JAX: gradients of one of several sums of losses."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import numpy as jnp
from jax.interpreters import ad
from jax.interpreters.partial_eval import dce_jaxpr

# Of a scalar.
NO_GRADIENT = ad.Zero(jax.typeof(jnp.zeros(())))


def added(penalties: Sequence[Any]) -> Any:
    """The sum of penalties, which may be none."""
    return sum((one.astype("float32") for one in penalties), start=jnp.zeros(()))


def one_hot(totals: Sequence[Any], place: int, value: Any) -> list[Any]:
    """Zeros but for one value, in the form of the totals.

    Symbolic ones: a real zero would go through every head, and come back NaN from a broken one.
    """
    return [value if number == place else NO_GRADIENT for number in range(len(totals))]


def of_task(pull: Any, totals: Sequence[Any], place: int, output: Any) -> Any:
    """The gradient of one of several sums of losses, times `output`."""
    try:
        return pull((one_hot(totals, place, output), NO_GRADIENT))[0]
    except ValueError:  # JAX cannot go back through a scan of a head that has no gradient at all.
        zero = jnp.zeros(())
        real = [output if number == place else zero for number in range(len(totals))]
        return pull((real, zero))[0]


def reached_by(run: Callable[[Any], Any], inputs: Any, outputs: int) -> list[list[bool]]:
    """Which inputs each of the first outputs depends on, `[output][input]`."""
    graph = jax.make_jaxpr(lambda given: run(given)[0])(inputs).jaxpr
    found = []
    for number in range(outputs):
        used = [place == number for place in range(len(graph.outvars))]
        found.append(list(dce_jaxpr(graph, used)[1]))
    return found
