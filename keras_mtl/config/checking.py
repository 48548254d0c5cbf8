"""Checking the parts of a run file, collecting everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pydantic

from keras_mtl.config.arguments import LEFT_OUT, Key, model_of
from keras_mtl.config.errors import ConfigError
from keras_mtl.config.kinds import Kind
from keras_mtl.config.run_config import KIND, Choice
from keras_mtl.config.yaml_file import Document, Place
from keras_mtl.data.datasets.label_space import listed, nearest


class Checker:
    """Checks sections of one run file and remembers the problems.

    Args:
        document: The file.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[tuple[Place, str]] = []

    def problem(self, place: Place, message: str) -> None:
        """Remember that what stands at a place is not as it must be."""
        self.problems.append((place, message))

    def finish(self) -> None:
        """Raise what was found.

        Raises:
            ConfigError: If there is any problem; a line for each, in the order of the file.
        """
        lines = [
            f"{self.document.where(place)}: {_dotted(place)} {message}"
            for place, message in sorted(self.problems, key=lambda one: self._line(one[0]))
        ]
        if lines:
            raise ConfigError("\n".join(lines))

    def section(
        self, raw: Any, keys: Mapping[str, Key], place: Place, open_ended: bool = False
    ) -> dict[str, Any]:
        """The values of a section, defaults filled in; what is wrong is left out and remembered."""
        raw = self.mapping(raw, place)
        try:
            model = model_of(keys.values(), open_ended).model_validate(raw)
        except pydantic.ValidationError as error:
            for key in dict.fromkeys(str(one["loc"][0]) for one in error.errors()):
                self._wrong_key(raw, keys, place, key)
            return {}
        found = model.model_dump(by_alias=True)
        return {name: value for name, value in found.items() if value is not LEFT_OUT}

    def choice(
        self,
        raw: Any,
        place: Place,
        find: Callable[[Any], Kind],
        default: str | None = None,
        more: Mapping[str, Key] | None = None,
        instead: Mapping[str, Key] | None = None,
    ) -> Choice | None:
        """A section that names a kind, alone or with its arguments; `None` if it is wrong.

        Args:
            raw: The section as it stands in the file.
            place: Where it stands.
            find: The kind of a name.
            default: The name where none is given.
            more: Keys besides the arguments of the kind.
            instead: Keys in place of those arguments, where the kind has them.
        """
        raw = {KIND: raw} if isinstance(raw, str) else self.mapping(raw, place)
        name = raw.get(KIND, default)
        try:
            kind = find(name)
        except ConfigError as error:
            self.problem((*place, KIND), str(error))
            return None
        replaced = {key: one for key, one in (instead or {}).items() if key in kind.keys}
        keys = {KIND: Key(KIND, str, name, ""), **kind.keys, **replaced, **(more or {})}
        before = len(self.problems)
        values = self.section(raw, keys, place, kind.open_ended)
        return Choice(kind, values, place) if len(self.problems) == before else None

    def mapping(self, raw: Any, place: Place) -> dict[str, Any]:
        """A section as it stands in the file; an empty one has no keys."""
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            self.problem(place, f"must be a mapping of keys to values. Received: {_shown(raw)}.")
            return {}
        return raw

    def _wrong_key(
        self, raw: Mapping[str, Any], keys: Mapping[str, Key], place: Place, name: str
    ) -> None:
        if name not in keys:
            self.problem((*place, name), unknown_key(name, keys))
        elif name not in raw:
            expected = keys[name].type_words
            self.problem(place, f"must have the key {name!r}: {expected}. {keys[name].meaning}")
        else:
            expected, received = keys[name].type_words, _shown(raw[name])
            hint = _quotes(raw[name], expected)
            self.problem(
                (*place, name), f"must be {expected}. Received: {received}. {hint}".strip()
            )

    def _line(self, place: Place) -> int:
        while place and place not in self.document.lines:
            place = place[:-1]
        return self.document.lines.get(place, 0)


def unknown_key(name: str, keys: Iterable[str]) -> str:
    """What is said of a key that is not known."""
    known = sorted(keys)
    return (
        f"is no key of this section. Its keys: {listed(known)}. {nearest(name, known)}"
        "Rename or remove it."
    )


def _dotted(place: Place) -> str:
    return f"`{'.'.join(str(part) for part in place)}`" if place else "The run file"


def _shown(value: Any) -> str:
    words = {dict: "a mapping", list: "a list", type(None): "null", bool: str(value).lower()}
    text = f"{value!r:.60}" if not isinstance(value, (bool, type(None))) else ""
    return f"{words.get(type(value), '')} {text}".strip()


def _quotes(value: Any, expected: str) -> str:
    """What to do about text that YAML reads as something else."""
    values = value.values() if isinstance(value, dict) else [value]
    flat = [part for one in values for part in (one if isinstance(one, list) else [one])]
    odd = next((one for one in flat if isinstance(one, (bool, int, float))), None)
    if "text" in expected and "number" not in expected and odd is not None:
        return f'Write "{str(odd).lower()}", in quotes, for text.'
    if "number" in expected and isinstance(value, str):
        return "Write it without quotes."
    return ""
