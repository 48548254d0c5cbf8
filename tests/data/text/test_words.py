import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.text.subwords import SubwordTokenizer
from keras_mtl.data.text.words import read, words_of

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "don", "##t", "'", "t", "go", "##ing", "new", "york"]
WORDS = mtl.WordTokenizer(["don't", "going", "new", "york", "!"], sequence_length=6)
SUBWORDS = SubwordTokenizer.wordpiece(PIECES, sequence_length=8)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Don't go, 你好 wörld!",
        "a\tb\u00a0c\u200bd",
        "x<br/>y &amp; z",
        "😀 ok\n\n…",
        "é\u0301",
    ],
)
def test_words_are_slices_of_their_text(text):
    words = words_of(text)
    assert all(text[word.start : word.end] == word.text for word in words)
    assert all(word.source == text for word in words)
    ends = [0, *(word.end for word in words)]
    assert all(word.start >= end for word, end in zip(words, ends, strict=False))


def test_what_a_word_is():
    found = [word.text for word in words_of("Don't go, 你好 wörld (U.S.)!")]
    assert found == ["Don't", "go", ",", "你", "好", "wörld", "(", "U", ".", "S", ".", ")", "!"]


@pytest.mark.parametrize("tokenizer", [WORDS, SUBWORDS], ids=["words", "subwords"])
def test_a_word_starts_at_its_first_token(tokenizer):
    rows = [["don't", "going", "york"], [], ["\u200b", "!", "new"]]
    found = tokenizer.encode_words(rows)
    for number, row in enumerate(rows):
        ids, starts = found["token_ids"].row(number), found["word_starts"].row(number)
        assert len(starts) == len(row)
        for word, start in zip(row, starts, strict=True):
            own = tokenizer.encode_words([[word]])
            first = own["token_ids"].row(0)[own["word_starts"].row(0)[0] - 1]
            assert ids[start - 1] == first


@pytest.mark.parametrize("tokenizer", [WORDS, SUBWORDS], ids=["words", "subwords"])
def test_words_of_a_text_give_the_ids_of_the_text(tokenizer):
    texts = ["don't go new york!", "", "going"]
    by_words = read(tokenizer, texts, words=True)
    by_text = read(tokenizer, texts, words=False)
    assert set(by_words) == {"token_ids", "word_starts"} and set(by_text) == {"token_ids"}
    for row in range(len(texts)):
        assert by_words["token_ids"].row(row).tolist() == by_text["token_ids"].row(row).tolist()
    cut = [[word.text for word in words_of(text)] for text in texts]
    again = read(tokenizer, cut, words=True)
    assert again["word_starts"].values.tolist() == by_words["word_starts"].values.tolist()


@pytest.mark.parametrize(("tokenizer", "room"), [(WORDS, 6), (SUBWORDS, 6)])
def test_words_that_are_cut_off_start_nowhere(tokenizer, room):
    found = tokenizer.encode_words([["new"] * 9, ["new"] * room, ["new"] * (room - 1)])
    assert found["word_starts"].lengths.tolist() == [room, room, room - 1]
    assert found["token_ids"].lengths.max() == tokenizer.sequence_length
    frame = tokenizer.sequence_length - room
    assert found["token_ids"].lengths.tolist() == [room + frame, room + frame, room - 1 + frame]


def test_a_word_half_cut_off_keeps_its_start():
    found = SUBWORDS.encode_words([["new"] * 5 + ["going", "york"]])
    assert found["word_starts"].row(0).tolist() == [2, 3, 4, 5, 6, 7]
    assert found["token_ids"].row(0).tolist() == [2, 10, 10, 10, 10, 10, 8, 3]


def test_a_subword_tokenizer_knows_how_long_a_text_would_be():
    for row in ("don't go new york! " * 3, "", ["don't", "\u200b", "", "new"] * 4, []):
        whole = SubwordTokenizer.wordpiece(PIECES, sequence_length=100)
        encode = whole.encode if isinstance(row, str) else whole.encode_words
        assert SUBWORDS.length(row) == encode([row])["token_ids"].lengths[0]


def test_the_end_of_a_text_of_words_cannot_be_kept():
    tokenizer = mtl.WordTokenizer(["a"], sequence_length=4, truncation="head_tail")
    assert len(tokenizer.encode_words([["a"] * 4])["word_starts"].row(0)) == 4
    with pytest.raises(ValueError, match="'head' where texts are lists of words.*of 5 tokens"):
        tokenizer.encode_words([["a"] * 5])


def test_the_end_of_pieces_of_words_cannot_be_kept():
    tokenizer = SubwordTokenizer.wordpiece(PIECES, sequence_length=6, truncation="head_tail")
    assert len(tokenizer.encode_words([["new"] * 4])["word_starts"].row(0)) == 4
    with pytest.raises(ValueError, match="of SubwordTokenizer must be 'head' .*of 7 tokens"):
        tokenizer.encode_words([["new"] * 5])


@pytest.mark.parametrize("rows", [[["a"], "b c"], [["a", 1]], [["a"], None]])
def test_rows_must_all_be_lists_of_words(rows):
    with pytest.raises(TypeError, match="of words must be a list of str"):
        read(WORDS, rows, words=True)


def test_a_tokenizer_is_fitted_to_lists_of_words_too():
    split = mtl.Split({"tokens": [["New", "York"], ["new", "."]]}, "mine/train")
    by_split = mtl.WordTokenizer.fit(split)
    by_texts = mtl.WordTokenizer.fit(["New York", "new ."])
    assert by_split.vocabulary == by_texts.vocabulary == ("new", ".", "york")
    assert by_split.fingerprint == by_texts.fingerprint
    np.testing.assert_array_equal(split.inputs[0], ["New", "York"])
