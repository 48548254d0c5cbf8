"""Errors of building a run, with the place in the run file that they come from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from keras_mtl.config import ConfigError, RunConfig
from keras_mtl.config.yaml_file import Place


@contextlib.contextmanager
def section(config: RunConfig, place: Place) -> Iterator[None]:
    """Say of an error where in the run file it comes from."""
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError, MemoryError) as error:
        where = f"{config.document.where(place)}, `{'.'.join(map(str, place))}`"
        raise ConfigError(f"{where}: {error}") from error
