"""What is written by hand is read by YAML as it was meant."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.cli.yaml_text import comment, flow, key, printable, scalar
from keras_mtl.config.yaml_file import parse_yaml

TRICKY = [
    "", " ", "yes", "No", "on", "null", "~", "true", "1", "1.5", "1e3", "0x1f", "1_000", ".inf",
    "2020-01-01", "12:30", "a: b", "a #b", "#a", "- a", "a,b", "[a]", "{a}", "*a", "&a", "!a", "%a",
    "@a", "`a`", "a'b", 'a"b', "a\\b", "a\nb", "a\tb", "\r", "\0", "\x85", "\u2028", "\ufeff",
    "评论", "é", "😀", "\U000e0001", "\ud800", "../a/b.csv", "~/a", "=", "<<", "?", ":", "a ",
    "x" * 2000, "\x7f",
]  # fmt: skip


@pytest.mark.parametrize("text", TRICKY, ids=ascii)
def test_tricky_texts_come_back(text):
    assert yaml.safe_load(f"a: {scalar(text)} # b") == {"a": text}
    assert yaml.safe_load(f"{key(text)} b") == {text: "b"}
    assert yaml.safe_load(f"a: {flow([text, text], 3)}") == {"a": [text, text]}
    assert parse_yaml(f"a: {scalar(text)} # b", "a test").data == {"a": text}


@given(st.text())
def test_any_text_comes_back(text):
    assert yaml.safe_load(f"{key(text)} {scalar(text)}") == {text: text}


@given(st.lists(st.text(), max_size=30))
def test_any_list_comes_back(texts):
    assert yaml.safe_load(f"  a:\n    {flow(texts, 5)}") == {"a": texts}


@given(st.text())
def test_any_comment_is_one(text):
    assert yaml.safe_load(f"a: 1\n{comment(text, 2)}\nb: 2") == {"a": 1, "b": 2}


def test_plain_words_stay_plain_and_long_lists_are_broken():
    assert [scalar(one) for one in ("tone", "评论", "../a-b/c.csv", "./a")] == [
        "tone", "评论", "../a-b/c.csv", "./a",
    ]  # fmt: skip
    written = flow([f"label number {n}" for n in range(50)], 8)
    assert max(map(len, written.split("\n"))) <= 100
    assert printable("a\x00\u2028\U000e0001") == "a\\u0000\\u2028\\U000e0001"
