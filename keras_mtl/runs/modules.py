"""Modules of the user's that a run was made with."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from keras_mtl.runs.errors import RunError


def import_modules(modules: Any, run: Path) -> None:
    """Import what the configuration named, where it was found when the run was trained.

    Args:
        modules: What `run.json` says of them.
        run: The folder of the run.

    Raises:
        RunError: If a module cannot be imported.
    """
    if not isinstance(modules, dict) or not modules.get("names"):
        return
    folder = str(modules.get("folder"))
    if folder not in sys.path:
        sys.path.append(folder)
    for name in modules["names"]:
        try:
            importlib.import_module(str(name))
        except Exception as error:  # A user's module may raise anything.
            raise RunError(
                f"The module {name!r}, which the run '{run}' was made with, must be "
                f"there. Received: {type(error).__name__}: {error}. It was looked for in "
                f"'{folder}' and where Python looks: put it there, or set PYTHONPATH."
            ) from error
