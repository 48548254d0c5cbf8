import dataclasses
from typing import Any

import keras
import pytest

from keras_mtl.data.text import cleaning
from keras_mtl.data.text.cleaning import CleaningStep, Lowercase, NormalizeUnicode, StripMarkup
from keras_mtl.data.text.cleaning.names import (
    cleaned,
    entry,
    name_of,
    outside_graph,
    steps_of,
)


@keras.saving.register_keras_serializable(package="test_names")
@dataclasses.dataclass(frozen=True)
class Replace(CleaningStep):
    old: str
    new: str = ""

    def __call__(self, text: str) -> str:
        return text.replace(self.old, self.new)


@dataclasses.dataclass(frozen=True)
class Broken(CleaningStep):
    def __call__(self, text: str) -> str:
        return None


class TestGet:
    def test_a_name_with_and_without_arguments(self) -> None:
        assert cleaning.get("unicode") == NormalizeUnicode("NFKC")
        assert cleaning.get({"unicode": {"form": "NFC"}}) == NormalizeUnicode("NFC")
        assert cleaning.get({"unicode": None}) == NormalizeUnicode()

    def test_an_instance_is_itself(self) -> None:
        step = Replace("a")
        assert cleaning.get(step) is step

    def test_a_registered_class_of_ones_own(self) -> None:
        step = cleaning.get({"test_names>Replace": {"old": "a", "new": "b"}})
        assert step == Replace("a", "b")

    def test_every_exported_step_has_a_name_and_comes_back_from_its_entry(self) -> None:
        kinds = [getattr(cleaning, name) for name in cleaning.__all__ if name[0].isupper()]
        for kind in kinds:
            if kind is not CleaningStep:
                step = kind()
                assert cleaning.get(name_of(step)) == step
                assert cleaning.get(entry(step)) == step
                registered = keras.saving.get_registered_name(kind)
                assert registered == f"keras_mtl>{kind.__name__}"
                config = keras.saving.serialize_keras_object(step)
                assert keras.saving.deserialize_keras_object(config) == step

    @pytest.mark.parametrize(
        ("identifier", "error", "message"),
        [
            ("lowercas", ValueError, "'lowercas'. Did you mean 'lowercase'"),
            ("mine>Step", ValueError, "import the module that registers it"),
            ("keras_mtl>WordTokenizer", ValueError, "must be one of lowercase, markup"),
            ({3: {}}, ValueError, "Received: 3"),
            ({}, ValueError, r"written as \{name: \{argument: value\}\}"),
            ({"markup": {}, "unicode": {}}, ValueError, "Make each step an entry of its own"),
            ({"unicode": {"from": "NFC"}}, ValueError, "`from` is no.*Did you mean 'form'"),
            ({"markup": {"tags": 1}}, ValueError, "'markup', which has none. Received: tags=1"),
            ({"unicode": "NFC"}, TypeError, r"must be named. Received: 'NFC'"),
            ({"unicode": {"form": "NFKZ"}}, ValueError, "'NFKZ'. Did you mean 'NFK"),
            ({"test_names>Replace": {}}, ValueError, "needs `old`"),
            (Lowercase, TypeError, "an instance, not the class"),
            (str.lower, TypeError, "must be a name"),
        ],
    )
    def test_errors_say_what_to_do(
        self, identifier: Any, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            cleaning.get(identifier)

    def test_a_class_with_the_name_of_a_step_of_the_package(self) -> None:
        step = type("lowercase", (Replace,), {})("a")
        with pytest.raises(ValueError, match="must not have the name of one of the package"):
            cleaning.get(step)


class TestStepsOf:
    def test_order_is_kept(self) -> None:
        assert steps_of(["markup", Lowercase()]) == (StripMarkup(), Lowercase())
        assert steps_of(None) == steps_of([]) == ()

    def test_two_of_a_class_may_differ(self) -> None:
        assert len(steps_of([Replace("a"), Replace("b")])) == 2

    @pytest.mark.parametrize("twice", [["markup", StripMarkup()], [Replace("a"), Replace("a")]])
    def test_a_step_twice(self, twice: list[Any]) -> None:
        with pytest.raises(ValueError, match="each step once.*positions 0 and 1"):
            steps_of(twice)

    @pytest.mark.parametrize("wrong", ["markup", {"markup": {}}, StripMarkup(), {"markup"}, 3])
    def test_what_is_no_list(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match=r"must be a list of steps.*as \[step\]"):
            steps_of(wrong)


def test_a_step_must_be_one_that_can_be_stored() -> None:
    with pytest.raises(TypeError, match="JSON can hold.*function is not JSON"):
        steps_of([Replace(test_a_step_must_be_one_that_can_be_stored)])


def test_a_step_must_return_a_str() -> None:
    with pytest.raises(TypeError, match="step Broken must return a str. Received: None"):
        cleaned("a", [Broken()])


def test_steps_outside_the_graph_are_named() -> None:
    steps = steps_of(["markup", "unicode", Replace("a"), Broken(), "stop_words"])
    assert outside_graph(steps) == ["unicode", "test_names>Replace", "Broken"]
