from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import pydantic
import pytest

import keras_mtl as mtl
from keras_mtl.config.arguments import in_words, keys_of, model_of, takes_any_key


def make(
    tokenizer: Any,
    units: int,
    rate: float = 0.5,
    names: Sequence[str] | None = None,
    path: str | Path = "here",
    *,
    flag: bool = False,
    **more: Any,
) -> None:
    """Make something.

    Args:
        tokenizer: Supplied.
        units: How wide,
            in numbers.
        rate: How fast.
    """


def test_keys_are_the_arguments_with_their_types_defaults_and_meanings():
    keys = keys_of(make, ["tokenizer"])
    assert list(keys) == ["units", "rate", "names", "path", "flag"]
    assert keys["units"].required and not keys["rate"].required
    assert keys["units"].meaning == "How wide, in numbers."
    assert keys["rate"].default == 0.5
    assert keys["path"].annotation is str
    assert takes_any_key(make) and not takes_any_key(mtl.trunks.lstm)


def test_keras_classes_tell_their_types_by_their_defaults():
    keys = keys_of(keras.optimizers.Adam, ["name"])
    assert keys["learning_rate"].type_words == "a number or a mapping from text to anything"
    assert keys["beta_1"].annotation is float
    assert keys["amsgrad"].annotation is bool
    assert keys["weight_decay"].annotation is Any
    assert keys["learning_rate"].meaning


def test_a_class_that_inherits_its_arguments_has_them_documented():
    class Base:
        """Base.

        Args:
            size: How large.
        """

        def __init__(self, size: int = 1) -> None: ...

    class Own(Base):
        """Own."""

    assert keys_of(Own)["size"].meaning == "How large."


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int | None, "a whole number or null"),
        (Mapping[str, Sequence[str]], "a mapping from text to (a list of text)"),
        (list[float], "a list of numbers"),
        (Literal["a", "b"], "`a` or `b`"),
        (str | Mapping[str, Sequence[str] | None], None),
        (Any, "any value"),
    ],
)
def test_types_in_words(annotation, words):
    assert words is None or in_words(annotation) == words
    assert "typing" not in in_words(annotation)


def test_a_section_is_checked_strictly():
    model = model_of(keys_of(make, ["tokenizer"]).values())
    found = model.model_validate({"units": 3, "rate": 1}).model_dump(by_alias=True)
    assert found == {"units": 3, "rate": 1, "names": None, "path": "here", "flag": False}
    wrongs = [{"units": "3"}, {"units": True}, {"units": 1.5}, {"units": 1, "rate": float("nan")}]
    for wrong in [*wrongs, {"units": 1, "flag": 1}, {"units": 1, "x": 1}, {}]:
        with pytest.raises(pydantic.ValidationError):
            model.model_validate(wrong)


def test_keys_may_have_names_that_pydantic_keeps_for_itself():
    def odd(copy: int, json: str = "x", model_config: int = 1, _private: int = 2) -> None: ...

    model = model_of(keys_of(odd).values())
    found = model.model_validate({"copy": 1, "_private": 5}).model_dump(by_alias=True)
    assert found == {"copy": 1, "json": "x", "model_config": 1, "_private": 5}


def test_every_key_of_the_package_says_what_it_does():
    from keras_mtl.config import kinds, schema

    tables = (kinds.DATA, kinds.TASKS, kinds.TOKENIZERS, kinds.TRUNKS, kinds.BALANCERS)
    sections = [one.keys for table in tables for one in table.values()]
    sections += [value for name, value in vars(schema).items() if isinstance(value, dict)]
    silent = {
        key.name
        for section in sections
        for key in section.values()
        if hasattr(key, "meaning") and not key.meaning
    }
    assert not silent
