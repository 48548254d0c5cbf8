"""On JAX nothing but export needs TensorFlow, and that says so."""

import os
import subprocess
import sys


def test_jax_trains_predicts_and_saves_without_it(tmp_path):
    command = [sys.executable, "-m", "tests.training.without_tensorflow", str(tmp_path)]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    said = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
    assert said["IMPORTED"] == "[]"
    assert said["REFUSED"].startswith("export needs the TensorFlow backend")
    first, last, validated = map(float, said["LOSSES"].split())
    assert last < first and validated < first
