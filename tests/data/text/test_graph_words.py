"""Words of texts in a graph: those of `words_of`, encoded as `encode_words` does."""

import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
from keras_mtl.data.text.graph_tokenizer import GraphTokenizer
from keras_mtl.data.text.graph_words import GraphWords
from keras_mtl.data.text.subwords import SubwordTokenizer
from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.data.text.words import padded, read, words_of

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "don", "##t", "'", "t", "go", "##ing", "new", "york"]
VOCABULARY = ["don't", "going", "new", "york", "!", "a"]
TOKENIZERS = {
    "words": WordTokenizer(VOCABULARY, sequence_length=6),
    # A word is cut further, or loses all that it has.
    "cut": WordTokenizer(["don", "t"], cleaning=["markup", "punctuation"], punctuation="remove"),
    "pieces": SubwordTokenizer.wordpiece(PIECES, sequence_length=9),
}
GRAPHS = {
    name: GraphWords(
        (GraphTokenizer if isinstance(one, WordTokenizer) else GraphSubwordTokenizer)(one)
    )
    for name, one in TOKENIZERS.items()
}
TRICKY = [
    *("", " \n", "Don't go, 你好 wörld (U.S.)!", "don’t a\tb\u00a0c\u200bd", "x<br/>y &amp; z"),
    *(
        "so\u00adft \ufeffa\u2060b \x00",
        "great😀👍🏽 ❤\ufe0f 👩\u200d👧",
        "e\u0301te\u0301 \U0010ffff",
    ),
    *(
        "a'b'c 'tis dogs' '' \x01a\x01",
        "new york going don't " * 9,
        "a\u2028b\x85c\x1fd",
        "…\ufffd",
    ),
]
SURROGATE = re.compile("[\ud800-\udfff]")
FRAGMENTS = st.sampled_from([*"a'’<>&-,.! \n\u200d\u00ad\x00\x01字😀", "don't", "going", "<br/>"])
FUZZ = st.lists(st.one_of(st.characters(), FRAGMENTS), max_size=14).map("".join)


def check(name, texts):
    # A surrogate has no UTF-8.
    texts = [SURROGATE.sub("\ufffd", text) for text in texts]
    found = {key: one.numpy() for key, one in GRAPHS[name](tf.constant(texts, tf.string)).items()}
    rows = read(TOKENIZERS[name], texts, words=True)
    assert list(found) == ["token_ids", "word_starts", "words", "starts", "ends"]
    assert {str(found[key].dtype) for key in found if key != "words"} == {"int32"}
    for key, one in rows.items():
        # In Python both are as wide as the wider of them.
        expected = padded({key: one})[key]
        np.testing.assert_array_equal(found[key], expected)
    for row, text in enumerate(texts):
        count = len(rows["word_starts"].row(row))
        words = words_of(text)[:count]
        assert [one.decode() for one in found["words"][row][:count]] == [one.text for one in words]
        assert found["starts"][row][:count].tolist() == [word.start for word in words]
        assert found["ends"][row][:count].tolist() == [word.end for word in words]
        for key in ("words", "starts", "ends"):
            assert not any(found[key][row][count:])
            assert found[key].shape == found["word_starts"].shape


@pytest.mark.parametrize("name", TOKENIZERS)
def test_tricky_texts(name):
    check(name, TRICKY)


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(FUZZ, max_size=15))
def test_any_text(name, texts):
    check(name, texts)


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_no_text_and_no_word(name, texts):
    found = GRAPHS[name](tf.constant(texts, tf.string))
    framed = 2 if name == "pieces" and texts else 1
    assert found.pop("token_ids").shape == (len(texts), framed)
    assert {tuple(one.shape) for one in found.values()} == {(len(texts), 1)}


def test_words_that_are_cut_off_are_left_out():
    found = GRAPHS["pieces"](tf.constant(["new york going new york going new"]))
    assert found["token_ids"].numpy().tolist() == [[2, 10, 11, 8, 9, 10, 11, 8, 3]]
    assert found["word_starts"].numpy().tolist() == [[2, 3, 4, 6, 7, 8]]
    assert found["words"].numpy().tolist() == [[b"new", b"york", b"going"] * 2]
    assert found["ends"].numpy().tolist() == [[3, 8, 14, 18, 23, 29]]


def test_bytes_that_are_not_utf8_count_as_one_character():
    found = GRAPHS["words"](tf.constant([b"a\xff b"]))
    assert found["words"].numpy().tolist() == [["a\ufffd".encode(), b"b"]]
    assert found["ends"].numpy().tolist() == [[2, 4]]


def test_the_end_of_a_text_of_words_cannot_be_kept():
    tokenizer = WordTokenizer(["a"], sequence_length=4, truncation="head_tail")
    graph = GraphWords(GraphTokenizer(tokenizer))
    assert graph(tf.constant(["a a a a", ""]))["word_starts"].numpy().tolist() == [
        [1, 2, 3, 4],
        [0, 0, 0, 0],
    ]
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be head.*more than the 4 tok"):
        graph(tf.constant(["a a a a a"]))


def test_the_end_of_a_text_of_pieces_of_words_cannot_be_kept():
    tokenizer = SubwordTokenizer.wordpiece(PIECES, sequence_length=6, truncation="head_tail")
    graph = GraphWords(GraphSubwordTokenizer(tokenizer))
    # Of six two stand around the text.
    assert graph(tf.constant(["new york new york"]))["word_starts"].numpy().tolist() == [
        [2, 3, 4, 5]
    ]
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be head.*more than the 4 tok"):
        graph(tf.constant(["new york new york new"]))
