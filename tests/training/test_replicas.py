"""Two replicas of a MirroredStrategy train as one device does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from tests.figures import at_most, exactly

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tf.distribute is TensorFlow's"
)


def trained_on(replicas):
    # A process each: two strategies in one process can clash.
    command = [sys.executable, "-m", "tests.training.replicas", str(replicas)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert out.returncode == 0, out.stderr[-3000:]
    return json.loads(out.stdout.split("FOUND")[1])


@pytest.fixture(scope="module")
def one_and_two():
    return trained_on(1), trained_on(2)


def apart(one, two):
    if isinstance(one, dict):
        return max(apart(one[key], two[key]) for key in one)
    if isinstance(one, list):
        return max(apart(a, b) for a, b in zip(one, two, strict=True))
    return abs(one - two)


@pytest.mark.parametrize(
    "what",
    [
        "weights",
        "nested",
        "plain",
        "predicted",
        "stopped",
        "stopped weights",
        "thawed",
        "weights thawed",
        "words weighed",
        "tagged",
        "words tagged",
        "scored",
        "compared",
        "traded",
    ],
)
def test_two_replicas_equal_one(one_and_two, what):
    one, two = (found[what] for found in one_and_two)
    at_most(f"{what} on one and two replicas apart", apart(one, two), 1e-6)


def test_replicas_do_not_multiply_compilations(one_and_two):
    exactly("compiled", one_and_two[1]["compilations"], one_and_two[0]["compilations"])


def test_a_stopped_head_stays_on_every_replica(one_and_two):
    for found in one_and_two:
        heads = found["stopped"]["heads"]
        exactly("epochs", len(heads), 4)
        exactly("head of its best epoch", heads[3], heads[1])
        assert apart(heads[2], heads[1]) > 0
