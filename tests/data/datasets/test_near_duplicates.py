import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from keras_mtl.data.datasets import near_duplicates
from keras_mtl.data.datasets.near_duplicates import (
    MOST_MISSED,
    PERMUTATIONS,
    NearDuplicates,
    bands,
    hashed,
    least_agreeing,
    shingles,
    similarity,
)
from keras_mtl.data.datasets.split import Split

WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6).map(" ".join)
LONG = " ".join(f"word{number}" for number in range(60))


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("So DULL, so dull so dull!", 2, {"so dull", "dull so"}),
        ("one two three", 3, {"one two three"}),
        ("Too short", 3, {"too short"}),
        ("!?  ...", 3, {"!? ..."}),
        ("", 3, {""}),
        ("电影 very 好看", 2, {"电 影", "影 very", "very 好", "好 看"}),
        (["So", "dull", "!"], 2, {"so dull", "dull !"}),
        ([], 2, {""}),
        ("यह दिन", 1, {"यह", "दिन"}),
        ("ดี มาก", 1, {"ดี", "มาก"}),
        ("Re\u0301sume\u0301!", 1, {"re\u0301sume\u0301"}),
        ("great😀😡", 2, {"great 😀", "😀 😡"}),
        ("It’s <b>GOOD</b>", 1, {"it's", "good"}),
    ],
)
def test_shingles(text, words, expected):
    assert shingles(text, words) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("यह दिन", "यह दान"),
        ("ดี", "ดุ"),
        ("pe\u0302che", "pe\u0301che"),
        ("great 😀", "great 😡"),
        ("👍", "👎"),
        ("!!!", "???"),
        ("<b>", "<i>"),
        ("", "."),
    ],
)
def test_texts_that_differ_in_more_than_case_and_punctuation_are_others(one, other):
    assert not found([one], other, 0.5, words=1)
    assert found([one], one, 1.0, words=1)


@pytest.mark.parametrize(
    ("one", "other"), [("यह दिन।", "यह दिन"), ("Great, 😀", "great😀!"), ("! ?", "!  ?")]
)
def test_case_punctuation_and_white_space_do_not_count(one, other):
    assert found([one], other, 1.0, words=3)


def test_hashes_are_sorted_and_the_same_everywhere():
    assert hashed(["b", "a"]).tolist() == hashed(["a", "b"]).tolist()
    assert hashed(["a"]).tolist() == [3405396810240292928]
    assert (hashed(map(str, range(1000)))[1:] > hashed(map(str, range(1000)))[:-1]).all()


def test_similarity_is_that_of_the_least_alike_column():
    first = (hashed("abc"), hashed("xy"))
    assert similarity(first, (hashed("bcd"), hashed("xy"))) == 0.5
    assert similarity(first, (hashed("abc"), hashed("z"))) == 0
    assert similarity(first, first) == 1


@pytest.mark.parametrize("alike", [0.5, 0.66, 0.8, 0.9, 0.99, 1.0])
def test_bands_miss_a_pair_seldom_enough(alike):
    count, rows = bands(alike)
    assert 2 <= count and count * rows <= PERMUTATIONS
    assert (1 - alike**rows) ** count <= MOST_MISSED / 2
    longer = rows + 1
    too_many = (1 - alike**longer) ** (PERMUTATIONS // longer) > MOST_MISSED / 2
    assert too_many or longer > PERMUTATIONS // 2


@pytest.mark.parametrize("alike", [0.5, 0.66, 0.8, 0.9, 0.99, 1.0])
def test_minhashes_of_a_pair_agree_less_seldom_enough(alike):
    least = least_agreeing(alike)
    assert binom.cdf(least - 1, PERMUTATIONS, alike) <= MOST_MISSED / 2
    assert least == PERMUTATIONS or binom.cdf(least, PERMUTATIONS, alike) > MOST_MISSED / 2


def found(texts, query, alike, words=1):
    index = NearDuplicates(Split({"text": [*texts, query]}), alike, words)
    for row in range(len(texts)):
        index.add(row, index.sketch(row))
    return index.has_like(index.sketch(len(texts)))


@given(texts=st.lists(WORDS, max_size=5), query=WORDS, words=st.integers(1, 3))
def test_equal_words_are_always_found_and_others_never(texts, query, words):
    equal = shingles(query, words) in [shingles(text, words) for text in texts]
    assert found(texts, query, 1.0, words) is equal


@given(texts=st.lists(WORDS, max_size=5), query=WORDS, alike=st.floats(0.5, 1))
def test_what_is_found_is_as_alike_as_asked_for(texts, query, alike):
    best = max(
        (similarity((hashed(shingles(text, 1)),), (hashed(shingles(query, 1)),)) for text in texts),
        default=0,
    )
    if found(texts, query, alike):
        assert best >= alike


def test_one_changed_word_of_many():
    # Of 58 sequences of three words three are others: 55 are shared of 61.
    changed = LONG.replace("word30", "other")
    assert found([LONG], changed, 0.9, words=3)
    assert not found([LONG], changed, 55 / 61 + 1e-9, words=3)
    assert found([LONG], changed, 55 / 61, words=3)


def test_pairs_just_as_alike_as_asked_for_are_found():
    # 60 words shared of 80 each: 60 of 100 different ones, many times over.
    missed = 0
    for number in range(200):
        shared = [f"s{number}-{word}" for word in range(60)]
        one, other = ([*shared, *(f"{which}{word}" for word in range(20))] for which in "xy")
        missed += not found([" ".join(one)], " ".join(other), 0.6)
    assert missed <= 2


def test_rows_that_share_boilerplate_alone_are_not_compared(monkeypatch):
    shared = " ".join(f"same{word}" for word in range(20))
    texts = [shared + " ".join(f" {row}-{word}" for word in range(80)) for row in range(100)]
    index = NearDuplicates(Split({"text": [*texts, texts[0]]}), 0.5, 1)
    index.add_each(texts)
    compared = []
    monkeypatch.setattr(
        near_duplicates, "similarity", lambda *pair: compared.append(pair) or similarity(*pair)
    )
    assert index.has_like(index.sketch(100)) and len(compared) == 1


def test_half_a_surrogate_pair_is_a_character_as_any():
    assert found(["a \ud800b"], "A \ud800b!", 0.9)


def test_a_text_that_occurs_often_is_added_once():
    split = Split({"text": ["a", "a", "b"]})
    index = NearDuplicates(split, 0.9, 3)
    index.add_each(["a", "a", "b"])
    assert index.has_like(index.sketch(1)) and index.has_like(index.sketch(2))


def test_a_missing_package_is_an_error_that_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasketch", None)
    with pytest.raises(ImportError, match=r"pip install 'keras_mtl\[cleaning\]'"):
        NearDuplicates(Split({"text": ["a"]}), 0.9, 3)
