"""A folder that appears whole or not at all."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def new_folder(
    path: str | os.PathLike[str], may_replace: Callable[[Path], None] | None = None
) -> Iterator[Path]:
    """Fill a hidden folder beside `path` and rename it to `path` at the end.

    An error, inside the block too, removes the hidden folder and leaves `path` as it was. After
    a kill the hidden folder (`.<name>.<random>.partial`) stays behind and may be deleted. What
    is replaced is renamed away first, so for a moment there is nothing under `path`.

    Args:
        path: The folder to make; its parents are made too.
        may_replace: Called with what exists under `path`; raises if that must stay. Without it
            whatever exists must stay.

    Yields:
        The hidden folder.

    Raises:
        FileExistsError: If something exists under `path` and may not be replaced.
    """
    # Where `path` is a link, what it leads to is replaced, and the link stays.
    target = Path(path).resolve()
    if target.exists():
        if may_replace is None:
            raise FileExistsError(
                f"`path` must not exist yet. Received: path='{path}'. Choose another one, or pass "
                "overwrite=True to replace the bundle that is there."
            )
        may_replace(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    hidden = f".{target.name}.{uuid.uuid4().hex[:8]}"
    fresh = target.with_name(f"{hidden}.partial")
    # Not `tempfile.mkdtemp`, whose folders only their owner may read.
    fresh.mkdir()
    try:
        yield fresh
        _move(fresh, target, old=target.with_name(f"{hidden}.old"))
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _move(fresh: Path, target: Path, old: Path) -> None:
    if not target.exists():
        os.replace(fresh, target)
        return
    os.replace(target, old)
    try:
        os.replace(fresh, target)
    except BaseException:
        os.replace(old, target)
        raise
    # The new folder is in place; what cannot be removed of the old one only takes up space.
    shutil.rmtree(old, ignore_errors=True)
