"""What each step does to a text, and that the graph does the same to any text."""

import dataclasses
import itertools
import re
import unicodedata
from random import Random
from typing import Any

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.data.text import cleaning
from keras_mtl.data.text.cleaning import CleaningStep, RemoveStopWords, stop_words
from keras_mtl.data.text.cleaning.names import outside_graph
from keras_mtl.data.text.graph_tokenizer import GraphTokenizer
from keras_mtl.data.text.tokenizer import WordTokenizer

FRAGMENTS = [
    *"'’<>&;#!- \n\u200d字我们😀aΣςS.,\x00\x01\u00ad",
    *["<br/>", "&amp;", "&#39;", "&lt;", "b's", "'a", "I.E.", "the", "THE", "isn’t", "New York"],
]
SURROGATE = re.compile("[\ud800-\udfff]")
FUZZ = st.lists(st.one_of(st.characters(), st.sampled_from(FRAGMENTS)), max_size=15).map("".join)
WORDS = ("我们", "们的", "the", "i.e.", "isn't", "New York", "york city", "a a", "'", "字", "<br/>")
IN_GRAPH = [
    cleaning.get(value)
    for value in (
        "markup",
        "lowercase",
        "punctuation",
        {"stop_words": {"language": "en"}},
        {"stop_words": {"language": None, "words": WORDS}},
    )
]


def in_graph(step: CleaningStep) -> Any:
    assert step.in_graph is not None
    return tf.function(step.in_graph, input_signature=[tf.TensorSpec([None], tf.string)])


GRAPHS = [in_graph(step) for step in IN_GRAPH]


def strings(texts: tf.Tensor) -> list[str]:
    return [text.decode() for text in texts.numpy()]


@pytest.mark.parametrize(
    ("step", "text", "expected"),
    [
        ("markup", "a<br />b &amp;lt;i&gt;c", "a b  c"),
        ("markup", "3 < 4 &nbsp; it’s\n", "3 < 4   it’s\n"),
        ("lowercase", "ÄΟΔΟΣ İ Ⅷ 好\n", "äοδοσ i ⅷ 好\n"),
        ("unicode", "Ｆｉｌｍ ﬁn e\u0301 Ⅷ", "Film fin é VIII"),
        ({"unicode": {"form": "NFD"}}, "é ﬁ", "e\u0301 ﬁ"),
        ("punctuation", "Don’t, x-y! 'tis the dogs'", "Don't x y tis the dogs"),
        ("punctuation", "a'b'c''d $5 好'片。 😀'x", "a'b'c d 5 好 片 😀 x"),
        ("punctuation", " \n…\u00ad! ", ""),
        ("stop_words", "The theme isn’t bad, i.e IT is", "theme bad,"),
        ({"stop_words": {"language": "zh"}}, "这部电影的结局", "部电影 结局"),
        ({"stop_words": {"language": "german"}}, "Der Film ist gut", "Film gut"),
    ],
)
def test_what_a_step_does(step: Any, text: str, expected: str) -> None:
    made = cleaning.get(step)
    assert made(text) == expected
    if made.in_graph:
        assert strings(made.in_graph(tf.constant([text]))) == [expected]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["我们"], "但我们走了，我和们", "但 走了，我和们"),
        (["我们", "们的"], "我们的书", "书"),  # Where two overlap both go.
        (["new york"], "New York, a new, york New\tYORK new york", ", a new, york"),
        (["a b", "b c d"], "a b c a b c d", "c"),
        (["the"], "theme THE the the", "theme"),
        (["が"], "日本が とても が", "日本 とても"),  # A kana word stays whole.
        (["<br/>"], "a <br/> b", "a b"),
    ],
)
def test_stop_words_are_found_where_their_tokens_follow_each_other(
    words: list[str], text: str, expected: str
) -> None:
    step = RemoveStopWords(language=None, words=words)
    assert step(text) == expected
    assert strings(in_graph(step)(tf.constant([text]))) == [expected]


@pytest.mark.parametrize("case", range(len(IN_GRAPH)))
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(FUZZ, max_size=20))
def test_graph_and_python_agree_on_any_text(case: int, texts: list[str]) -> None:
    # A surrogate has no UTF-8; in a graph it is the replacement character.
    texts = [SURROGATE.sub("\ufffd", text) for text in texts]
    found = strings(GRAPHS[case](tf.constant(texts, tf.string)))
    assert found == [IN_GRAPH[case](text) for text in texts]


@pytest.mark.parametrize("case", range(len(IN_GRAPH)))
def test_graph_and_python_agree_on_every_character(case: int) -> None:
    codes = itertools.chain(range(0xD800), range(0xE000, 0x32400), range(0xE0000, 0xE0200))
    texts = [f"A'{chr(code)}'b" for code in codes]
    expected = [IN_GRAPH[case](text) for text in texts]
    assert strings(GRAPHS[case](tf.constant(texts))) == expected


@pytest.mark.parametrize("language", ["vi", "gu", "he", "fa", "ko", "ja"])
def test_graph_and_python_agree_on_lists_of_words_with_spaces(language: str) -> None:
    step = RemoveStopWords(language)
    words = step.resolved or ()
    texts = [
        f"{one.upper()} x{two} {three}!"
        for one, two, three in zip(*[iter(words)] * 3, strict=False)
    ]
    expected = [step(text) for text in texts]
    assert strings(in_graph(step)(tf.constant(texts))) == expected
    assert sum(map(len, expected)) < sum(map(len, texts)) / 2


def test_every_list_fits_into_a_graph() -> None:
    package = pytest.importorskip("stop_words")
    for language in package.LANGUAGE_MAPPING:
        assert RemoveStopWords(language).in_graph is not None, language


@pytest.mark.parametrize(
    ("letters", "longest"),
    [(range(0x61, 0x7B), 12), (range(0x430, 0x450), 12), (range(0x4E00, 0x9FA0), 4)],
)
def test_as_many_words_as_a_graph_has_do_not_exhaust_re2(
    letters: range, longest: int, capfd: pytest.CaptureFixture[str]
) -> None:
    random = Random(0)
    words: list[str] = []
    size = 0
    while size < stop_words.MOST_IN_GRAPH - 50:
        words.append("".join(map(chr, random.choices(letters, k=random.randint(2, longest)))))
        tokens = re.findall(stop_words.TOKEN, words[-1])
        size += len(re.escape(" ".join(tokens)).encode()) + 1
    step = RemoveStopWords(language=None, words=words)
    assert strings(in_graph(step)(tf.constant([f"1 {word} 2" for word in words]))) == (
        ["1 2"] * len(words)
    )
    assert "out of memory" not in capfd.readouterr().err


def test_more_words_than_a_graph_has_are_cleaned_in_python(monkeypatch: Any) -> None:
    monkeypatch.setattr(stop_words, "MOST_IN_GRAPH", 10)
    fits = RemoveStopWords(language=None, words=["abc", "defghi"])
    many = RemoveStopWords(language=None, words=["abc", "defghij"])
    assert len("abc|defghi") == 10 and outside_graph([fits]) == []
    assert outside_graph([fits, many]) == ["stop_words"]
    assert many("x abc defghij y") == "x y"
    with pytest.raises(ValueError, match="no more stop words than a graph can have.*stop_words"):
        GraphTokenizer(WordTokenizer(["x"], cleaning=[many]))


@given(text=FUZZ)
def test_punctuation_goes_as_it_does_with_the_option_of_the_tokenizer(text: str) -> None:
    cleaned = WordTokenizer(["a"], markup="keep", cleaning=["punctuation"])
    option = WordTokenizer(["a"], markup="keep", punctuation="remove")
    assert cleaned.tokens(text) == option.tokens(text)


@given(text=FUZZ)
def test_letters_are_small_as_with_the_option_of_the_tokenizer(text: str) -> None:
    cleaned = WordTokenizer(["a"], markup="keep", lowercase=False, cleaning=["lowercase"])
    assert cleaned.tokens(text) == WordTokenizer(["a"], markup="keep").tokens(text)


@given(text=FUZZ)
def test_no_single_stop_word_is_left_and_no_other_word_goes(text: str) -> None:
    words = ["the", "a", "字", "σ"]
    plain = WordTokenizer(["x"], markup="keep")
    cleaned = WordTokenizer(
        ["x"], markup="keep", cleaning=[{"stop_words": {"language": None, "words": words}}]
    )
    assert cleaned.tokens(text) == [token for token in plain.tokens(text) if token not in words]


@given(text=FUZZ, form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_normal_form_is_the_one_of_unicode(text: str, form: Any) -> None:
    assert unicodedata.is_normalized(form, cleaning.NormalizeUnicode(form)(text))


def test_steps_are_frozen_and_equal_by_what_they_do() -> None:
    assert RemoveStopWords("en") == RemoveStopWords("en") != RemoveStopWords("de")
    with pytest.raises(dataclasses.FrozenInstanceError):
        RemoveStopWords("en").language = "de"


@pytest.mark.parametrize("step", [*IN_GRAPH, cleaning.NormalizeUnicode("NFD")])
def test_a_config_makes_an_equal_step(step: CleaningStep) -> None:
    assert type(step).from_config(step.get_config()) == step
