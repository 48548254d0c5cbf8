"""Changes to a run file from the command line: `training.epochs=3`."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable
from typing import Any

from keras_mtl.config.errors import ConfigError
from keras_mtl.config.run_config import KIND
from keras_mtl.config.yaml_file import Document, Place, parse_yaml

# Sections that may be written as a name alone: `trunk: lstm` is `trunk: {kind: lstm}`.
_NAMED = {("trunk",), ("tokenizer",), ("training", "optimizer"), ("training", "balancer")}


def overridden(document: Document, overrides: Iterable[str]) -> Document:
    """The document with some values changed.

    Args:
        document: What the run file holds.
        overrides: `key=value` each, with dots between the keys of nested sections.

    Raises:
        ConfigError: If one has no `=` or key, or goes through something that is no section.
    """
    data = copy.deepcopy(document.data)
    arguments: dict[Place, str] = {}
    lines = dict(document.lines)
    for one in overrides:
        key, equals, value = one.partition("=")
        place = tuple(key.strip().split("."))
        if not equals or not all(place):
            raise ConfigError(
                "A change to the run file must be written key=value, such as training.epochs=3. "
                f"Received: {one!r:.80}. Put it in quotes if the value has spaces."
            )
        data = {} if data is None else data
        _set(data, place, parse_yaml(value, f"argument {one!r:.80}").data, one)
        arguments[place] = f"argument {one!r:.80}"
        # What stood there in the file is no more.
        lines = {at: line for at, line in lines.items() if at[: len(place)] != place}
    return dataclasses.replace(document, data=data, lines=lines, arguments=arguments)


def _set(data: Any, place: tuple[str, ...], value: Any, argument: str) -> None:
    here = data
    for depth, key in enumerate(place):
        if not isinstance(here, dict):
            raise ConfigError(
                f"argument {argument!r:.80} must lead through sections of the run file. Received: "
                f"`{'.'.join(place[:depth])}`, which is {here!r:.60}. Change that key as a whole."
            )
        if depth == len(place) - 1:
            here[key] = value
            return
        if here.get(key) is None:
            here[key] = {}
        elif place[: depth + 1] in _NAMED and isinstance(here[key], str):
            here[key] = {KIND: here[key]}
        here = here[key]
