"""A folder with the best and the last checkpoint of a run: written whole or not at all."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.files import replace, write_text

FORMAT = 1
INDEX = "checkpoints.json"
KINDS = ("best", "last")

PathLike = str | os.PathLike[str]


class CheckpointError(OSError):
    """A checkpoint that could not be written, because of the disk or the folder."""


def load_checkpoint(folder: PathLike, which: str = "best", configuration: str | None = None) -> Any:
    """Load a model that `BestAndLast` kept, with its optimizer, as it was when it was written.

    Args:
        folder: The folder with the checkpoints.
        which: `"best"` or `"last"`.
        configuration: The configuration that the checkpoint must be of; any when `None`.

    Returns:
        The model, compiled.

    Raises:
        ValueError: If `which` is unknown, or the checkpoint is missing, damaged, or of another
            configuration.
    """
    if which not in KINDS:
        raise ValueError(
            f"`which` of load_checkpoint must be one of {', '.join(KINDS)}. "
            f"Received: which={which!r}. {nearest(str(which), KINDS)}"
        )
    folder = Path(folder)
    index = read_index(folder)
    if configuration is not None and index["configuration"] != configuration:
        raise ValueError(
            f"The checkpoints in '{folder}' are of another configuration. Received: "
            f"configuration={configuration!r}, in '{INDEX}': {index['configuration']!r}. Load "
            "them with the configuration they were trained with, or train into another folder."
        )
    path = folder / f"{which}.keras"
    entries = entries_of(index, which)
    if not entries or not path.is_file():
        raise ValueError(
            f"There must be a checkpoint '{path}', named in '{INDEX}'. Received: none. It is "
            "written at the end of an epoch; the best one needs an epoch that was validated."
        )
    found = checksum(path)
    if found not in [entry.get("sha256") for entry in entries]:
        raise ValueError(
            f"The checkpoint '{path}' is damaged: its SHA-256 must be "
            f"{entries[0].get('sha256')}. Received: {found}. Take the other one "
            f"({' or '.join(KINDS)}), or train again."
        )
    return keras.models.load_model(path)


def rewrite_checkpoint(folder: PathLike, which: str, model: Any) -> None:
    """Write a model in place of a checkpoint that it was loaded from, of the same epoch.

    Raises:
        CheckpointError: If the folder cannot be written to or the disk is full.
    """
    folder = Path(folder)
    index, path = read_index(folder), folder / f"{which}.keras"
    index.pop("coming", None)

    def write() -> None:
        model.save(partial(path))
        entry = {**index[which], "sha256": checksum(on_disk(partial(path)))}
        # A kill between the two finds the checksums of the old and of the new file.
        write_json(folder / INDEX, {**index, "coming": {which: entry}})
        rename(path)
        write_json(folder / INDEX, {**index, which: entry})

    guarded(folder, write)


def entries_of(index: dict[str, Any], which: str) -> list[dict[str, Any]]:
    """What a checkpoint may be: what was written last, and what was about to be when killed."""
    return [one[which] for one in (index, index.get("coming") or {}) if one.get(which)]


def entry_on_disk(folder: Path, index: dict[str, Any], which: str) -> dict[str, Any] | None:
    """The entry of the checkpoint that is there; `None` if it is missing or damaged."""
    path = folder / f"{which}.keras"
    found = checksum(path) if path.is_file() else None
    fitting = (one for one in entries_of(index, which) if one.get("sha256") == found)
    return next(fitting, None)


def read_index(folder: Path) -> dict[str, Any]:
    """What `checkpoints.json` of a folder says.

    Raises:
        ValueError: If there is none, or it is not readable.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"A folder of checkpoints must have a '{INDEX}'. Received: '{folder}' without one. "
            "`BestAndLast` writes it at the end of an epoch."
        ) from None
    except ValueError:
        index = None
    good = isinstance(index, dict) and index.get("format") == FORMAT
    entries = [index.get(one) for one in (*KINDS, "coming")] if good else []
    if (
        not good
        or "configuration" not in index
        or not all(one is None or isinstance(one, dict) for one in entries)
    ):
        raise ValueError(
            f"'{path}' must be an index of checkpoints of format {FORMAT}. Received: "
            f"{str(index)[:100]}. It is damaged, or of another version of keras_mtl."
        )
    return dict(index)


def checksum(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def partial(path: Path) -> Path:
    """Where a file is written before it takes its name."""
    return path.with_name(f".partial.{path.name}")


def on_disk(path: Path) -> Path:
    """Wait until a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return path


def rename(path: Path) -> None:
    """Give what was written beside `path` its name, for good."""
    replace(partial(path), path)


def write_json(path: Path, content: Any) -> None:
    """Write a small JSON file whole or not at all."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(path, text)


def clear(folder: Path) -> None:
    """Delete what a failed or killed run left half-written."""
    for pattern in (".partial.*", f".{INDEX}.*.partial"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def guarded(path: Path, write: Callable[[], None]) -> None:
    """Run `write`, which writes under `path`.

    Raises:
        CheckpointError: If the system refuses: the disk is full, the folder read-only, ...
    """
    try:
        write()
    except OSError as error:
        raise CheckpointError(
            error.errno,
            f"The checkpoints in '{path}' could not be written: the disk must have room and the "
            f"folder be writable. Received: {type(error).__name__}: {error}. What was there "
            "before is still whole; make room, or choose another folder.",
        ) from error
