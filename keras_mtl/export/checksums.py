"""The files of a folder, and their checksums."""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from keras_mtl.export.errors import BundleError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def file_names(folder: Path, but: str | None = None) -> list[str]:
    """All files of a folder and the folders in it, as paths from it with `/`, sorted.

    Args:
        folder: The folder.
        but: A file to leave out.

    Raises:
        BundleError: If something in it is a link or neither file nor folder.
    """
    names = []
    for root, folders, files in os.walk(folder):
        for path in (Path(root, name) for name in [*folders, *files]):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise BundleError(
                    f"A bundle must hold plain files and folders only. Received: '{path}', a link "
                    "or a special file. Put a copy of the file in its place."
                )
            if path.is_file():
                names.append(path.relative_to(folder).as_posix())
    return sorted(name for name in names if name != but)


def checksums(folder: Path, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`{name: {"sha256": ..., "bytes": ...}}` of files in a folder, in the order of `names`."""
    found = {}
    for name in names:
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[name] = {"sha256": digest, "bytes": file.tell()}
    return found


def has_checksum(entry: Any) -> bool:
    """Whether `entry` looks like one of `checksums`."""
    if not isinstance(entry, dict):
        return False
    digest, size = entry.get("sha256"), entry.get("bytes")
    is_digest = isinstance(digest, str) and _SHA256.fullmatch(digest) is not None
    return is_digest and isinstance(size, int) and not isinstance(size, bool) and size >= 0


def stays_inside(name: str) -> bool:
    """Whether a path from a folder, with `/`, leads to something inside the folder.

    Example:
        >>> stays_inside("saved_model/saved_model.pb"), stays_inside("../saved_model.pb")
        (True, False)
    """
    path = PurePosixPath(name)
    # A backslash or a colon would mean a folder or a drive on Windows.
    plain = str(path) == name and not set(name) & set("\\:\0")
    return plain and name != "." and not path.is_absolute() and ".." not in path.parts
