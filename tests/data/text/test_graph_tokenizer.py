import dataclasses
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.data.text.cleaning import CleaningStep
from keras_mtl.data.text.cleaning.step import graph_of
from keras_mtl.data.text.graph_tokenizer import GraphTokenizer
from keras_mtl.data.text.tokenizer import WordTokenizer

# Each text with the words it must give.
TRICKY = {
    "Don't  say “hello”…": ["don't", "say", '"', "hello", '"', "…"],
    "it’s a'b'c'd 'tis dogs' ''": ["it's", "a'b'c'd", "'", "tis", "dogs", "'", "'", "'"],
    "well-known, 3.5% (_x_)": [*"well - known , 3 . 5 % (".split(), "_", "x", "_", ")"],
    "great<br /><BR>film <3 a < b": ["great", "film", "<", "3", "a", "<", "b"],
    "<!-- x --><p class='y\n'>z</p><": ["z", "<"],
    "R&amp;D don&#39;t &quot;x&nbsp;y": ["r", "&", "d", "don't", '"', "x", "y"],
    "&amp;#39;s &lt;b&gt;x &unknown &T; AT&T": "' s x & unknown & t ; at & t".split(),
    "ΟΔΟΣ οδος İstanbul ẞ ǅ Ａ": ["οδοσ", "οδοσ", "istanbul", "ß", "ǆ", "ａ"],
    "这部电影，very 好看！𠀀": [*"这部电影，", "very", *"好看！𠀀"],
    "とても良い 人々 영화가 좋다": ["とても", "良", "い", "人", "々", "영화가", "좋다"],
    "great😀👍🏽 ❤\ufe0f 👩\u200d👧 🇩🇪": ["great", *"😀👍🏽❤", "👩\u200d", "👧", "🇩🇪"],
    "a\u00a0b\u2003c\u3000d\u200be\x00f\x85g\x1ch": [*"abcdefgh"],
    "so\u00adft \ufeffx\u2060y \u202ez": ["soft", "xy", "z"],
    "e\u0301te\u0301 می\u200cخواهم ؟": ["e\u0301te\u0301", "می\u200cخواهم", "؟"],
    "\ufffd \uffff \U0010ffff": ["\ufffd", "\uffff", "\U0010ffff"],
    "": [],
    " \n\t ": [],
}
OPTIONS = [
    {},
    {"punctuation": "remove", "truncation": "head_tail", "sequence_length": 5},
    {"punctuation": "keep", "lowercase": False, "sequence_length": 3},
    {"markup": "keep", "characters": False},
    {"cleaning": ["markup", "lowercase", "punctuation"], "lowercase": False, "markup": "keep"},
    {"cleaning": ["punctuation", {"stop_words": {"words": ["aς", "字 a"]}}]},
]
FRAGMENTS = st.sampled_from(
    [*"'’<>&;#!- \n\u200d字😀aΣς", "<br/>", "&amp;", "&#39;", "&lt;", "b's"]
)
SURROGATE = re.compile("[\ud800-\udfff]")
FUZZ = st.lists(st.one_of(st.characters(), FRAGMENTS), max_size=12).map("".join)
TOKENIZERS = [WordTokenizer(["a", "字"], **options) for options in OPTIONS]
GRAPHS = [GraphTokenizer(tokenizer) for tokenizer in TOKENIZERS]
GRAPH_TOKENS = [
    tf.function(g.tokens, input_signature=[tf.TensorSpec([None], tf.string)]) for g in GRAPHS
]


def words_of(ragged: tf.RaggedTensor) -> list[list[str]]:
    return [[word.decode() for word in row] for row in ragged.to_list()]


def test_tricky_texts_give_the_expected_words() -> None:
    expected = list(TRICKY.values())
    assert [TOKENIZERS[0].tokens(text) for text in TRICKY] == expected
    assert words_of(GRAPH_TOKENS[0](tf.constant(list(TRICKY)))) == expected


@pytest.mark.parametrize("case", range(len(OPTIONS)))
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(FUZZ, max_size=25))
def test_graph_and_python_agree_on_any_text(case: int, texts: list[str]) -> None:
    python = [TOKENIZERS[case].tokens(text) for text in texts]
    # A surrogate has no UTF-8; Python reads it as the replacement character.
    batch = tf.constant([SURROGATE.sub("\ufffd", text) for text in texts], tf.string)
    assert words_of(GRAPH_TOKENS[case](batch)) == python
    ids = TOKENIZERS[case](texts)["token_ids"]
    np.testing.assert_array_equal(GRAPHS[case](batch)["token_ids"], ids)
    # What comes out may go into a vocabulary, which takes only words that come out.
    words = set(itertools.chain.from_iterable(python))
    assert all(TOKENIZERS[case].splitter(word) == [word] for word in words)


def test_graph_and_python_agree_on_every_character() -> None:
    codes = itertools.chain(range(0xD800), range(0xE000, 0x32400), range(0xE0000, 0xE0200))
    texts = [f"A{chr(code)}b" for code in codes]
    for tokenizer, graph_tokens in zip(TOKENIZERS[:2], GRAPH_TOKENS[:2], strict=True):
        expected = [" ".join(tokenizer.tokens(text)) for text in texts]
        found = tf.strings.reduce_join(graph_tokens(tf.constant(texts)), axis=1, separator=" ")
        assert [text.decode() for text in found.numpy()] == expected


@pytest.mark.parametrize("texts", [[], [""], ["", "a a"]])
def test_shapes(texts: list[str]) -> None:
    ids = GRAPHS[0](tf.constant(texts, tf.string))["token_ids"]
    assert ids.dtype == tf.int32
    assert ids.shape == TOKENIZERS[0](texts)["token_ids"].shape


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert words_of(GRAPH_TOKENS[0](tf.constant([b"a\xff b"]))) == [["a\ufffd", "b"]]


def test_bytes_that_are_not_utf8_are_replaced_before_cleaning() -> None:
    assert words_of(GRAPHS[4].tokens(tf.constant([b"A\xff, b"]))) == [["a\ufffd", "b"]]


@dataclasses.dataclass(frozen=True)
class Without(CleaningStep):
    letter: str

    def __call__(self, text: str) -> str:
        return text.replace(self.letter, "")


@dataclasses.dataclass(frozen=True)
class WithoutInGraph(Without):
    def in_graph(self, texts: tf.Tensor) -> tf.Tensor:
        return tf.strings.regex_replace(texts, re.escape(self.letter), "")


def test_a_step_of_ones_own_is_in_the_graph_if_it_says_how() -> None:
    tokenizer = WordTokenizer(["a"], cleaning=[WithoutInGraph("#"), "lowercase"])
    assert tokenizer.tokens("A#b") == ["ab"]
    assert words_of(GraphTokenizer(tokenizer).tokens(tf.constant(["A#b"]))) == [["ab"]]


@dataclasses.dataclass(frozen=True)
class WithoutTwice(WithoutInGraph):
    def __call__(self, text: str) -> str:
        return text.replace(2 * self.letter, "")


@dataclasses.dataclass(frozen=True)
class WithoutTwiceInGraph(WithoutTwice):
    def in_graph(self, texts: tf.Tensor) -> tf.Tensor:
        return tf.strings.regex_replace(texts, re.escape(2 * self.letter), "")


def test_a_step_with_a_call_of_its_own_has_not_the_graph_of_its_base() -> None:
    assert graph_of(WithoutTwice("#")) is None and graph_of(WithoutInGraph("#")) is not None
    with pytest.raises(ValueError, match="without one, WithoutTwice"):
        GraphTokenizer(WordTokenizer(["a"], cleaning=[WithoutTwice("#")]))
    tokenizer = WordTokenizer(["a"], cleaning=[WithoutTwiceInGraph("b")])
    assert words_of(GraphTokenizer(tokenizer).tokens(tf.constant(["Abbb"]))) == [["ab"]]
    assert tokenizer.tokens("Abbb") == ["ab"]


def test_a_step_that_cannot_be_in_a_graph_is_named() -> None:
    tokenizer = WordTokenizer(["a"], cleaning=["markup", Without("#"), "unicode"])
    with pytest.raises(ValueError, match=r"without one, Without, unicode\. Clean and tokenize in"):
        GraphTokenizer(tokenizer)


def test_saved_model_needs_only_tensorflow(tmp_path: Path) -> None:
    texts = list(TRICKY)
    options = {"sequence_length": 5, "truncation": "head_tail"}
    steps = ["markup", "lowercase", "punctuation", "stop_words"]
    tokenizer = WordTokenizer.fit(texts, vocabulary_size=30, cleaning=steps, **options)
    tf.saved_model.save(GraphTokenizer(tokenizer), str(tmp_path / "model"))
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    script = (
        "import json, sys, tensorflow as tf\n"
        "texts = tf.constant(json.load(open('texts.json')))\n"
        "ids = tf.saved_model.load('model')(texts)['token_ids'].numpy().tolist()\n"
        "print(json.dumps([ids, 'keras_mtl' in sys.modules]))\n"
    )
    command = [sys.executable, "-I", "-c", script]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == [tokenizer(texts)["token_ids"].tolist(), False]
