"""The transcript of docs/first-run.md: running it, comparing it, writing it anew.

python -m tests.cli.transcript      # writes it anew
"""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "first-run.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.S | re.M)


def printed(folder):
    """The document with what its commands print now, run one after the other in a folder."""
    return _BLOCK.sub(lambda block: f"```console\n{_run(block[1], folder)}```", _text())


def _text():
    return DOCUMENT.read_text("utf-8")


def _run(block, folder):
    lines = []
    for command in re.findall(r"^\$ (.*)\n", block, re.M):
        lines += [f"$ {command}", *_output(command, folder)]
    return "".join(f"{line}\n" for line in lines)


def _output(command, folder):
    """What a user would see of a command, standard error included."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow"}
    script = ROOT / "examples" / "made_up_project.py"
    shown = command.replace("python made_up_project.py", f"{sys.executable} {script}")
    result = subprocess.run(
        shown, shell=True, cwd=folder, env=environment, text=True, capture_output=True
    )
    errors = result.stderr if command.startswith("keras-mtl") else ""
    text = (result.stdout + errors).replace(str(Path(folder).resolve()) + os.sep, "")
    lines = [line.rstrip() for line in text.splitlines()]
    return lines + ([f"# status {result.returncode}"] if result.returncode else [])


def masked(text):
    """A transcript without what differs between machines: the last digits of figures."""
    return re.sub(r"\d+\.\d+(e-\d+)?", "#", text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        DOCUMENT.write_text(printed(made), "utf-8")
