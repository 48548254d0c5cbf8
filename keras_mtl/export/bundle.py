"""What is in a bundle, and whether it is still as it was written."""

import json
import os
from pathlib import Path
from typing import Any

from keras_mtl.export.checksums import checksums, file_names, has_checksum, stays_inside
from keras_mtl.export.errors import BundleError
from keras_mtl.version import __version__

MANIFEST = "bundle.json"
MODEL = "model.keras"
SAVED_MODEL = "saved_model"
TOKENIZER = "tokenizer.json"
# Raise it with any change that an older `load_manifest` would misread.
FORMAT = 1

_FIELDS = {
    "versions": dict,
    "tasks": list,
    "signatures": dict,
    "outside_graph": list,
    "files": dict,
}
_REQUIRED_FILES = (MODEL, f"{SAVED_MODEL}/saved_model.pb")
_AGAIN = "Copy the bundle again from where it was whole, or export it anew."


def write_manifest(
    folder: Path,
    versions: dict[str, str],
    tasks: list[dict[str, Any]],
    signatures: dict[str, list[str]],
    outside_graph: list[str],
) -> None:
    """Write the manifest of a folder whose other files are all there.

    Args:
        folder: The folder of the bundle.
        versions: Package name to version.
        tasks: What `task_entry` says of each task, in the order of the model.
        signatures: Name of each signature of the SavedModel to the names of its inputs.
        outside_graph: Cleaning steps that the SavedModel does not have.
    """
    manifest = {
        "format": FORMAT,
        "versions": versions,
        "tasks": tasks,
        "signatures": signatures,
        "outside_graph": outside_graph,
        "files": checksums(folder, file_names(folder)),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def load_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the manifest of a bundle, without a look at the other files.

    Args:
        path: The folder that `keras_mtl.export` wrote.

    Returns:
        `format` (a number), `versions` (package to version), `tasks` (a list of `name`, `kind`,
        `labels` and `config`), `signatures` (name to input names), `outside_graph` (names of the
        cleaning steps for which the signatures on texts fail) and `files` (path inside the folder
        to `sha256` and `bytes`).

    Raises:
        BundleError: If there is no bundle, its manifest is damaged, or it was written in a
            format that this version does not know.
    """
    folder = Path(path)
    file = folder / MANIFEST
    if not file.is_file():
        found = (
            "nothing" if not folder.exists()
            else f"a folder without {MANIFEST}" if folder.is_dir()
            else "a file"
        )  # fmt: skip
        raise BundleError(
            f"'{folder}' must be a bundle, a folder that keras_mtl.export wrote. "
            f"Received: {found}. Check the path."
        )
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BundleError(
            f"'{file}' must be the JSON that keras_mtl.export wrote. Received: one that is damaged "
            f"or cut short ({error}). {_AGAIN}"
        ) from error
    _check_format(manifest, file)
    # Bundles were written without it before there was any cleaning.
    manifest.setdefault("outside_graph", [])
    _check_fields(manifest, file)
    return dict(manifest)


def verify(path: str | os.PathLike[str]) -> dict[str, Any]:
    """See that every file of a bundle is there and unchanged, and that there is no other.

    Checksums find damage, not malice: who can change a file can change its checksum too.

    Args:
        path: The folder that `keras_mtl.export` wrote.

    Returns:
        The manifest, as `load_manifest`.

    Raises:
        BundleError: As `load_manifest`; and if a file is missing, changed, of another size, a
            link, or not listed in the manifest.
    """
    folder = Path(path)
    manifest = load_manifest(folder)
    listed = manifest["files"]
    there = file_names(folder, but=MANIFEST)
    _check_names(folder, set(listed), set(there))
    for name in there:
        size = (folder / name).stat().st_size
        if size != listed[name]["bytes"]:
            raise BundleError(
                f"'{folder / name}' must have {listed[name]['bytes']:,} bytes, as {MANIFEST} says. "
                f"Received: {size:,} bytes. {_AGAIN}"
            )
    for name, found in checksums(folder, there).items():
        if found["sha256"] != listed[name]["sha256"]:
            raise BundleError(
                f"'{folder / name}' has changed since it was exported: its SHA-256 must be "
                f"{listed[name]['sha256']}. Received: {found['sha256']}. {_AGAIN}"
            )
    return manifest


def _check_format(manifest: Any, file: Path) -> None:
    number = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise BundleError(
            f"'{file}' must be a JSON object with a `format` of 1 or more. Received: "
            f"format={number!r}. {_AGAIN}"
        )
    if number > FORMAT:
        versions = manifest.get("versions")
        writer = versions.get("keras_mtl") if isinstance(versions, dict) else "of no known version"
        raise BundleError(
            f"'{file}' was written by keras_mtl {writer}, format {number}; this is keras_mtl "
            f"{__version__}, which reads up to format {FORMAT}. Upgrade keras_mtl."
        )


def _check_fields(manifest: dict[str, Any], file: Path) -> None:
    for field, kind in _FIELDS.items():
        if not isinstance(manifest.get(field), kind):
            raise BundleError(
                f"`{field}` in '{file}' must be a JSON {'list' if kind is list else 'object'}. "
                f"Received: {field}={manifest.get(field)!r:.60}. {_AGAIN}"
            )
    for name, entry in manifest["files"].items():
        if not stays_inside(name) or name == MANIFEST:
            raise BundleError(
                f"`files` in '{file}' must name files inside the bundle, with `/` between folders "
                f"and without `..`. Received: {name!r}. Do not use this bundle."
            )
        if not has_checksum(entry):
            raise BundleError(
                f"`files` in '{file}' must give `sha256` and `bytes` of {name!r}. "
                f"Received: {entry!r:.60}. {_AGAIN}"
            )
    missing = [name for name in _REQUIRED_FILES if name not in manifest["files"]]
    if missing:
        raise BundleError(
            f"`files` in '{file}' must list {missing[0]!r}, which every bundle has. "
            f"Received: {sorted(manifest['files'])}. {_AGAIN}"
        )


def _check_names(folder: Path, listed: set[str], there: set[str]) -> None:
    missing, extra = sorted(listed - there), sorted(there - listed)
    if missing:
        raise BundleError(
            f"'{folder / missing[0]}' is missing from the bundle. Received: {len(there)} of the "
            f"{len(listed)} files that {MANIFEST} lists. {_AGAIN}"
        )
    if extra:
        # A SavedModel is a program: what nobody vouches for may be a part of it.
        raise BundleError(
            f"A bundle must hold the files that {MANIFEST} lists and no other. Received: "
            f"'{folder / extra[0]}', not listed. Move it out of the bundle."
        )
