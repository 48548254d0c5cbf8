"""What makes a column one of texts, of labels, or of neither."""

import pytest

from keras_mtl.data.guessing.column_facts import MOST_LABELS, ColumnFacts

UNLIKE_LABELS = {
    "several values in a row, or none": [["a"], ["b"], []],
    "neither names nor whole numbers alone (4 numbers)": [0.5, 1.5, 0.5, 1.5],
    "neither names nor whole numbers alone (2 strings, 2 whole numbers)": ["a", 1, "a", 1],
    "no value in it": [None, "", " ", float("nan")],
    "the same value in every row": ["a"] * 9,
    "4 different values in 12 rows": list("abcd") * 3,
    "3 different values in 3 rows": list("abc"),
    f"more than {MOST_LABELS} different values": [str(n) for n in range(MOST_LABELS + 1)] * 5,
    "free text": ["a" * 101, "b"] * 5,
    "names of splits": ["train", "test", "Dev", "train"] * 4,
    "dates or times": ["2020-01-01", "2020-01-02"] * 5,
    "scores": ["0.5", "1.0", "0.5", "1.0"],
    "numbers that measure": ["1999", "2000", "2001"] * 5,
}
LIKE_LABELS = [
    ["pos", "neg", "pos"],
    ["yes", "no", "no", ""],
    ["1", "0", "1"],
    [1, 0, 1],
    [True, False, True],
    ["1.0", "0.0", "1.0"],
    [-1, 0, 1, 1],
    ["1", "2", "4", "10"] * 5,
    [str(n) for n in range(46)] * 5,
    ["2020-01-01", "later"] * 5,
    ["评论", "新闻"] * 3,
]


def facts(values, name="tone"):
    found = ColumnFacts(name)
    for value in values:
        found.add(value)
    return found


@pytest.mark.parametrize("fault", UNLIKE_LABELS)
def test_a_column_without_labels_says_why(fault):
    assert facts(UNLIKE_LABELS[fault]).label_fault() == fault


@pytest.mark.parametrize("values", LIKE_LABELS, ids=str)
def test_a_column_of_labels_has_no_fault(values):
    assert facts(values).label_fault() == ""


@pytest.mark.parametrize("name", ["id", "ID", "user_id", "userId", "Unnamed: 0", "index", "doc-id"])
def test_an_id_is_told_by_its_name(name):
    assert facts(["a", "b"] * 9, name).label_fault() == "an id by its name"


@pytest.mark.parametrize("name", ["kid", "valid", "grid", "Android"])
def test_a_name_that_ends_like_an_id_is_none(name):
    assert facts(["a", "b"] * 9, name).label_fault() == ""


def test_a_label_column_may_not_be_called_as_texts_are():
    assert facts(["a", "b"] * 9, "text").label_fault() == "'text' is the name of a text"


@pytest.mark.parametrize(
    "values",
    [
        ["A fine film", "so dull"],
        ["很好看", "太差了"],
        ["ดีมาก", "แย่มาก"],
        ["Müller", "O'Brien"],
        ["one good film", "so 2 dull", "b"],
    ],
)
def test_texts_have_words(values):
    assert facts(values).text_fault(len(values)) == ""


@pytest.mark.parametrize(
    ("values", "rows", "fault"),
    [
        (["1", "2"], 2, "no words"),
        (["2020-01-01 10:00:00", "2020-01-02 11:00:00"], 2, "no words"),
        (["https://a.b/c?d=1", "https://a.b/c?d=2"], 2, "no words"),
        (["a1b2c3", "d4e5f6"], 2, "no words"),
        (["a fine film"] * 3 + ["so dull"], 6, ""),
        (["a fine film"] * 5, 5, "only 1 different among 5 values"),
        (["a fine film"], 3, "empty in 2 of 3 rows"),
        ([["a", "b"]], 1, "not strings alone (1 list)"),
        ([{"a": 1}, "b"], 2, "not strings alone (1 object, 1 string)"),
    ],
)
def test_a_column_without_texts_says_why(values, rows, fault):
    assert facts(values).text_fault(rows) == fault


def test_a_long_word_is_looked_at_in_no_time():
    assert facts(["a1" * 500_000, "b1" * 500_000]).text_fault(2) == "no words"


def test_a_column_is_described_by_a_few_short_values():
    found = facts(["x" * 100, "x" * 100, "b", "c", "d", None])
    assert found.describe(6) == (
        f"'tone': 5 strings (missing in 1), such as '{'x' * 38}…, 'b', 'c'"
    )
    assert facts([None, None]).describe(2) == "'tone': empty in all 2 rows"
