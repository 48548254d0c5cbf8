"""Words are counted as they are cut, without being cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data.text.word_splitter import WordSplitter

OPTIONS = [
    {},
    {"punctuation": "remove"},
    {"punctuation": "keep"},
    {"markup": "keep"},
    {"characters": False},
]


@pytest.mark.parametrize("options", OPTIONS)
@given(st.text(st.sampled_from("aZ7' .-&;<>/!\n\x00_é好\u2019\u200d☀")) | st.text())
def test_count_is_the_number_of_words(options, text):
    splitter = WordSplitter(**options)
    assert splitter.count(text) == len(splitter(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("don't", 1),
        ("a'b'c'd", 1),
        ("'a' b", 4),
        ("x-y", 3),
        ("a<br />b", 2),
        ("很好!", 3),
    ],
)
def test_apostrophes_join_and_marks_are_words(text, count):
    assert WordSplitter().count(text) == count
