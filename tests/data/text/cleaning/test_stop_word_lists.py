import sys
from typing import Any

import pytest

from keras_mtl.data.text.cleaning import RemoveStopWords
from keras_mtl.data.text.cleaning.stop_word_lists import _listed_words, listed_words


def test_every_language_of_the_package_has_words() -> None:
    import stop_words

    for code, name in stop_words.LANGUAGE_MAPPING.items():
        assert len(listed_words(code)) > 40
        assert listed_words(code) == listed_words(name)


def test_what_stands_around_a_listed_word_is_left_out() -> None:
    # The Hebrew list has quotes and commas about each word, the Slovak one a byte order mark.
    assert "אבל" in listed_words("he")
    assert "a" in listed_words("sk")
    assert not {word for word in listed_words("fa") if word in ",.!؟"}
    assert {"don't", "i.e"} <= listed_words("en")


def test_no_language_has_no_words() -> None:
    assert listed_words(None) == set()


def test_words_are_added_to_the_list() -> None:
    step = RemoveStopWords("en", words=("Film", "我们"))
    assert set(step.resolved or ()) == listed_words("en") | {"film", "我们"}
    assert step.words == ("Film", "我们")
    assert RemoveStopWords(None, words={"b", "a"}).words == ("a", "b")


def test_a_stored_list_is_used_whatever_the_package_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {**RemoveStopWords("en").get_config(), "resolved": ["film"]}
    monkeypatch.setitem(sys.modules, "stop_words", None)
    assert RemoveStopWords.from_config(stored)("the film") == "the"


def test_the_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    _listed_words.cache_clear()
    monkeypatch.setitem(sys.modules, "stop_words", None)
    with pytest.raises(ImportError, match=r"keras_mtl\[cleaning\].*`words` of your own"):
        RemoveStopWords("en")
    assert RemoveStopWords(None, words=["the"])("the film") == "film"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"language": "englsh"}, ValueError, "language='englsh'. Did you mean 'english'"),
        ({"language": "xx"}, ValueError, r"must be one of ar, bg, .*Received: language='xx'\.$"),
        ({"language": 3}, ValueError, "Received: language=3"),
        ({"language": None}, ValueError, "Name a language, or list words"),
        ({"words": "the"}, TypeError, r"words='the'. Write a single word as \['word'\]"),
        ({"words": [3]}, TypeError, "must hold words. Received: 3 of type int"),
        ({"words": ["\u00ad "]}, ValueError, "not empty. Received"),
        ({"resolved": "the"}, TypeError, "`resolved` of RemoveStopWords must be a list"),
    ],
)
def test_errors_say_what_to_do(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        RemoveStopWords(**arguments)
