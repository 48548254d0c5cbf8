"""Runs cells on engines, each in processes of its own, and compares what came of them."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1]
REFERENCE = "tensorflow"
ENGINES = (
    "tensorflow", "mirrored-2", "mirrored-4", "workers-2", "jax", "jax-2", "jax-4", "processes-2",
)  # fmt: skip


def outcomes(engine, cells, seconds=1800):
    """Cell to what came of it, on one engine.

    Raises:
        RuntimeError: If a process fails, or processes do not agree.
    """
    found = found_by("engines.cell", engine, cells, seconds)
    for other in found[1:]:
        if far(found[0], other):
            raise RuntimeError(f"The processes of {engine} do not agree.")
    return found[0]


def found_by(module, engine, arguments, seconds=1800):
    """What a module found in each process of an engine: it prints FOUND and that as JSON.

    Raises:
        RuntimeError: If a process fails.
    """
    kind, _, count = engine.partition("-")
    processes = int(count) if kind in ("workers", "processes") else 1
    command = [sys.executable, "-m", module, engine, *arguments]
    ports = free_port(), free_port()
    with tempfile.TemporaryDirectory() as made:
        # Files, not pipes: a process that waits for a reader keeps the others waiting.
        logs = [Path(made) / f"{number}.txt" for number in range(processes)]
        started = []
        for number, log in enumerate(logs):
            environment = _environment(kind, int(count or 1), number, ports)
            with log.open("w") as said:
                started.append(
                    subprocess.Popen(
                        command, cwd=FOLDER, env=environment, stdout=said, stderr=subprocess.STDOUT
                    )
                )
        try:
            for one in started:
                one.wait(seconds)
        finally:
            for one in started:
                one.kill()
        texts = [log.read_text("utf-8", "replace") for log in logs]
    for one, text in zip(started, texts, strict=True):
        if one.returncode:
            raise RuntimeError(f"{engine} failed with {one.returncode}:\n{text[-3000:]}")
    return [json.loads(text.split("FOUND")[1].splitlines()[0]) for text in texts]


def goal_of(cell):
    """The cell whose outcome on one device a cell must have: rows in parts are those of a batch."""
    return cell.replace("/accumulated", "/clipped")


def _environment(kind, count, number, ports):
    found = {
        **os.environ,
        "KERAS_BACKEND": "jax" if kind in ("jax", "parts", "processes") else "tensorflow",
        "PYTHONPATH": os.pathsep.join([str(FOLDER), str(FOLDER.parent)]),
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "NPROC": "8",  # Threads of XLA: devices wait for ever for one that has none.
    }
    if kind == "processes":
        found["KERAS_DISTRIBUTION_JOB_ADDRESSES"] = f"127.0.0.1:{ports[0]}"
        found["KERAS_DISTRIBUTION_NUM_PROCESSES"] = str(count)
        found["KERAS_DISTRIBUTION_PROCESS_ID"] = str(number)
    if kind in ("jax", "parts"):
        flags = found.get("XLA_FLAGS", "")
        found["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={count}"
    if kind == "workers":
        workers = [f"127.0.0.1:{port}" for port in ports]
        found["TF_CONFIG"] = json.dumps(
            {"cluster": {"worker": workers}, "task": {"type": "worker", "index": number}}
        )
    return found


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def far(one, other):
    """The largest difference of two outcomes, each against the size of the numbers."""
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return float("inf")
        return max(far(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return max((far(a, b) for a, b in zip(one, other, strict=True)), default=0.0)
    return abs(one - other) / max(1.0, abs(one))
