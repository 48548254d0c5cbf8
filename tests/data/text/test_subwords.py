"""Which pieces of a long text are read, and what is stored of it."""

import json

import pytest

from keras_mtl.data.text.subwords import SubwordTokenizer

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghij"]
BYTES = {piece: number for number, piece in enumerate(["<s>", "<pad>", "</s>", *"abcdefghij"])}


def letters(tokenizer: SubwordTokenizer, text: str) -> str:
    """The pieces that are read, without those around them."""
    row = tokenizer.encode([text])["token_ids"].row(0).tolist()
    return "".join(PIECES[number] for number in row[1:-1])


@pytest.mark.parametrize(
    ("length", "truncation", "expected"),
    [
        (8, "head", "abcdef"),
        (8, "head_tail", "abcdej"),
        (10, "head_tail", "abcdefij"),
        (3, "head_tail", "a"),
        (12, "head_tail", "abcdefghij"),
        (None, "head_tail", "abcdefghij"),
    ],
)
def test_what_is_read_of_a_long_text(length: int | None, truncation: str, expected: str) -> None:
    tokenizer = SubwordTokenizer.wordpiece(PIECES, length, truncation=truncation)
    assert letters(tokenizer, "a b c d e f g h i j") == expected
    assert letters(tokenizer, "a b c"[: len(expected)]) == "abc"[: (len(expected) + 1) // 2]


def test_the_end_of_a_text_of_byte_pairs_is_kept() -> None:
    ids = {"head": [2, 3, 4, 5, 6, 1], "head_tail": [2, 3, 4, 5, 12, 1]}
    for truncation, expected in ids.items():
        tokenizer = SubwordTokenizer.byte_pairs(BYTES, [], sequence_length=6, truncation=truncation)
        row = tokenizer.encode(["abcdefghij"])["token_ids"].row(0).tolist()
        assert [tokenizer.own_id(number) for number in row] == [0, *expected[1:-1], 2]


def test_truncation_is_stored_where_it_is_not_the_usual_one() -> None:
    usual = SubwordTokenizer.wordpiece(PIECES, 8)
    # Files from before there was a choice stay what they are.
    assert "truncation" not in json.loads(usual.to_json())["config"]
    both = SubwordTokenizer.wordpiece(PIECES, 8, truncation="head_tail")
    assert both.fingerprint != usual.fingerprint
    for one in (usual, both):
        again = SubwordTokenizer.from_json(one.to_json())
        assert again.truncation == one.truncation and again.fingerprint == one.fingerprint


def test_mistakes_say_whose_they_are() -> None:
    with pytest.raises(ValueError, match=r"of SubwordTokenizer must be one of \('head', 'head_t"):
        SubwordTokenizer.wordpiece(PIECES, truncation="tail")
    with pytest.raises(ValueError, match="of SubwordTokenizer must be an integer of at least 3"):
        SubwordTokenizer.wordpiece(PIECES, 2)
