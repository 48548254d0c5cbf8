"""Reading YAML so that every value knows its line, and every mistake is one clear error."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from keras_mtl.config.errors import ConfigError

Place = tuple[str | int, ...]

# YAML 1.2: `no`, `on` and `2020-01-01` are text (YAML 1.1 makes `False` of a label "no").
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE, _FALSE = re.compile("true|True|TRUE"), re.compile("false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TEXT_TAG = "tag:yaml.org,2002:str"
_CORE_TAGS = {_TEXT_TAG, *(f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq"))}
_MOST_VALUES = 100_000  # Aliases of aliases could ask for billions.
_LONGEST_INTEGER = 400  # Digits; Python refuses to read more than some thousands.


@dataclasses.dataclass(frozen=True)
class Document:
    """What a YAML file holds.

    Args:
        data: Dictionaries, lists and scalars.
        name: What messages call the file.
        lines: Place of a value, such as `("trunk", "units")`, to its line, counted from 1.
        arguments: Place of a value that came from elsewhere, to what messages call that.
    """

    data: Any
    name: str
    lines: dict[Place, int] = dataclasses.field(default_factory=dict)
    arguments: dict[Place, str] = dataclasses.field(default_factory=dict)

    def where(self, place: Place) -> str:
        """The file and line of a value, or of the nearest thing around it."""
        for depth in range(len(place), -1, -1):
            if place[:depth] in self.arguments:
                return self.arguments[place[:depth]]
            if place[:depth] in self.lines:
                return f"{self.name}, line {self.lines[place[:depth]]}"
        return self.name


class _Loader(yaml.SafeLoader):
    """Leaves the meaning of plain scalars to `_scalar`."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def read_yaml(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        ConfigError: If it is not there, no text, or no YAML; names the file and the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"The run file must exist. Received: '{path}', which does not. `keras-mtl init` "
            "writes one for your files."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"'{path}' must be text in UTF-8. Received: byte {error.object[error.start]:#04x} at "
            f"byte {error.start}. Save it again as UTF-8."
        ) from error
    except OSError as error:
        raise ConfigError(
            f"'{path}' must be a file that can be read. Received: {error.strerror}. "
            "Give the path of a run file."
        ) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> Document:
    """Read YAML text; `name` is what messages call it.

    Raises:
        ConfigError: If it is no YAML; names the line.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        document = Document(None, name)
        data = _Reader(document).value(node, (), ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax_message(error, name)) from error
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{name} must hold printable text. Received: {str(error).splitlines()[0]}. "
            "Remove the character."
        ) from error
    except RecursionError as error:
        raise ConfigError(
            f"{name} must not nest hundreds of levels deep. Look for brackets that never close."
        ) from error
    return dataclasses.replace(document, data=data)


class _Reader:
    """Turns nodes into values, noting the line of each."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0

    def value(self, node: yaml.Node, place: Place, around: tuple[int, ...]) -> Any:
        line = node.start_mark.line + 1
        self.document.lines.setdefault(place, line)
        self.count += 1
        if id(node) in around or self.count > _MOST_VALUES:
            raise self.error(
                line, "hold no more than 100,000 values, none inside itself", "an alias"
            )
        if node.tag not in _CORE_TAGS and node.tag is not None:
            raise self.error(line, "hold plain YAML", f"the tag {node.tag!r:.60}", "Leave it out.")
        around = (*around, id(node))
        if isinstance(node, yaml.MappingNode):
            return dict(self.items(node, place, around))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, (*place, n), around) for n, one in enumerate(node.value)]
        # Quotes make text of anything.
        quoted = isinstance(node, yaml.ScalarNode) and node.style
        return node.value if quoted else self.scalar(node.value, line)

    def items(
        self, node: yaml.MappingNode, place: Place, around: tuple[int, ...]
    ) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self.error(line, "have plain keys", "a list or mapping as a key")
            if key.value in seen:
                first = f"the key {key.value!r} also in line {seen[key.value]}"
                raise self.error(line, "have each key once", first, "Remove one of them.")
            seen[key.value] = line
            self.document.lines[(*place, key.value)] = line
            yield key.value, self.value(value, (*place, key.value), around)

    def scalar(self, text: str, line: int) -> Any:
        if len(text) > _LONGEST_INTEGER and _INTEGER.fullmatch(text):
            raise self.error(line, "hold numbers of sensible length", f"{len(text)} digits")
        return scalar(text)

    def error(self, line: int, expected: str, received: str, fix: str = "") -> ConfigError:
        message = f"{self.document.name}, line {line}, must {expected}. Received: {received}. {fix}"
        return ConfigError(message.rstrip())


def scalar(text: str) -> Any:
    """What an unquoted word means in YAML 1.2: null, true or false, a number, or text."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return bool(_TRUE.fullmatch(text))
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _INFINITE.fullmatch(text) else text


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.2 would not read as text; PyYAML quotes by 1.1."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    odd = scalar(text) != text or any(ord(one) < 32 or one in "\x85\u2028\u2029" for one in text)
    return dumper.represent_scalar(_TEXT_TAG, text, style='"' if odd else None)


_Dumper.add_representer(str, _represent_text)


def dump_yaml(value: Any) -> str:
    """A value as YAML that `parse_yaml` reads back, keys in their order."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


def write_scalar(value: Any) -> str:
    """A value as it would stand on one line of a run file."""
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=1_000_000
    )
    return str(text).removesuffix("...\n").strip()


def _syntax_message(error: yaml.MarkedYAMLError, name: str) -> str:
    mark = error.problem_mark or error.context_mark
    line = f", line {mark.line + 1}" if mark else ""
    problem = " ".join(part for part in (error.context, error.problem) if part)
    if "\\t" in problem or _tab_at(mark):
        return (
            f"{name}{line}, must be indented with spaces. Received: a tab. Put spaces in its place."
        )
    return (
        f"{name}{line}, must be YAML. Received: {problem}. Look at indents, colons, quotes and "
        "brackets there and in the line above."
    )


def _tab_at(mark: Any) -> bool:
    if mark is None or mark.buffer is None:
        return False
    start = mark.buffer.rfind("\n", 0, mark.pointer) + 1
    line = mark.buffer[start:].split("\n", 1)[0]
    return "\t" in line[: len(line) - len(line.lstrip())]
