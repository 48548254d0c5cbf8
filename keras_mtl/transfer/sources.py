"""Where weights come from: runs, bundles, saved models, weights files, presets, folders."""

import json
import os
import re
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import keras

from keras_mtl.export import BundleError
from keras_mtl.export.bundle import MANIFEST, MODEL, verify
from keras_mtl.model import MultiTaskModel
from keras_mtl.tasks import Task
from keras_mtl.training import load_checkpoint
from keras_mtl.training.checkpoint_files import INDEX
from keras_mtl.trunks import pretrained
from keras_mtl.trunks.pretrained_files import CONFIG

PathLike = str | os.PathLike[str]

_RUN, _CHECKPOINTS = "run.json", "checkpoints"
_KINDS = (
    "a model, a run folder, a bundle, a folder of checkpoints, a '.keras' file, a '.weights.h5' "
    "file, a KerasHub preset, or a folder as Hugging Face keeps models"
)


class Source(NamedTuple):
    """What can be taken over.

    `called` names it in messages; `trunk` is a functional model; `tokenizer` may be `None` where
    nobody knows it; `tasks` and `heads` are by name, empty where the source has no tasks.
    """

    called: str
    trunk: keras.Model
    tokenizer: Any
    tasks: dict[str, Task]
    heads: dict[str, keras.layers.Layer]


def open_source(
    source: Any, *, checkpoint: str = "best", like: keras.Model | None = None
) -> Source:
    """Read a source, and check that it is whole.

    Modules of your own that a model was made with have to be imported before.

    Args:
        source: A model, a run folder, a bundle, a folder of checkpoints, a `.keras` file, a
            `.weights.h5` file, a KerasHub preset or a folder as Hugging Face keeps models.
        checkpoint: `"best"` or `"last"`, of runs and folders of checkpoints.
        like: For `.weights.h5`, which tells neither layers nor tasks: a model built as the one
            that was saved. It gets the weights.

    Returns:
        The source; its `tokenizer` can be given to a new trunk.

    Raises:
        BundleError: If a bundle is damaged, or newer than this version.
        FileNotFoundError: If there is nothing of that name.
        TypeError: If it is nothing of these kinds.
        ValueError: If a file is damaged, cut short, or of another architecture.
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, keras.Model):
        return _of_model(f"the model {source.name!r}", source)
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            f"`source` must be {_KINDS}. Received: {source!r:.80} of type {type(source).__name__}."
        )
    path, called = Path(source), f"'{source}'"
    if path.is_dir():
        for name, read in (
            (MANIFEST, lambda: _bundled(path)),
            (_RUN, lambda: _of_run(path, checkpoint)),
            (INDEX, lambda: load_checkpoint(path, checkpoint)),
        ):
            if (path / name).is_file():
                return _of_model(called, read())
        if (path / CONFIG).is_file():
            return _of_model(called, pretrained(path))
        raise FileNotFoundError(
            f"`source` must be {_KINDS}. Received: the folder {called}, which has none of "
            f"{MANIFEST}, {_RUN}, {INDEX} and {CONFIG}."
        )
    if path.is_file():
        return _of_model(called, _of_file(path, like))
    # Presets are plain names, or have `://` in them.
    if "://" not in str(source) and (path.suffix in (".keras", ".h5") or len(path.parts) > 1):
        raise FileNotFoundError(
            f"`source` must be there. Received: {called}, and nothing is there."
        )
    return _of_model(called, pretrained(str(source)))


def _of_model(called: str, model: Any) -> Source:
    if isinstance(model, MultiTaskModel):
        tasks = {task.name: task for task in model.tasks}
        return Source(called, model.trunk, model.preprocessor, tasks, dict(model.heads))
    trunk = _functional(called, model)
    return Source(called, trunk, getattr(model, "preprocessor", None), {}, {})


def _functional(called: str, model: Any) -> keras.Model:
    """A model whose layers can be walked; that of a Sequential is inside of it."""
    found = getattr(model, "_functional", None) or model
    if not hasattr(found, "_nodes_by_depth"):
        raise TypeError(
            f"`source` must be a functional or a sequential model, built. Received: {called}, a "
            f"{type(model).__name__}, whose layers have no known order. Build it on `keras.Input`."
        )
    return found


def _of_run(path: Path, checkpoint: str) -> Any:
    return load_checkpoint(path / _CHECKPOINTS, checkpoint)


def _bundled(path: Path) -> Any:
    verify(path)
    try:
        return keras.models.load_model(path / MODEL, compile=False)
    except Exception as error:
        raise BundleError(_not_readable(path / MODEL, error)) from error


def _of_file(path: Path, like: keras.Model | None) -> Any:
    if path.name.endswith((".weights.h5", ".h5")):
        if like is None:
            raise ValueError(
                "A file of weights tells neither its layers' names nor its tasks. Received: "
                f"source='{path}' without `like`. Pass `like=`, a model built as the one that was "
                "saved; or save the whole model, as '.keras'."
            )
        return _guarded(path, lambda: _with_weights(like, path))
    if path.suffix != ".keras":
        raise ValueError(f"`source` must be {_KINDS}. Received: the file '{path}'.")
    return _guarded(path, lambda: keras.models.load_model(path, compile=False))


def _with_weights(model: keras.Model, path: Path) -> keras.Model:
    """A model with the weights of a file, whose entries must have the names of its layers."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own.weights.h5"
        model.save_weights(own)
        there, expected = _entries(path), _entries(own)
    for place in sorted(there.keys() | expected.keys()):
        if there.get(place) != expected.get(place):
            raise ValueError(
                f"at {place!r} the file has {there.get(place, 'nothing')}, the model "
                f"{expected.get(place, 'nothing')}"
            )
    model.load_weights(path)
    return model


def _entries(path: Path) -> dict[str, tuple[str, list[tuple[int, ...]]]]:
    """The places in a file of weights, with the name of the layer and the shapes."""
    found = {}

    def visit(place: str, one: Any) -> None:
        if isinstance(one, h5py.Group) and place.endswith("/vars") and len(one):
            # Keras numbers the names that it gives itself anew in each process.
            name = re.sub(r"_\d+$", "", str(one.attrs.get("name", "")))
            found[place] = (name, [tuple(one[key].shape) for key in sorted(one, key=int)])

    with h5py.File(path) as file:
        file.visititems(visit)
    return {place: one for place, one in found.items() if not place.startswith("optimizer/")}


def _guarded(path: Path, read: Callable[[], Any]) -> Any:
    """What Keras reads; its many ways to say that a file is not whole, in one."""
    try:
        return read()
    except Exception as error:
        raise ValueError(_not_readable(path, error)) from error


def _not_readable(path: Path, error: Exception) -> str:
    written = _version_of(path)
    newer = written is not None and _numbers(written) > _numbers(keras.version())
    why = (
        f"It was written by Keras {written}, this is {keras.version()}: upgrade Keras."
        if newer
        else "It is damaged or cut short, of another architecture, or needs a layer that is not "
        "registered with Keras here: import the module that has it first."
    )
    said = " ".join(str(error).split())
    return f"'{path}' must be a model that Keras can read. Received: {said[:300]}. {why}"


def _version_of(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return str(json.loads(archive.read("metadata.json"))["keras_version"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in version.split(".")[:2] if one.isdigit())
