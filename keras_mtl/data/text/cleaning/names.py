"""Cleaning steps by name, and lists of them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.data.text.cleaning.lowercase import Lowercase
from keras_mtl.data.text.cleaning.markup import StripMarkup
from keras_mtl.data.text.cleaning.punctuation import StripPunctuation
from keras_mtl.data.text.cleaning.step import CleaningStep, graph_of
from keras_mtl.data.text.cleaning.stop_words import RemoveStopWords
from keras_mtl.data.text.cleaning.unicode import NormalizeUnicode

_NAMES: dict[str, type[CleaningStep]] = {
    "lowercase": Lowercase,
    "markup": StripMarkup,
    "punctuation": StripPunctuation,
    "stop_words": RemoveStopWords,
    "unicode": NormalizeUnicode,
}
_OF_CLASS = {kind: name for name, kind in _NAMES.items()}


def get(identifier: Any) -> CleaningStep:
    """A cleaning step from an instance, a name, or a name with arguments.

    Args:
        identifier: A `CleaningStep` (of the package or your own), a name, or `{name: arguments}`.
            The names are `lowercase`, `markup`, `punctuation`, `stop_words` and `unicode`, and
            those under which classes of your own are registered with Keras.

    Returns:
        The step.

    Raises:
        TypeError: If it is no step.
        ValueError: If the name or an argument is unknown; the nearest one is offered.

    Example:
        >>> get({"unicode": {"form": "NFC"}})
        NormalizeUnicode(form='NFC')
    """
    if isinstance(identifier, CleaningStep):
        return _with_a_name_of_its_own(identifier)
    if isinstance(identifier, str):
        return _made(identifier, {})
    if isinstance(identifier, Mapping):
        if len(identifier) != 1:
            raise ValueError(
                "A cleaning step with arguments must be written as {name: {argument: value}}. "
                f"Received: {dict(identifier)!r:.200}. Make each step an entry of its own."
            )
        ((name, arguments),) = identifier.items()
        return _made(name, {} if arguments is None else arguments)
    raise TypeError(
        "A cleaning step must be a name, {name: {argument: value}}, or a CleaningStep (an "
        f"instance, not the class). Received: {identifier!r:.200} of type "
        f"{type(identifier).__name__}."
    )


def steps_of(cleaning: Sequence[Any] | None) -> tuple[CleaningStep, ...]:
    """The steps that a list asks for, in order.

    Args:
        cleaning: A list of what `get` takes; `None` for no steps.

    Raises:
        TypeError: If it is no list, or something in it is no step or cannot be stored.
        ValueError: As `get`; and if a step is there twice.
    """
    if cleaning is None:
        return ()
    if not isinstance(cleaning, list | tuple):
        raise TypeError(
            "`cleaning` of WordTokenizer must be a list of steps. Received: "
            f"cleaning={cleaning!r:.200}. Write a single step as [step]."
        )
    steps = tuple(get(one) for one in cleaning)
    entries = [_stored(step) for step in steps]
    for position, one in enumerate(entries):
        if one in entries[:position]:
            raise ValueError(
                "`cleaning` of WordTokenizer must hold each step once. Received: "
                f"{steps[position]!r:.120} at positions {entries.index(one)} and {position}. "
                "Leave one of them out."
            )
    return steps


def cleaned(text: str, steps: Sequence[CleaningStep]) -> str:
    """The text after each step, in order.

    Raises:
        TypeError: A step gives something other than a str.
    """
    for step in steps:
        text = step(text)
        if not isinstance(text, str):
            raise TypeError(
                f"The cleaning step {name_of(step)} must return a str. Received: {text!r:.80} of "
                f"type {type(text).__name__}. Let its __call__ return the text."
            )
    return text


def entry(step: CleaningStep) -> dict[str, dict[str, Any]]:
    """What a stored tokenizer says of a step: `{name: arguments}`, which `get` reads."""
    return {name_of(step): step.get_config()}


def name_of(step: CleaningStep) -> str:
    """The name of a step, for a class of your own that under which Keras knows it."""
    kind = type(step)
    return _OF_CLASS.get(kind) or str(keras.saving.get_registered_name(kind))


def outside_graph(steps: Sequence[CleaningStep]) -> list[str]:
    """Names of the steps that TensorFlow operations cannot express.

    Example:
        >>> outside_graph([get("markup"), get("unicode")])
        ['unicode']
    """
    return [name_of(step) for step in steps if graph_of(step) is None]


def _with_a_name_of_its_own(step: CleaningStep) -> CleaningStep:
    if type(step) not in _OF_CLASS and name_of(step) in _NAMES:
        raise ValueError(
            "The class of a cleaning step must not have the name of one of the package "
            f"({', '.join(_NAMES)}). Received: {step!r:.120}. Rename it, or register it with "
            "keras.saving.register_keras_serializable(package='mine')."
        )
    return step


def _stored(step: CleaningStep) -> str:
    try:
        return json.dumps(entry(step), sort_keys=True)
    except TypeError as error:
        raise TypeError(
            "A cleaning step must have fields that JSON can hold, so that its tokenizer can be "
            f"stored. Received: {step!r:.120} ({error}). Keep texts, numbers or lists in it."
        ) from error


def _made(name: Any, arguments: Any) -> CleaningStep:
    kind = _class_of(name)
    if not isinstance(arguments, Mapping):
        raise TypeError(
            f"The arguments of the cleaning step {name!r} must be named. Received: "
            f"{arguments!r:.80}. Write {{{name!r}: {{argument: value}}}}."
        )
    known = inspect.signature(kind).parameters
    for argument in arguments:
        if argument not in known:
            raise ValueError(
                f"`{argument}` is no argument of the cleaning step {name!r}, which has "
                f"{', '.join(known) or 'none'}. Received: {argument}={arguments[argument]!r:.80}. "
                f"{nearest(str(argument), known)}".rstrip()
            )
    missing = [
        one.name
        for one in known.values()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
        and one.name not in arguments
    ]  # fmt: skip
    if missing:
        raise ValueError(
            f"The cleaning step {name!r} needs `{missing[0]}`. Received: {dict(arguments)!r:.80}. "
            f"Write {{{name!r}: {{{missing[0]!r}: value}}}}."
        )
    return kind.from_config(dict(arguments))


def _class_of(name: Any) -> type[CleaningStep]:
    # Keras looks among what is registered; nothing is imported for the sake of a name.
    kind = _NAMES.get(name) or keras.saving.get_registered_object(name)
    if isinstance(kind, type) and issubclass(kind, CleaningStep):
        return kind
    raise ValueError(
        f"A cleaning step must be one of {', '.join(_NAMES)}, or one of your own. Received: "
        f"{name!r}. {nearest(str(name), _NAMES)}For a step of your own import the module that "
        "registers it with keras.saving.register_keras_serializable, or pass an instance."
    )
