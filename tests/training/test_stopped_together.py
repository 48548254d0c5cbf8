"""SIGTERM in one of several processes stops them all at the same step, and the run goes on."""

import functools
import sys
import tempfile
from pathlib import Path

import keras
import pytest

from tests.figures import at_most, exactly

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from engines.together import REFERENCE, far, found_by

STEPS = 30

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="every engine has processes of its own"
)


@functools.cache
def undisturbed():
    with tempfile.TemporaryDirectory() as folder:
        return trained(REFERENCE, folder)[0]


def trained(engine, folder, *signal):
    return found_by("engines.stopped", engine, [str(folder), *signal], seconds=400)


# The second process does not write: what it is told, the first must learn.
@pytest.mark.parametrize("engine", ["workers-2", "processes-2"])
def test_all_stop_and_go_on(engine, tmp_path):
    first, second = trained(engine, tmp_path, "1", "13")
    exactly("steps of the processes apart", first["steps"] - second["steps"], 0)
    at_most("steps done after the signal", second["steps"] - 14, 10)
    assert first["said"].startswith("Stopped by another process in epoch 2. What was learned")
    assert second["said"].startswith("Stopped by SIGTERM in epoch 2. The first process saves")
    step = first["steps"] - 10
    states = [f"epoch-{epoch:06}-step-{step:09}.state.npz" for epoch, step in (
        (0, 9), (1, 0), (1, step),
    )]  # fmt: skip
    # The clock asked for the first, the end of an epoch for the second.
    exactly("states", first["left"], states)

    found = trained(engine, tmp_path)
    for one in found:
        exactly("steps at the end", one["steps"], STEPS)
        apart = far(undisturbed()["weights"], one["weights"])
        at_most("weights from those of one device, undisturbed", apart, 1e-5)
    assert not list(tmp_path.iterdir())


def test_one_stops_at_once(tmp_path):
    found = trained(REFERENCE, tmp_path, "0", "13")[0]
    exactly("steps done after the signal", found["steps"] - 14, 0)
    assert found["said"].startswith("Stopped by SIGTERM in epoch 2. What was learned is in")
    exactly("steps in all", undisturbed()["steps"], STEPS)
