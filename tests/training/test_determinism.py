"""The same seed, the same bits, in another process."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from tests.figures import exactly

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's switch")
def test_the_same_seed_gives_the_same_bits_in_a_fresh_process():
    digests = []
    for seed in (1, 1, 2):
        command = [sys.executable, "-m", "tests.training.seeded_run", str(seed)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        out = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
        assert out.returncode == 0, out.stderr[-3000:]
        digests.append(out.stdout.split("DIGEST")[1].strip()[:16])
    exactly("weights of seed 1, run again", digests[1], digests[0])
    assert digests[2] != digests[0]
