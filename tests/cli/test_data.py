"""`data` shows what is in a dataset."""

import gzip
import json
from pathlib import Path

import pytest

from keras_mtl.cli.data import show_data
from keras_mtl.data import Dataset, load_dataset
from keras_mtl.data.datasets.profile import profile

REVIEWS = """\
id,review,tone
1,A fine film,pos
2,So dull,[neg]
3,So dull,[neg]
4,"好看 到
哭",pos
5,Who knows,
6,A [bold]film[/bold],pos
"""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("reviews.csv").write_text(REVIEWS, encoding="utf-8")


def words(text):
    return [line.split() for line in text.splitlines()]


def test_a_file_is_shown_with_what_was_guessed():
    shown = show_data("reviews.csv")
    assert "Read as utf-8, the usual delimiter." in shown
    assert max(map(len, shown.splitlines())) <= 100
    lines = words(shown)
    assert lines[0] == ["reviews.csv"]
    assert "Taken for the texts: 'review'. Another column: --text COLUMN" in shown
    assert "Taken for labels: 'tone'. Others: --label COLUMN" in shown
    assert "Not taken for labels: 'id' (6 different values in 6 rows)" in shown
    # Words of the texts: 3, 2, 2, 4, 2, and 9 with brackets and a slash.
    assert ["train", "6", "2", "2", "2", "9", "9", "9", "3.67", "0"] in lines
    assert ["pos", "3", "60.0"] in lines and ["[neg]", "2", "40.0"] in lines
    assert ["(no", "label)", "1"] in lines
    assert "Duplicate texts: 1 within train" in shown
    assert "Missing values: 1 rows of train without 'tone'" in shown
    assert ["A", "[bold]film[/bold]"] not in lines and ["A", "fine", "film"] in lines
    assert "  tone: [neg]\n    So dull" in shown


def test_other_splits_and_given_columns_are_shown():
    Path("test.csv").write_text("review;id\nSo dull;1\nNew;2\n", encoding="utf-8")
    Path("train.csv").write_text("review;id\nSo dull;1\nOld;3\n", encoding="utf-8")
    shown = show_data("train.csv", test="test.csv", text="review", labels=["id"], delimiter=";")
    assert "Taken for" not in shown and "Duplicate texts: 1 of test also in train" in shown
    assert ["1", "1", "50.0", "1", "50.0"] in words(shown)
    assert ["2", "0", "0.0", "1", "50.0"] in words(shown)


def test_json_is_the_profile():
    Path("a.csv.gz").write_bytes(gzip.compress("text,tone\nA b,x\nC d,y\nE f,x\n".encode("utf-16")))
    found = json.loads(show_data("a.csv.gz", as_json=True))
    data = Dataset.from_csv(
        "a.csv.gz", "a.csv.gz", labels="tone", encoding="utf-16", validation_fraction=0
    )
    assert found == json.loads(json.dumps(profile(data)))


def test_a_dataset_is_shown_by_its_name():
    shown = json.loads(show_data("demo_reviews", as_json=True))
    assert shown["splits"]["train"]["rows"] == len(load_dataset("demo_reviews").train)
    assert show_data("demo_newswire").startswith("demo_newswire\n")


def test_many_labels_are_cut():
    rows = "".join(f"Text {n} of many,label {n % 40:02}\n" for n in range(400))
    Path("a.csv").write_text("text,topic\n" + rows, encoding="utf-8")
    shown = show_data("a.csv")
    assert ["label", "29", "10", "2.5"] in words(shown)
    assert ["label", "30", "10", "2.5"] not in words(shown)
    assert ["(and", "10", "more)", "100", "25.0"] in words(shown)


def test_a_table_without_labels_is_shown_too():
    Path("a.jsonl").write_text('{"t": "One word"}\n{"t": "Or two"}\n', encoding="utf-8")
    shown = show_data("a.jsonl")
    assert "Taken for labels: no column" in shown and "    One word\n    Or two" in shown


def test_lists_of_labels_are_shown():
    lines = ['{"t": "One word", "l": ["a", "b"]}', '{"t": "Or two", "l": []}']
    Path("a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    shown = show_data("a.jsonl", labels=["l"])
    assert ["a", "1", "50.0"] in words(shown) and "  l: a, b\n    One word" in shown


@pytest.mark.parametrize(
    ("what", "options", "kind", "message"),
    [
        ("imbd", {}, ValueError, "must be given a dataset .*Received: 'imbd'. Did you mean 'imdb'"),
        ("review.csv", {}, FileNotFoundError, "Did you mean 'reviews.csv'"),
        (".", {}, ValueError, "the folder"),
        ("reviews.csv", {"text": "x"}, ValueError, "must have the column 'x'"),
        ("reviews.csv", {"encoding": "x"}, ValueError, "must be a text encoding"),
        ("reviews.csv", {"delimiter": "xx"}, ValueError, "must be one character"),
        ("reviews.csv", {"test": "no.csv"}, FileNotFoundError, "`test` of 'reviews.csv'"),
        ("demo_reviews", {"labels": ["x"]}, ValueError, "Received: --label with 'demo_reviews'"),
        ("tfds:x", {"test": "x.csv"}, ValueError, "Received: --test with 'tfds:x'"),
    ],
)
def test_what_cannot_be_shown_is_an_error(what, options, kind, message):
    with pytest.raises(kind, match=message):
        show_data(what, **options)
