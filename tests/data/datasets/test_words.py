"""Datasets of words with tags: one tag for each word, or none, and what counts them."""

import json

import pytest

from keras_mtl.cli.data_tables import profile_text
from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.profile import profile
from keras_mtl.data.datasets.split import Split
from keras_mtl.reports.data_views import _nulls


def make(tokens, tags, **options):
    options = {"labels": {"tags": ["O", "B"]}, "validation_fraction": 0, **options}
    return Dataset.from_arrays("mine", {"tokens": tokens, "tags": tags}, **options)


def test_a_word_may_have_no_tag():
    data = make([["a", "b"], ["c"], []], [["O", None], None, []])
    assert data.train["tags"] == (("O", None), None, ())
    inferred = make([["a", "b"], ["c"]], [["O", None], (None,)], labels={"tags": None})
    assert inferred.labels == {"tags": ("O",)}
    ready = Dataset("ready", data.train, labels={"tags": ("O", "B")})
    assert ready.train["tags"] == data.train["tags"]


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["O"], "1 tags and 2 words in row 1. Write as many, None for a word without"),
        ([], "0 tags and 2 words in row 1.* give `text`, not `tokens`"),
        (["O", 0], "must hold names .* Received: 0 in row 1"),
        (["O", "X"], "Received: 'X' in row 1"),
    ],
)
def test_tags_that_are_not_one_for_each_word(tags, message):
    with pytest.raises(ValueError, match=f"'tags' of split 'mine/train' .*{message}"):
        make([["a"], ["b", "c"]], [["O"], tags])
    split = Split({"tokens": [["a"], ["b", "c"]], "tags": [("O",), tuple(tags)]}, "mine/train")
    with pytest.raises(ValueError, match=f"'tags' of split 'mine/train' .*{message}"):
        Dataset("mine", split, labels={"tags": ("O", "B")})


def test_none_among_several_labels_of_a_text_is_refused():
    with pytest.raises(ValueError, match="several labels. Received: None in row 0"):
        Dataset.from_arrays("mine", {"text": ["a"], "label": [["x", None]]}, validation_fraction=0)


def test_words_stand_for_the_text_that_they_are_of():
    rows = {"tokens": [["do", "n't"]] * 2, "text": ["don't", "don’t"], "tags": [["O", "O"]] * 2}
    data = Dataset.from_arrays("mine", rows, labels={"tags": None}, validation_fraction=0)
    assert data.train.text_columns == ("tokens",) and data.train.inputs == data.train["tokens"]
    assert data.duplicates == {("train", "train"): 1}
    assert profile(data)["splits"]["train"]["words"]["max"] == 2
    assert profile(data)["examples"][0]["text"] == "do n't"
    assert len(data.screen(near_duplicates=1.0).train) == 1
    assert Split({"text": ["a"], "sentence1": ["b"]}).text_columns == ("text", "sentence1")


@pytest.mark.parametrize(
    ("tags", "dropped"),
    [
        ([["O", "B"], ["O", None], [None, "B"]], []),
        ([["O", "B"], ["B", None], [None, None]], [0, 1]),
        ([["O", None], [None, "B"], None], []),
        ([["O", "B"], ["O", "O"], None], [0, 1]),
    ],
)
def test_words_without_a_tag_contradict_none(tags, dropped):
    tokens = [["Go", "on"], ["go", "on"], ["GO", "on"]]
    data = make([*tokens, ["x"], ["x", "y"]], [*tags, ["O"], ["B", "B"]])
    screened = data.screen(conflicting_labels=True)
    assert screened.screened["dropped"] == len(dropped)
    assert len(screened.train) == 5 - len(dropped)
    kept = [tag for row, tag in enumerate(data.train["tags"]) if row not in dropped]
    assert list(screened.train["tags"]) == kept


def test_rows_without_any_tag_may_all_go():
    data = make(
        [["a"], ["a"], ["b"]], [["O"], ["O"], [None]], test={"tokens": [["b"]], "tags": [None]}
    )
    assert data.screen(near_duplicates=1.0).train["tags"] == (("O",),)


def test_a_profile_shows_tags_and_words_without():
    nulls = {"train": {"dropped": 0, "unlabelled": {"tags": 0}, "untagged": {"tags": 1}}}
    data = make([["New York", "is"], ["a"]], [["B", None], ["O"]])
    data = Dataset("mine", data.train, labels=data.labels, nulls=nulls)
    found = profile(data)
    assert json.loads(json.dumps(found))["examples"][0]["labels"] == {"tags": ["B", None]}
    shown = profile_text(found)
    assert "tags: B, (none)\n    New York is" in shown
    assert "Missing values: 1 words of train without 'tags'" in shown
    assert ("words of train without tags", 1) in _nulls(found)
    assert "(no label)           1" in data.describe()
    assert data.describe().endswith("missing values in the file of train; words without 'tags': 1")


@pytest.mark.parametrize("missing", [None, float("nan"), ""], ids=repr)
def test_a_label_or_a_tag_may_be_missing_in_any_form(missing):
    data = Dataset.from_arrays(
        "mine",
        {
            "tokens": [["a", "b"], ["c"], ["d"]],
            "tags": [["X", missing], missing, ["Y"]],
            "label": ["pos", missing, "neg"],
        },
        labels={"tags": None, "label": None},
        validation_fraction=0,
    )
    assert data.labels == {"tags": ("X", "Y"), "label": ("neg", "pos")}
    assert data.train["tags"] == (("X", None), None, ("Y",))
    assert data.train["label"] == ("pos", None, "neg")
