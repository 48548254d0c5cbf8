"""The profile of a dataset says what is in it."""

import json

import numpy as np
import pytest

from keras_mtl.data import Dataset, load_dataset
from keras_mtl.data.datasets.profile import LONGEST_EXAMPLE, MOST_EXAMPLES, profile, word_counts
from keras_mtl.data.datasets.split import Split


@pytest.fixture
def data():
    train = {
        "text": ["A fine film!", "dull", "dull", "好电影", "<br />", "word " * 200],
        "tone": ["pos", "neg", "neg", "pos", None, "neg"],
        "topics": [["art"], [], ["art", "war"], None, ["war"], ["war"]],
    }
    test = {"text": ["dull", "new", "new"], "tone": ["neg", "pos", "pos"], "topics": [[], [], []]}
    labels = {"tone": ["neg", "pos", "mixed"], "topics": ["art", "war"]}
    return Dataset.from_arrays("mine", train, test=test, labels=labels, validation_fraction=0)


def test_rows_words_and_what_is_missing_are_counted(data):
    splits = profile(data)["splits"]
    assert list(splits) == ["train", "test"]
    train = splits["train"]
    assert (train["rows"], train["fingerprint"]) == (6, data.train.fingerprint)
    # 4 words and marks, 1, 1, 3 characters, none but a tag, 200.
    assert word_counts(data.train).tolist() == [4, 1, 1, 3, 0, 200]
    assert train["words"] == {
        "min": 0, "p5": 0, "p50": 1, "p95": 200, "p99": 200, "max": 200, "mean": 34.83,
    }  # fmt: skip
    assert train["empty_texts"] == 1
    assert train["unlabelled"] == {"tone": 1, "topics": 1}


def test_a_percentile_is_the_length_that_so_many_texts_do_not_exceed():
    texts = ["word " * length for length in range(1, 101)]
    data = Dataset.from_arrays("mine", {"text": texts}, validation_fraction=0)
    words = profile(data)["splits"]["train"]["words"]
    assert words == {"min": 1, "p5": 5, "p50": 50, "p95": 95, "p99": 99, "max": 100, "mean": 50.5}


def test_labels_are_counted_in_each_split_also_those_that_do_not_occur(data):
    labels = profile(data)["labels"]
    assert labels["tone"] == {
        "names": ["neg", "pos", "mixed"],
        "counts": {
            "train": {"neg": 3, "pos": 2, "mixed": 0},
            "test": {"neg": 1, "pos": 2, "mixed": 0},
        },
    }
    assert labels["topics"]["counts"]["train"] == {"art": 2, "war": 3}


def test_duplicates_name_the_split_and_what_it_repeats(data):
    assert profile(data)["duplicates"] == [
        {"in": "train", "of": "train", "rows": 1},
        {"in": "train", "of": "test", "rows": 1},
        {"in": "test", "of": "test", "rows": 1},
    ]


def test_examples_show_different_labels_and_no_long_text(data):
    examples = profile(data)["examples"]
    assert examples[0] == {"text": "A fine film!", "labels": {"tone": "pos", "topics": ["art"]}}
    assert [one["text"] for one in examples] == ["A fine film!", "dull", "dull"]
    long = {"text": ["word " * 200], "label": ["a"]}
    text = profile(Dataset.from_arrays("mine", long, validation_fraction=0))["examples"][0]["text"]
    assert len(text) == LONGEST_EXAMPLE and text.endswith("…")


def test_many_labels_give_a_few_examples_and_all_counts():
    names = [f"label {number}" for number in range(80)]
    data = Dataset.from_arrays(
        "mine", {"text": names * 2, "label": names * 2}, validation_fraction=0
    )
    found = profile(data)
    assert len(found["examples"]) == MOST_EXAMPLES
    assert set(found["labels"]["label"]["counts"]["train"].values()) == {2}


def test_without_labels_the_first_rows_are_the_examples():
    data = Dataset.from_arrays("mine", {"text": ["a b", "c"]}, validation_fraction=0)
    found = profile(data)
    assert found["labels"] == {}
    assert found["examples"] == [{"text": "a b", "labels": {}}, {"text": "c", "labels": {}}]


def test_pairs_and_lists_of_words_are_texts_too():
    pairs = Split({"sentence1": ["a b", "c"], "sentence2": ["d", "e"]})
    assert word_counts(pairs).tolist() == [3, 2]
    tokens = {"tokens": [["New York", "is"], []], "label": ["a", "b"]}
    data = Dataset.from_arrays("mine", tokens, validation_fraction=0)
    assert word_counts(data.train).tolist() == [2, 0]
    assert profile(data)["examples"][0]["text"] == "New York is"
    assert word_counts(Split({"number": [1, 2]})).tolist() == [0, 0]


def test_json_holds_the_profile_with_nulls_and_what_was_screened(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("text,label\nfine,pos\n,neg\ndull,neg\n", encoding="utf-8")
    data = Dataset.from_csv("mine", file, nulls="drop", validation_fraction=0)
    found = profile(data)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["nulls"] == {"train": {"dropped": 1, "unlabelled": {"label": 0}}}
    assert not found["screened"]
    object.__setattr__(data, "screened", {"near_duplicates": np.int64(3), "pairs": ((1, 2),)})
    assert json.dumps(profile(data)["screened"]) == '{"near_duplicates": 3, "pairs": [[1, 2]]}'


def test_a_demo_dataset_has_a_profile():
    found = profile(load_dataset("demo_reviews"))
    assert {name: split["rows"] for name, split in found["splits"].items()} == {
        "train": 3600, "validation": 400, "test": 1000,
    }  # fmt: skip
    assert sum(found["labels"]["label"]["counts"]["train"].values()) == 3600
