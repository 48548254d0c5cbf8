import gzip
import json
from pathlib import Path

import pytest

from keras_mtl.data.datasets.dataset import Dataset


def csv(folder: Path, *cells: str, **options) -> Dataset:
    (folder / "mine.csv").write_text("\n".join(["text,stars", *cells, ""]))
    options = {"labels": [], "scores": "stars", "validation_fraction": 0, **options}
    return Dataset.from_csv("mine", folder / "mine.csv", **options)


def jsonl(folder: Path, *values, **options) -> Dataset:
    rows = [json.dumps({"text": "fine", "stars": value}) for value in values]
    with gzip.open(folder / "mine.jsonl.gz", "wt") as file:
        file.write("\n".join(rows) + "\n")
    options = {"labels": [], "scores": ["stars"], "validation_fraction": 0, **options}
    return Dataset.from_jsonl("mine", folder / "mine.jsonl.gz", **options)


def test_scores_are_floats(tmp_path):
    data = csv(tmp_path, "a,3", "b, -4.5 ", "c,+1e-3", "d,.5", "e,7.")
    assert data.train["stars"] == (3.0, -4.5, 0.001, 0.5, 7.0)
    assert all(type(value) is float for value in data.train["stars"])
    assert data.labels == {} and data.nulls == {"train": {"dropped": 0, "unlabelled": {"stars": 0}}}
    assert jsonl(tmp_path, 3, 4.5, "5").train["stars"] == (3.0, 4.5, 5.0)


def test_missing_scores(tmp_path):
    rows = ("a,3", "b,", "c, ")
    kept = csv(tmp_path, *rows, nulls="unlabelled")
    assert kept.train["stars"] == (3.0, None, None)
    assert kept.nulls["train"]["unlabelled"] == {"stars": 2}
    dropped = csv(tmp_path, *rows, nulls="drop")
    assert dropped.train["stars"] == (3.0,) and dropped.nulls["train"]["dropped"] == 2
    with pytest.raises(ValueError, match="'stars' of .* a score in every row. Received: an empty "):
        csv(tmp_path, *rows)
    assert jsonl(tmp_path, 1, None, float("nan"), nulls="unlabelled").train["stars"] == (
        1.0,
        None,
        None,
    )


@pytest.mark.parametrize(
    "cell", ["good", "3 stars", "1_000", "1 000", "inf", "0x1F", "3.5.1", "1e400", "--1"]
)
def test_text_that_is_no_number_is_refused(tmp_path, cell):
    with pytest.raises(ValueError, match=r"must hold finite numbers. Received: '.*in line 3"):
        csv(tmp_path, "a,3", f"b,{cell}")


@pytest.mark.parametrize("value", [True, [3, True], ["3 m"], {"a": 1}, float("inf"), 10**400])
def test_values_that_are_no_numbers_are_refused(tmp_path, value):
    with pytest.raises(ValueError, match="'stars' of .* must hold finite numbers.*in line 2"):
        jsonl(tmp_path, 1, value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scores": "text"}, "`scores` of dataset 'mine' must name columns that are neither"),
        ({"labels": "stars"}, "Received: 'stars'. Name it under one of them"),
        ({"scores": "tokens"}, "Received: 'tokens'"),
        ({"scores": {"stars": None}}, "must be a column or a list of columns. Received: scores={"),
        ({"scores": [1]}, "must be a column or a list of columns"),
        ({"scores": ["stars", "stars"]}, "must name different columns"),
        ({"scores": "points"}, "points"),
    ],
)
def test_columns_that_cannot_be_scores(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        csv(tmp_path, "a,3", **options)


def test_lists_of_numbers_are_the_scores_of_candidates(tmp_path):
    file = tmp_path / "rows.jsonl"
    rows = [
        {"q": "who?", "from": ["a man", "rain"], "good": [1, 0.5]},
        {"q": "what?", "from": ["rain", "a dog"], "good": [0, 2]},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = Dataset.from_jsonl(
        "mine", file, text={"query": "q", "candidates": "from"}, labels=[], scores="good",
        validation_fraction=0,
    )  # fmt: skip
    assert data.train["good"] == ((1.0, 0.5), (0.0, 2.0))
    assert [list(row) for row in data.train.inputs] == [
        ["who?", "a man", "rain"], ["what?", "rain", "a dog"]
    ]  # fmt: skip
