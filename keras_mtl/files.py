"""Files that appear whole or not at all."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path


def write_text(path: Path, text: str, may_replace: Callable[[], None] | None = None) -> None:
    """Write a text file in UTF-8 under another name, and rename it when it is on the disk.

    An error leaves what was there, and nothing besides; after a kill `.<name>.<random>.partial`
    may stay.

    Args:
        path: The file; its folder must be there.
        text: What to write.
        may_replace: Called just before the file takes its place; raises if it must not.
    """
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with open(fresh, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if may_replace is not None:
            may_replace()
        replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def replace(fresh: Path, path: Path) -> None:
    """Give what was written beside `path` its name, for good."""
    os.replace(fresh, path)
    if os.name == "posix":  # Elsewhere a folder cannot be opened.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
