"""A function of this folder, run in a process of its own."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from .settings import Settings

BENCHMARKS = Path(__file__).parents[1]


def in_a_process(function, settings, **arguments):
    """Call `"module:function"` with the settings and plain values; what it returns.

    Everything runs on the processor, each library with the threads it takes by itself.
    """
    path = [str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }
    call = json.dumps([function, vars(settings), arguments])
    command = [sys.executable, "-m", "pair.process", call]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{done.stderr}\n{function} failed with status {done.returncode}.")
    return json.loads(done.stdout.splitlines()[-1])


def main(call):
    function, settings, arguments = json.loads(call)
    module, name = function.split(":")
    result = getattr(importlib.import_module(f"pair.{module}"), name)
    print(json.dumps(result(Settings(**settings), **arguments)))


if __name__ == "__main__":
    main(sys.argv[1])
