"""The same run on every engine: replicas, workers, devices, processes, and the two backends.

Cells cover each pair of trunk, rows, balancer, and clipping or accumulation, and each engine with
most of them; the whole matrix is `python benchmarks/engine_matrix.py`. Rows that pass in parts must
end where they do at once, on one device.
"""

import functools
import sys
from pathlib import Path

import keras
import pytest

from tests.figures import at_least, at_most, exactly

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from engines.together import REFERENCE, far, goal_of, outcomes

CELLS = {
    "mirrored-2": ["lstm/own/uncertainty/accumulated", "bert/half/nash/clipped"],
    "mirrored-4": ["bert/own/equal/clipped", "lstm/half/pcgrad/accumulated"],
    "workers-2": ["bert/own/pcgrad/plain", "lstm/shared/nash/accumulated"],
    "jax": ["lstm/shared/equal/plain", "bert/own/nash/clipped", "bert/half/pcgrad/accumulated"],
    "jax-2": ["lstm/half/pcgrad/clipped", "bert/shared/nash/plain"],
    "jax-4": [
        "bert/shared/uncertainty/clipped",
        "lstm/half/uncertainty/plain",
        "bert/own/uncertainty/accumulated",
        "lstm/own/nash/clipped",
    ],
    "parts-4": ["bert/shared/pcgrad/plain", "bert/shared/uncertainty/clipped"],
    "processes-2": ["bert/half/nash/plain", "lstm/half/equal/accumulated"],
}
EVERY = sorted({goal_of(cell) for cells in CELLS.values() for cell in cells})

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="every engine has processes of its own"
)


@functools.cache
def found(engine):
    return outcomes(engine, EVERY if engine == REFERENCE else CELLS[engine])


@pytest.mark.parametrize(
    ("engine", "cell"), [(engine, cell) for engine in CELLS for cell in CELLS[engine]]
)
def test_the_same_numbers(engine, cell):
    one, other = found(REFERENCE)[goal_of(cell)], found(engine)[cell]
    what = f"of {cell} on one device and on {engine} apart"
    at_most(f"weights {what}", far(one["weights"], other["weights"]), 1e-5)
    at_most(f"losses and metrics {what}", far(one["logs"], other["logs"]), 1e-5)


def test_the_parts_of_a_model_lie_on_several_devices():
    cell = "bert/shared/uncertainty/clipped"
    # Two blocks of 8 divided variables, an embedding, and what Adam keeps of each.
    at_least("variables in parts", found("parts-4")[cell]["divided"], 3 * (2 * 7 + 1))
    exactly("variables in parts where each device has a copy", found("jax-4")[cell]["divided"], 0)


def test_what_differs_is_seen():
    one = found(REFERENCE)["bert/own/nash/clipped"]
    two = found(REFERENCE)["bert/own/equal/clipped"]
    assert far(one["weights"], two["weights"]) > 1e-3
    assert far(one["logs"], two["logs"]) > 1e-3
