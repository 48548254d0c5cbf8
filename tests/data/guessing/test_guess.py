"""How files are to be read is seen in the files, and what is said of them is true."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.data.guessing.guess import guess

TEXTS = [f"This is text number {word}" for word in "one two three four five six".split()]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table(name, /, **columns):
    """Write a table of columns; `None` is missing."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if name.endswith(".jsonl"):
        text = "".join(json.dumps(row) + "\n" for row in rows)
    else:
        cells = [list(columns), *([v or "" for v in row.values()] for row in rows)]
        text = "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in cells)
    Path(name).write_text(text, encoding="utf-8")
    return name


def train(name="mine.csv", /, **columns):
    rows = {"text": TEXTS * 2, "tone": ["pos", "neg"] * 6, **columns}
    return {"train": table(name, **{key: one for key, one in rows.items() if one is not None})}


@pytest.mark.parametrize("name", ["mine.csv", "mine.jsonl"])
def test_texts_and_labels_are_found_and_read(name):
    files = train(name, id=[str(n) for n in range(12)], topic=["a", "b", "c"] * 4)
    found = guess("mine", files)
    assert (found.text, found.labels) == ("text", {"tone": None, "topic": None})
    assert found.nulls == "error" and found.notes == {"id": "12 different values in 12 rows"}
    data = found.load()
    assert data.labels == {"tone": ("neg", "pos"), "topic": ("a", "b", "c")}
    assert data.train.texts == tuple(TEXTS * 2)
    assert found.arguments["labels"] == ["tone", "topic"]


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (("first", "second"), "second"),
        (("text", "second"), "text"),
        (("Review", "summary"), "Review"),
        (("title", "Review Text"), "Review Text"),
        (("comment", "message"), "message"),
        (("title", "notes"), "title"),
        (("subtext", "notes"), "notes"),
    ],
)
def test_of_several_texts_one_with_a_usual_name_is_taken_or_the_longest(names, taken):
    short, long = names
    titles = [f"Title {word}" for word in "abcdef"] * 2
    found = guess("mine", train(**{"text": None, short: titles, long: TEXTS * 2}))
    assert (found.text, found.other_texts) == (taken, [short if taken == long else long])


def test_a_single_word_may_be_a_text_where_there_is_no_other():
    names = ["Müller", "Rossi", "Smith", "Dubois", "Garcia", "Jansen"] * 2
    found = guess("names", train(text=None, surname=names))
    assert found.text == "surname"


def test_of_columns_that_say_the_same_the_names_are_taken():
    found = guess("mine", train(label=["1", "0"] * 6, label_again=["B", "A"] * 6))
    assert found.labels == {"tone": None}
    assert found.notes == {
        "label": "says the same as 'tone'", "label_again": "says the same as 'tone'",
    }  # fmt: skip
    other = guess("mine", train(tone=["1", "0"] * 6, name=["pos", "neg"] * 6))
    assert other.labels == {"name": None}
    alike = guess("mine", train(other=["a", "b"] * 5 + ["b", "a"]))
    assert list(alike.labels) == ["tone", "other"]


def test_missing_labels_stay_and_missing_texts_go():
    tone = ["pos", "neg", None] * 4
    found = guess("mine", train(tone=tone))
    assert found.nulls == "unlabelled" and found.load().train["tone"] == tuple(tone)
    texts = [*TEXTS, *TEXTS[:5], None]
    found = guess("mine", train(tone=tone, text=texts))
    assert found.nulls == "unlabelled" and found.load().train["tone"] == tuple(tone[:11])
    assert found.load().nulls["train"] == {"dropped": 1, "unlabelled": {"tone": 3}}
    found = guess("mine", train(text=texts))
    assert (found.nulls, len(found.load().train)) == ("drop", 11)
    both = [*["pos", "neg"] * 5, "pos", None]
    assert guess("mine", train(tone=both, text=texts)).load().nulls["train"]["dropped"] == 1


def test_one_empty_text_costs_no_row_that_is_labelled_in_part():
    tone, topic = ["a", "b", None, None] * 3, [None, None, "c", "d"] * 3
    files = train(text=[None, *TEXTS, *TEXTS[:5]], tone=tone, topic=topic)
    found = guess("mine", files)
    assert list(found.labels) == ["tone", "topic"] and len(found.load().train) == 11


def test_labels_that_only_stand_in_rows_without_texts_are_none():
    texts = [*TEXTS, *TEXTS[:4], None, None]
    with pytest.raises(ValueError, match="must have a column of labels"):
        guess("mine", train(text=texts, tone=["pos"] * 10 + ["neg"] * 2))


def test_labels_that_train_lacks_are_named_with_the_others():
    files = train() | {"test": table("test.csv", text=TEXTS[:2], tone=["pos", "mixed"])}
    found = guess("mine", files)
    assert found.labels == {"tone": ("mixed", "neg", "pos")}
    assert found.load().test["tone"] == ("pos", "mixed")
    assert found.arguments["labels"] == found.labels


def test_names_that_train_loses_with_its_dropped_rows_are_kept_for_test():
    texts = [*TEXTS, *TEXTS[:5], None]
    files = train(text=texts, tone=["pos", "neg"] * 5 + ["pos", "odd"])
    files["test"] = table("test.csv", text=TEXTS[:2], tone=["odd", "pos"])
    assert guess("mine", files).load().labels["tone"] == ("neg", "odd", "pos")


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"text": TEXTS[:2]}, "'test.csv' has no 'tone'"),
        ({"text": TEXTS[:2], "tone": [None, None]}, "'test.csv' has no 'tone'"),
        ({"tone": ["pos", "neg"]}, "'test.csv' has no 'text'"),
    ],
)
def test_a_file_without_texts_or_labels_is_left_out(columns, why):
    found = guess("mine", train() | {"test": table("test.csv", **columns)})
    assert (list(found.files), found.left_out) == (["train"], {"test": why})
    assert list(found.load().splits) == ["train"]


def test_a_label_that_a_file_lacks_is_left_out():
    files = train(topic=["a", "b", "c"] * 4)
    files["test"] = table("test.csv", text=TEXTS[:2], tone=["pos", "neg"])
    found = guess("mine", files)
    assert list(found.labels) == ["tone"] and found.notes == {"topic": "test has none"}
    assert len(found.load().test) == 2


def test_a_column_may_be_called_as_a_split_is():
    files = train(test=["a", "b", "c"] * 4)
    files["test"] = table("test.csv", text=TEXTS[:2], tone=["pos", "neg"])
    found = guess("mine", files)
    assert found.notes == {"test": "test has none"} and found.left_out == {}


def test_what_is_known_is_not_guessed():
    files = train(title=[f"Title {word}" for word in "abcdef"] * 2, id=list("abcdefghijkl"))
    found = guess("mine", files, text="title", labels=["id"], encoding="cp1252", delimiter=",")
    assert (found.text, found.labels, found.encoding) == ("title", {"id": None}, "cp1252")
    assert found.delimiter == ","
    with pytest.raises(ValueError, match="must have the column 'titel'.* Did you mean 'title'"):
        guess("mine", files, text="titel")
    with pytest.raises(ValueError, match="must have the column 'ton'"):
        guess("mine", files, labels=["ton"])
    with pytest.raises(ValueError, match="left out for JSON Lines"):
        guess("mine", train("mine.jsonl"), delimiter=",")


def test_lists_of_labels_are_read_where_they_are_asked_for():
    found = guess(
        "mine", train("mine.jsonl", topics=[["a"], ["a", "b"], []] * 4), labels=["topics"]
    )
    assert found.load().train["topics"][:3] == (("a",), ("a", "b"), ())


def test_lists_of_words_are_read_where_they_are_asked_for():
    rows = {"words": [["so", "dull"], ["fine"]] * 6, "tags": [["O", "B"], ["B"]] * 6}
    found = guess("mine", train("mine.jsonl", **rows), text="words", labels=["tags"])
    assert found.arguments["text"] == {"tokens": "words"}
    assert found.load().train["tokens"][0] == ["so", "dull"]
    assert found.load().labels == {"tags": ("B", "O")}


def test_labels_may_be_dispensed_with():
    found = guess("mine", train(tone=None), must_have_labels=False)
    assert found.labels == {} and found.load().labels == {}


def test_a_table_without_labels_or_texts_lists_its_columns():
    with pytest.raises(ValueError) as error:
        guess("mine", train(tone=["1.5", "2.5"] * 6))
    assert str(error.value).startswith(
        "'mine.csv' must have a column of labels. Received: 12 rows with the columns\n"
        "  - 'text': 12 strings, such as 'This is text number one', 'This is text number two', "
        "'This is text number three': the texts\n"
        "  - 'tone': 12 strings, such as '1.5', '2.5': scores\n"
        "A label column holds names or class numbers"
    )
    with pytest.raises(ValueError, match="a column of texts. .*\n.*'text': 12 strings, .*no words"):
        guess("mine", train(text=[str(n) for n in range(12)]))


def test_files_of_one_dataset_are_of_one_kind():
    files = train() | {"test": table("test.jsonl", text=TEXTS[:1], tone=["pos"])}
    with pytest.raises(ValueError, match="CSV or TSV files, or all be JSON Lines"):
        guess("mine", files)


MISTAKES = {
    "an empty file": ("a.csv", b"", "Received: an empty file"),
    "a header alone": ("a.csv", b"text,label\n", "the header alone"),
    "an empty JSON Lines file": ("a.jsonl", b"\n", "no line"),
    "a binary file": ("a.csv", bytes(range(256)) * 4, "must be UTF-8 text"),
    "a spreadsheet": ("a.csv", b"PK\x03\x04\x14\0\x06\0", "a spreadsheet or an archive"),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "must be UTF-8 text"),
    "no gzip": ("a.csv.gz", b"text,label\n", "must be a whole gzip file"),
    "a column twice": ("a.csv", b"text,text\na b,c d\n", "name each column once"),
    "uneven rows": ("a.csv", b"text,label\na b,c,d\n", "must have 2 cells"),
    "no JSON": ("a.jsonl", b"{'a': 1}\n", "must be a JSON object"),
    "columns without names": ("a.csv", b",\na b,c\n", "1 rows with the columns \\(none\\)"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_no_table_is_an_error_of_its_reader(mistake):
    name, content, message = MISTAKES[mistake]
    Path(name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        guess("mine", {"train": name})


def test_a_file_that_is_not_there_or_a_folder_is_an_error():
    Path("folder.csv").mkdir()
    train("reviews.csv")
    with pytest.raises(ValueError, match="Received: the folder 'folder.csv'"):
        guess("mine", {"train": "folder.csv"})
    with pytest.raises(FileNotFoundError, match="Did you mean 'reviews.csv'"):
        guess("mine", {"train": "review.csv"})


VALUES = st.none() | st.text(max_size=9) | st.sampled_from(["a", "b", "yes", "a good film"])
CELLS = VALUES | st.integers() | st.booleans() | st.floats() | st.lists(VALUES, max_size=2)


@settings(max_examples=60)
@given(rows=st.lists(st.dictionaries(st.sampled_from("abcd"), CELLS), max_size=9))
def test_any_json_lines_are_read_or_refused(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    try:
        data = guess("mine", {"train": path}).load()
    except ValueError:
        return
    assert 0 < len(data.train) <= len(rows) and all(len(n) > 1 for n in data.labels.values())
