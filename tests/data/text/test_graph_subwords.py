"""BERT's tokenizer in a graph gives the ids that the `tokenizers` library gives."""

import itertools
import json
import re

import numpy as np
import pytest
import tensorflow as tf
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.data.text.bert_rules import is_bert
from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
from keras_mtl.data.text.subwords import SubwordTokenizer

# Padding is not the first piece, so that ids change places.
PIECES = [
    *("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "a", "b", "##a", "##b", "##ab", "ab", "aba"),
    *("fine", "##st", "wine", "cafe", "##café", "café", "İ", "##i", "i", "字", ",", "，", "!", "é"),
    *("A", "##A", "bab", "##bab", "ᄒ", "##ᅡ", "##ᆫ", "α", "##σ", "1", "##1"),
]
TRICKY = [
    *("", " \n\t ", "Finest wine, finest WINE!", "café CAFÉ cafe\u0301 İ ı", "字字a字，a,b"),
    *("a\x00b\x07\ufffd \x7fa\x85b", "a\u00a0b\u2003c\u3000d\u200be\ufeffa\u2028b\x1fa", "\ufeffa"),
    *("so\u00adft a\u200db", "great😀👍🏽 ❤\ufe0f 👩\u200d👧", "한국어 한", "ΑΣ ας", "x" * 101),
    *("a" * 100, "a" * 101, "A" * 100 + "\u0301", "ab" * 50 + " a", "aba" * 40, "豈 ﬁ Ⅷ ½ １"),
    *("[SEP]", "a[SEP]b [sep] [ SEP ] [[PAD]] [MASK]a", "[S\x01EP] [SEP", "a##b ##a", "!a!!b$a_b"),
    *("\U0010ffff\uffff\ue000", "\u0899\u064b نَص", "a b " * 40),
]


def added(pieces, **options):
    """As a `tokenizer.json` is: tokens that are read wherever they stand in a text."""
    made = SubwordTokenizer.wordpiece(pieces).get_config()
    content = json.loads(made["tokenizer"])
    found = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False} | options
    special = [piece for piece in pieces if re.fullmatch(r"\[[A-Z]+\]", piece)]
    content["added_tokens"] = [
        {"id": pieces.index(piece), "content": piece, "special": True, **found} for piece in special
    ]
    # A token of the file that is longer than another, and one that RE2 could misread.
    content["added_tokens"] += [
        {"id": len(pieces) + n, "content": piece, "special": False, **found}
        for n, piece in enumerate(["[SEP]b", "a|(b"])
    ]
    return SubwordTokenizer(json.dumps(content), 16, made["padding_id"])


def unlike_bert():
    content = json.loads(SubwordTokenizer.wordpiece(PIECES).get_config()["tokenizer"])
    content["normalizer"]["clean_text"] = False
    return SubwordTokenizer(json.dumps(content), padding_id=3)


TOKENIZERS = {
    "small letters": SubwordTokenizer.wordpiece(PIECES),
    "capitals": SubwordTokenizer.wordpiece(PIECES, 7, lowercase=False),
    "accents": SubwordTokenizer.wordpiece(PIECES, strip_accents=False, characters=False),
    "added tokens": added(PIECES),
    "both ends": SubwordTokenizer.wordpiece(PIECES, 7, truncation="head_tail"),
    "controls": unlike_bert(),
}
GRAPHS = {name: GraphSubwordTokenizer(one) for name, one in TOKENIZERS.items()}
TEXTS = tf.TensorSpec([None], tf.string)
WORDS = {name: tf.function(one.words, input_signature=[TEXTS]) for name, one in GRAPHS.items()}
FRAGMENTS = st.sampled_from(
    [*"ab,，字éİ!$ \n\u0301\u00ad\x00\ufffd", "fine", "st", "[SEP]", "[SEP]b", "a|(b", "[", "SEP]"]
)
FUZZ = st.lists(st.one_of(FRAGMENTS, st.characters(exclude_categories=["Cs"])), max_size=14)


def batch(texts):
    return tf.constant(texts, tf.string)


def python_words(tokenizer, text):
    parts = tokenizers.Tokenizer.from_str(tokenizer.get_config()["tokenizer"])
    cut = parts.pre_tokenizer.pre_tokenize_str(parts.normalizer.normalize_str(text))
    return [word for word, _ in cut]


@pytest.mark.parametrize("name", TOKENIZERS)
def test_ids_of_tricky_texts(name):
    found = GRAPHS[name](batch(TRICKY))["token_ids"].numpy()
    expected = TOKENIZERS[name](TRICKY)["token_ids"]
    assert found.dtype == np.int32
    for row, text in enumerate(TRICKY):
        assert found[row].tolist() == expected[row].tolist(), repr(text)


def test_what_the_ids_are():
    found = GRAPHS["small letters"](batch(["Finest wine", "abab", "abx"]))["token_ids"].numpy()
    ids = [[PIECES[3 if n == 0 else 0 if n == 3 else n] for n in row] for row in found]
    assert ids == [
        ["[CLS]", "fine", "##st", "wine", "[SEP]"],
        ["[CLS]", "aba", "##b", "[SEP]", "[PAD]"],
        ["[CLS]", "[UNK]", "[SEP]", "[PAD]", "[PAD]"],
    ]


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(FUZZ.map("".join), max_size=25))
def test_ids_of_any_text(name, texts):
    expected = TOKENIZERS[name](texts)["token_ids"]
    np.testing.assert_array_equal(GRAPHS[name](batch(texts))["token_ids"], expected)


@settings(max_examples=30, deadline=None)
@given(words=st.lists(st.text("abA", min_size=1, max_size=120), min_size=1, max_size=40))
def test_pieces_of_any_word(words):
    for name in ("small letters", "capitals"):
        expected = TOKENIZERS[name](words)["token_ids"]
        np.testing.assert_array_equal(GRAPHS[name](batch(words))["token_ids"], expected)


@pytest.mark.parametrize("name", ["small letters", "capitals", "accents", "controls"])
def test_words_with_every_character(name):
    codes = itertools.chain(range(0xD800), range(0xE000, 0x32400), range(0xE0000, 0xE0200))
    parts = [f"A{chr(code)}b {chr(code)}" for code in codes]
    texts = ["\n".join(parts[start : start + 256]) for start in range(0, len(parts), 256)]
    for text, words in zip(texts, WORDS[name](batch(texts)).to_list(), strict=True):
        assert [word.decode() for word in words] == python_words(TOKENIZERS[name], text)


def test_marks_that_stay_are_left_in_their_order():
    # Said in the docstring: these two are neither accents nor in canonical order.
    text = "a\U0001e944\U0001e94a"
    assert python_words(TOKENIZERS["small letters"], text) == [text[0] + text[:0:-1]]
    assert WORDS["small letters"](batch([text])).to_list() == [[text.encode()]]
    assert WORDS["capitals"](batch([text])).to_list() == [[text.encode()]]
    assert python_words(TOKENIZERS["capitals"], text) == [text]


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("texts", [[], [""], ["", "a a"]])
def test_shapes(name, texts):
    found = GRAPHS[name](batch(texts))["token_ids"]
    assert found.shape == TOKENIZERS[name](texts)["token_ids"].shape


@pytest.mark.parametrize("name", TOKENIZERS)
def test_bytes_that_are_not_utf8_are_replaced(name):
    texts = [b"a\xff b", b"\xc3", b"ab\xed\xa0\x80a", b"[SEP]\xff[SEP]"]
    expected = TOKENIZERS[name]([text.decode(errors="replace") for text in texts])["token_ids"]
    np.testing.assert_array_equal(GRAPHS[name](batch(texts))["token_ids"], expected)


def test_truncation_keeps_the_tokens_around_a_text():
    found = GRAPHS["capitals"](batch(["a b " * 9, "a b a b a", "a b a b"]))["token_ids"].numpy()
    assert found.tolist() == [[1, 5, 6, 5, 6, 5, 2], [1, 5, 6, 5, 6, 5, 2], [1, 5, 6, 5, 6, 2, 0]]


def no_bert():
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "a": 3}
    yield "'model': 'BPE'", SubwordTokenizer.byte_pairs(vocabulary, [])
    for option in ("normalized", "single_word", "lstrip", "rstrip"):
        yield "added tokens, if any", added(PIECES, **{option: True})
    yield "added tokens, if any", added([*PIECES, f"[{'X' * 12_000}]"])
    content = json.loads(SubwordTokenizer.wordpiece(PIECES).get_config()["tokenizer"])
    for part, other in (("normalizer", None), ("pre_tokenizer", {"type": "Whitespace"})):
        changed = SubwordTokenizer(json.dumps({**content, part: other}), padding_id=3)
        yield f"'{part}': {other and other['type']!r}", changed


@pytest.mark.parametrize(("what", "tokenizer"), list(no_bert()))
def test_others_are_refused(what, tokenizer):
    assert not is_bert(tokenizer)
    with pytest.raises(ValueError, match="must be BERT's: WordPiece.*Tokenize in Python") as error:
        GraphSubwordTokenizer(tokenizer)
    assert what in str(error.value)


@pytest.mark.parametrize("name", TOKENIZERS)
def test_these_are_taken(name):
    assert is_bert(TOKENIZERS[name])
