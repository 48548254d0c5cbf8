"""Several devices by one word: which there are, and what is refused."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import keras_mtl as mtl
from keras_mtl.training.distribution import LAYOUT
from tests.config.small import write_run
from tests.trunks.tiny_bert import write_tiny_bert

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.any_backend
ON_JAX = keras.backend.backend() == "jax"

RUN = """
import json, sys
import {first}
if {devices} > 1 and "{first}" == "tensorflow":
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    one = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, [one] * {devices})
from keras_mtl.config import load_config
from keras_mtl.runs import train

changes = ["output=out-{kind}", "training.distribute={kind}", "mixture.share=uniform"]
changes += ["trunk=" + json.dumps(dict(kind="lstm", embedding_dim=4, units=4))]
run = train(load_config(sys.argv[1], changes))
mixture = run.info["mixture"]["rows_per_step"]
print("FOUND" + json.dumps([run.metrics, mixture, run.folder.read("evaluation.json")]))
"""


def trained(folder, kind, devices):
    first = "jax" if ON_JAX else "tensorflow"
    code = RUN.replace("{kind}", kind).replace("{devices}", str(devices)).replace("{first}", first)
    changed = {"PYTHONPATH": str(ROOT), "NPROC": "8"}
    if ON_JAX:
        flags = os.environ.get("XLA_FLAGS", "")
        changed["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={devices}"
    out = subprocess.run(
        [sys.executable, "-c", code, str(folder / "run.yaml")], capture_output=True, text=True,
        cwd=folder, env={**os.environ, **changed}, check=False,
    )  # fmt: skip
    assert out.returncode == 0, out.stderr[-3000:]
    return json.loads(out.stdout.split("FOUND")[1])


def test_a_run_on_two_devices_gives_the_figures_of_one(tmp_path):
    write_run(tmp_path)
    two, rows, scores = trained(tmp_path, "mirrored", 2)
    one, same_rows, same_scores = trained(tmp_path, "none", 2)
    assert rows == same_rows == {"reviews": 4, "wires": 4}
    for a, b in zip(one, two, strict=True):
        for name in a.keys() - {"seconds", "rows_per_second"}:
            assert a[name] == pytest.approx(b[name], abs=1e-5), name
    for part in ("validation", "test"):
        both = [found["splits"].get(part, {"logs": {}}) for found in (scores, same_scores)]
        ours, theirs = (one["logs"] for one in both)
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_one_device_is_none():
    for kind in ("auto", "none", "mirrored"):
        with mtl.distribute(kind) as found:
            assert found == "none"


def test_what_there_is_not_is_told(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    needs = "several processes. Received: one" if ON_JAX else "TF_CONFIG must name all workers"
    for kind, message in (
        ("mirored", "Did you mean 'mirrored'"),
        ("tpu", "needs a TPU. Received: none, but"),
        ("multi_worker", needs),
        ("model_parallel", "divides the number of devices" if ON_JAX else "needs JAX. Received"),
    ):
        if kind == "multi_worker" and ON_JAX:
            monkeypatch.setattr("jax.distributed.is_initialized", lambda: True)
        with pytest.raises(ValueError, match=message), mtl.distribute(kind):
            pass


@pytest.mark.skipif(ON_JAX, reason="TF_CONFIG is TensorFlow's")
def test_a_tf_config_that_is_no_json(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{cluster")
    with pytest.raises(ValueError, match="TF_CONFIG must hold JSON"), mtl.distribute():
        pass


def test_a_run_file_names_it(tmp_path):
    from keras_mtl.config import load_config

    with pytest.raises(ValueError, match="distribute.*must be one of .*Received: 'gpu'"):
        load_config(write_run(tmp_path), ["training.distribute=gpu"])


def divided(trunk):
    """Path of each variable to the axes along which it is divided, of those that are."""
    found = {}
    for one in trunk.variables:
        for pattern, places in LAYOUT.items():
            if re.fullmatch(pattern, one.path):
                assert len(places) == len(one.shape) and one.path not in found
                found[one.path] = places
    return found


def test_every_block_is_divided(tmp_path):
    ours = mtl.trunks.transformer(50, hidden_dim=8, layers=2, heads=2)
    # An embedding, and of each block three kernels and what follows them, a dense pair, a bias.
    assert len(divided(ours)) == 1 + 2 * 7
    bert = mtl.trunks.pretrained(write_tiny_bert(tmp_path / "bert"))
    assert len(divided(bert)) == 3 + 2 * 10
    assert all("norm" not in path and "seed" not in path for path in divided(bert))
