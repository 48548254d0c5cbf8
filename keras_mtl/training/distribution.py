"""Several devices, by one word."""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

import keras

from keras_mtl.data.datasets.label_space import nearest

KINDS = ("auto", "none", "mirrored", "multi_worker", "model_parallel", "tpu")

# Along which axis variables of these paths are divided: those of our trunks and of KerasHub's.
LAYOUT = {
    r".*embedding/embeddings": (None, "model"),
    r".*(query|key|value)/kernel": (None, "model", None),
    r".*(query|key|value)/bias": ("model", None),
    r".*attention_output/kernel": ("model", None, None),
    r".*(feedforward_intermediate_dense|layer_\d+_hidden)/kernel": (None, "model"),
    r".*(feedforward_intermediate_dense|layer_\d+_hidden)/bias": ("model",),
    r".*(feedforward_output_dense|layer_\d+_dense)/kernel": ("model", None),
}


@contextlib.contextmanager
def distribute(kind: str = "auto", parts: int = 2) -> Iterator[str]:
    """Build, compile and train models on several devices, inside of this block.

    What is trained is what one device would train: losses and metrics are of the rows of all, and
    gradients are added up before they are traded off and clipped. On TensorFlow it enters the scope
    of a `tf.distribute` strategy, on JAX it sets a `keras.distribution.DataParallel`; your own of
    either does as well without this.

    Args:
        kind: `"none"`: one device, whatever there is. `"mirrored"`: all devices of this machine.
            `"multi_worker"`: several processes, started on each machine alike; who they are says
            `TF_CONFIG` on TensorFlow, and on JAX what `keras.distribution.initialize()` reads
            (`KERAS_DISTRIBUTION_JOB_ADDRESSES`, `..._NUM_PROCESSES`, `..._PROCESS_ID`, or the
            cluster itself). `"model_parallel"`, on JAX: each copy of the model lies on `parts`
            devices, its embeddings and its transformer blocks divided among them. `"tpu"`: the TPU
            of this machine; written to its contract, and not tested on one. `"auto"`: several
            processes if the environment tells of them, else a TPU if there is one, else all GPUs if
            there are several, else one device.
        parts: Devices of each copy under `"model_parallel"`: a divisor of the devices, of the
            embedding's dimension and of the attention heads.

    Yields:
        Which kind it is: `"none"` where there is nothing to share the rows among.

    Raises:
        ValueError: If `kind` is unknown, or there is no such thing here.
    """
    if kind not in KINDS:
        raise ValueError(
            f"`kind` of `distribute` must be one of {', '.join(map(repr, KINDS))}. "
            f"Received: kind={kind!r}. {nearest(str(kind), KINDS)}".rstrip()
        )
    backend = keras.backend.backend()
    enter = {"tensorflow": _tensorflow, "jax": _jax}.get(backend)
    if kind == "none" or enter is None:
        if kind not in ("none", "auto"):
            raise ValueError(
                f"`distribute` works on the TensorFlow and JAX backends. Received: kind={kind!r} "
                f"on {backend!r}. Set KERAS_BACKEND before importing Keras."
            )
        yield "none"
        return
    with enter(kind, parts) as found:
        yield found


@contextlib.contextmanager
def _tensorflow(kind: str, parts: int) -> Iterator[str]:
    import tensorflow as tf

    if kind == "model_parallel":
        raise ValueError(
            "`distribute('model_parallel')` needs JAX. Received: the TensorFlow backend. Set "
            "KERAS_BACKEND=jax before importing Keras; a model trained there is exported from "
            "TensorFlow."
        )

    if kind == "auto":
        kind = _found(_workers() > 1, _has_tpu(tf), len(tf.config.list_logical_devices("GPU")) > 1)
    strategy: Any = None
    if kind == "multi_worker":
        if not _workers():
            raise ValueError(
                "`distribute('multi_worker')` needs to know the processes: the environment "
                "variable TF_CONFIG must name all workers, and which of them this is. Received: "
                f"TF_CONFIG={os.environ.get('TF_CONFIG')!r}."
            )
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    elif kind == "tpu":
        if not _has_tpu(tf):
            raise _no_tpu([one.name for one in tf.config.list_logical_devices()])
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
        strategy = tf.distribute.TPUStrategy(resolver)
    elif kind == "mirrored":
        devices = [one.name for one in tf.config.list_logical_devices("GPU")]
        devices = devices or [one.name for one in tf.config.list_logical_devices("CPU")]
        if len(devices) > 1:
            strategy = tf.distribute.MirroredStrategy(devices)
    if strategy is None:
        yield "none"
        return
    with strategy.scope():
        yield kind


@contextlib.contextmanager
def _jax(kind: str, parts: int) -> Iterator[str]:
    import jax

    told = "KERAS_DISTRIBUTION_NUM_PROCESSES"
    several = int(os.environ.get(told) or 1) > 1
    wanted = kind == "multi_worker" or (kind == "auto" and several)
    if wanted and not jax.distributed.is_initialized():
        keras.distribution.initialize()  # Before anything asks for devices.
    platform, devices = jax.devices()[0].platform, jax.local_devices()
    if kind == "auto":
        kind = _found(jax.process_count() > 1, platform == "tpu", len(devices) > 1)
    if kind == "tpu" and platform != "tpu":
        raise _no_tpu([str(one) for one in devices])
    if kind == "model_parallel":
        chosen = _model_parallel(jax.device_count(), parts)
    elif jax.process_count() == 1:
        if kind == "multi_worker":
            raise ValueError(
                "`distribute('multi_worker')` needs several processes. Received: one. Set "
                f"KERAS_DISTRIBUTION_JOB_ADDRESSES, {told} and KERAS_DISTRIBUTION_PROCESS_ID, or "
                "start it by a cluster that JAX knows, such as Slurm."
            )
        if len(devices) == 1:
            kind = "none"
    elif kind == "mirrored":
        raise ValueError(
            "`distribute('mirrored')` is for the devices of one process. Received: process "
            f"{jax.process_index()} of {jax.process_count()}. Use 'multi_worker'."
        )
    if kind == "none":
        yield kind
        return
    before = keras.distribution.distribution()
    if kind != "model_parallel":  # A mixture gives each process its own rows.
        chosen = keras.distribution.DataParallel(auto_shard_dataset=False)
    keras.distribution.set_distribution(chosen)
    try:
        yield kind
    finally:
        keras.distribution.set_distribution(before)


def _model_parallel(devices: int, parts: int) -> keras.distribution.ModelParallel:
    """Copies of the model on so many devices each; rows are dealt out to the copies.

    In a block, what follows a divided layer takes its parts where they are, so that each block
    adds up once behind the attention and once behind the dense layers (Megatron-LM).
    """
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 2 or devices % parts:
        raise ValueError(
            "`parts` of `distribute` must be a whole number of 2 or more that divides the number "
            f"of devices. Received: parts={parts!r} for {devices} device(s)."
        )
    mesh = keras.distribution.DeviceMesh((devices // parts, parts), ["batch", "model"])
    layout = keras.distribution.LayoutMap(mesh)
    for pattern, places in LAYOUT.items():
        layout[pattern] = places
    return keras.distribution.ModelParallel(
        layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False
    )


def _found(several: bool, tpu: bool, devices: bool) -> str:
    """The kind that fits what there is."""
    kinds = {"multi_worker": several, "tpu": tpu, "mirrored": devices, "none": True}
    return next(kind for kind, there in kinds.items() if there)


def _workers() -> int:
    """Workers that `TF_CONFIG` names."""
    text = os.environ.get("TF_CONFIG")
    try:
        cluster = json.loads(text).get("cluster", {}) if text else {}
    except ValueError as error:
        raise ValueError(
            f"The environment variable TF_CONFIG must hold JSON. Received: {text!r}: {error}."
        ) from error
    return len(cluster.get("worker", ())) + len(cluster.get("chief", ()))


def _has_tpu(tf: Any) -> bool:
    return bool(os.environ.get("TPU_NAME") or tf.config.list_physical_devices("TPU"))


def _no_tpu(devices: list[str]) -> ValueError:
    return ValueError(
        "`distribute('tpu')` needs a TPU. Received: none, but "
        f"{', '.join(devices)}. Use 'auto', which takes what there is."
    )
