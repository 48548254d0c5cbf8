"""The arguments of a Python callable as a typed schema: names, types, defaults, meanings."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import operator
import os
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import docstring_parser
import pydantic

# Strict: "64" is no number and `yes` no boolean; a whole number does for a decimal one.
_STRICT = pydantic.ConfigDict(
    extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True
)
LEFT_OUT = "<left out>"  # The value of a key that stands for a default of Python's own.
_WORDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    Any: "any value",
}


@dataclasses.dataclass(frozen=True)
class Key:
    """One key of a section of a run file.

    Args:
        name: The key.
        annotation: Its type.
        default: What it is where left out; `inspect.Parameter.empty` if it must be given.
        meaning: What it does, for the documents.
        words: The type in words, where its annotation says too little.
    """

    name: str
    annotation: Any
    default: Any
    meaning: str
    words: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is inspect.Parameter.empty

    @property
    def type_words(self) -> str:
        """The type in words."""
        return self.words or in_words(self.annotation)


def keys_of(make: Callable[..., Any], omit: Iterable[str] = ()) -> dict[str, Key]:
    """The keys that stand for the arguments of a callable.

    Types are read from the annotations, else from the defaults; meanings from the docstring.

    Args:
        make: A function or class.
        omit: Arguments that do not come from a run file.
    """
    # A class may keep its arguments to its constructor and its text to itself, or inherit them.
    signature = inspect.signature(make)
    target = make.__init__ if inspect.isclass(make) else make
    try:
        hints = typing.get_type_hints(target)
    except (NameError, TypeError):  # Annotations that only a type checker can follow.
        hints = {}
    meanings = _meanings(make)
    found = {}
    for name, parameter in signature.parameters.items():
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if name not in omit and not variadic:
            annotation = hints.get(name, _type_of_default(name, parameter.default))
            meaning = meanings.get(name, "")
            default = _written_default(parameter.default)
            found[name] = Key(name, _plain(annotation), default, meaning)
    return found


def takes_any_key(make: Callable[..., Any]) -> bool:
    """Whether a callable takes arguments that its signature does not name."""
    parameters = inspect.signature(make).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def model_of(keys: Iterable[Key], open_ended: bool = False) -> type[pydantic.BaseModel]:
    """A pydantic model that checks a section with these keys."""
    # Under other names, as pydantic keeps some (`copy`, `json`, `_x`) for itself.
    fields: dict[str, Any] = {}
    for number, key in enumerate(keys):
        default = ... if key.required else key.default
        field = pydantic.Field(default, alias=key.name, description=key.meaning)
        fields[f"key_{number}"] = (key.annotation, field)
    config = pydantic.ConfigDict(**{**_STRICT, "extra": "allow" if open_ended else "forbid"})
    return pydantic.create_model("Section", __config__=config, **fields)


def in_words(annotation: Any) -> str:
    """A type as a reader of a run file would say it."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        kept = [one for one in inner if one is not int or float not in inner]
        return " or ".join(dict.fromkeys(in_words(one) for one in kept))
    if origin is typing.Literal:
        return " or ".join(f"`{one}`" for one in inner)
    if origin is typing.Annotated:
        return in_words(inner[0])
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        return f"a mapping from {in_words(inner[0])} to {_plural(inner[1])}"
    if inspect.isclass(origin) and issubclass(origin, (Sequence, tuple)):
        return f"a list of {_plural(inner[0])}"
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _plural(annotation: Any) -> str:
    words = {int: "whole numbers", float: "numbers", Any: "anything"}
    return words.get(annotation) or f"({in_words(annotation)})".replace("(text)", "text")


def _plain(annotation: Any) -> Any:
    """A type without what YAML cannot write: a path is text there."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, (_plain(one) for one in inner))
    if annotation in (tuple, set, frozenset):
        return list[Any]
    if origin in (tuple, set, frozenset):
        parts = (_plain(one) for one in inner if one is not ...)
        return types.GenericAlias(list, functools.reduce(operator.or_, parts))
    if origin is not None and inspect.isclass(origin) and issubclass(origin, os.PathLike):
        return str
    if inspect.isclass(annotation) and issubclass(annotation, os.PathLike):
        return str
    return annotation


def _written_default(default: Any) -> Any:
    """A default as YAML can write it; `LEFT_OUT` where it cannot, and Python fills it in."""
    if default is inspect.Parameter.empty or isinstance(default, (str, int, float, type(None))):
        return default
    if isinstance(default, os.PathLike):
        return os.fspath(default)
    if isinstance(default, (list, tuple)):
        values = [_written_default(one) for one in default]
        return LEFT_OUT if LEFT_OUT in values else values
    return LEFT_OUT


def _type_of_default(name: str, default: Any) -> Any:
    """The type of an argument without annotation, as Keras has them."""
    if name == "learning_rate":
        return float | dict[str, Any]  # A schedule.
    if isinstance(default, bool):
        return bool
    if isinstance(default, float):
        return float
    if isinstance(default, int):
        return int | float
    return Any


def _meanings(make: Callable[..., Any]) -> dict[str, str]:
    texts = [make.__doc__]
    if inspect.isclass(make):
        texts += [base.__doc__ for base in make.__mro__[1:]]
    found: dict[str, str] = {}
    for text in texts:
        for one in docstring_parser.parse(text or "").params:
            found.setdefault(one.arg_name, " ".join((one.description or "").split()))
    return found
