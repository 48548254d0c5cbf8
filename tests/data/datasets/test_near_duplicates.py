import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data.datasets.near_duplicates import (
    MOST_MISSED,
    PERMUTATIONS,
    NearDuplicates,
    bands,
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
    ],
)
def test_shingles(text, words, expected):
    assert shingles(text, words) == expected


def test_similarity_is_that_of_the_least_alike_column():
    first = (frozenset("abc"), frozenset("xy"))
    assert similarity(first, (frozenset("bcd"), frozenset("xy"))) == 0.5
    assert similarity(first, (frozenset("abc"), frozenset("z"))) == 0
    assert similarity(first, first) == 1


@pytest.mark.parametrize("alike", [0.5, 0.66, 0.8, 0.9, 0.99, 1.0])
def test_bands_miss_a_pair_seldom_enough(alike):
    count, rows = bands(alike)
    assert 2 <= count and count * rows <= PERMUTATIONS
    assert (1 - alike**rows) ** count <= MOST_MISSED
    longer = rows + 1
    too_many = (1 - alike**longer) ** (PERMUTATIONS // longer) > MOST_MISSED
    assert too_many or longer > PERMUTATIONS // 2


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
        (similarity((shingles(text, 1),), (shingles(query, 1),)) for text in texts), default=0
    )
    if found(texts, query, alike):
        assert best >= alike


def test_one_changed_word_of_many():
    # Of 58 sequences of three words three are others: 55 are shared of 61.
    changed = LONG.replace("word30", "other")
    assert found([LONG], changed, 0.9, words=3)
    assert not found([LONG], changed, 55 / 61 + 1e-9, words=3)
    assert found([LONG], changed, 55 / 61, words=3)


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
