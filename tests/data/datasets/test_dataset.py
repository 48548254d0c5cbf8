import pickle

import numpy as np
import pytest

from keras_mtl.data.datasets.dataset import Dataset, Split


def rows(count: int, **columns):
    return {"text": [f"text {row}" for row in range(count)], **columns}


# --- Split ---


def test_split_gives_columns_texts_and_length():
    split = Split({"text": np.array(["a", "b"]), "label": ("x", None)}, "mine/train")
    assert len(split) == 2
    assert split["label"] == ("x", None)
    assert split.texts == ("a", "b")
    assert type(split.texts[0]) is str
    assert "label" in split and "rating" not in split
    assert repr(split) == "Split('mine/train', 2 rows, columns: text, label)"


def test_split_does_not_follow_changes_of_what_it_was_made_from():
    texts = ["a", "b"]
    split = Split({"text": texts}, "mine/train")
    texts[0] = "changed"
    assert split.texts == ("a", "b")
    with pytest.raises(TypeError):
        split.columns["text"] = ["c"]  # type: ignore[index]
    assert pickle.loads(pickle.dumps(split)).texts == ("a", "b")


def test_split_select_keeps_the_order_asked_for():
    split = Split(rows(4, label=list("abcd")), "mine/train")
    picked = split.select(np.array([3, 0, 3]), "mine/some")
    assert picked["label"] == ("d", "a", "d")
    assert picked.name == "mine/some"


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([4], "between 0 and 3. Received: rows from 4 to 4"),
        ([-1, 2], "Received: rows from -1 to 2"),
        ([True, False, True, True], "np.flatnonzero"),
        ([0.0], "list of row numbers"),
        ([], "at least one row"),
    ],
)
def test_split_select_refuses(chosen, message):
    with pytest.raises(ValueError, match=message):
        Split(rows(4), "mine/train").select(chosen)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "at least one row. Received: no column"),
        ({"text": []}, "'mine/train' must have at least one row"),
        ({"text": ["a"], "label": ["x", "y"]}, r"one length. Received: {'text': 1, 'label': 2}"),
        ({"text": ["a", None]}, r"'mine/train' .* Received: None \(NoneType\) in row 1"),
        ({"text": ["a", float("nan")]}, r"Received: nan \(float\) in row 1"),
        ({"text": [b"a"]}, "Decode bytes first"),
        ({"text": "a single text"}, "must be a list, a tuple or an array. Received: str"),
        ({"sentence1": ["a"], "sentence2": [3]}, "Column 'sentence2'.* in row 0"),
        ({"tokens": [["a"], "b c"]}, "'tokens' .* list of strings in every row.* row 1"),
        ({"tokens": [["a", None]]}, "'tokens' .* row 0"),
    ],
)
def test_split_refuses(columns, message):
    with pytest.raises(ValueError, match=message):
        Split(columns, "mine/train")


def test_split_names_its_columns_when_asked_for_another():
    with pytest.raises(ValueError, match=r"\(text, label\). Received: 'lable'. Did you mean 'lab"):
        Split(rows(1, label=["x"]), "mine/train")["lable"]


# --- labels ---


def make(label, **options):
    options.setdefault("validation_fraction", 0)
    return Dataset.from_arrays("mine", rows(len(label), label=label), **options)


@pytest.mark.parametrize(
    "label", [["neg", "pos", None], [0, 1, None], (np.int64(0), np.str_("pos"), None)]
)
def test_labels_are_names_or_class_numbers(label):
    data = make(label, labels={"label": ("neg", "pos")})
    assert data.train["label"] == ("neg", "pos", None)
    assert data.labels == {"label": ("neg", "pos")}


def test_number_labels_without_names_are_sorted_as_numbers():
    data = make(np.array([10, 2, 7, 2]))
    assert data.labels["label"] == ("2", "7", "10")
    assert data.train["label"] == ("10", "2", "7", "2")
    assert make(["10", "2"]).labels["label"] == ("2", "10")
    assert make(["b", "a"]).labels["label"] == ("a", "b")


def test_label_columns_are_those_named():
    train = rows(4, intent=["a", "b", "a", "b"], score=[0.5, 1.5, 2.5, 3.5], label=[1, 2, 3, 4])
    data = Dataset.from_arrays(
        "mine", train, labels={"intent": None}, stratify="intent", validation_fraction=0.5
    )
    assert list(data.labels) == ["intent"]
    assert set(data.train["label"]) <= {1, 2, 3, 4}
    assert Dataset.from_arrays("mine", train, labels={}, validation_fraction=0).labels == {}


def test_several_labels_per_row_become_tuples():
    train = {"tokens": [["I", "see"], ["go"]], "tags": [["PRON", "VERB"], ["VERB"]]}
    data = Dataset.from_arrays("mine", train, labels={"tags": None}, validation_fraction=0)
    assert data.labels["tags"] == ("PRON", "VERB")
    assert data.train["tags"] == (("PRON", "VERB"), ("VERB",))
    assert data.duplicates == {("train", "train"): 0}
    assert "VERB           2" in data.describe()


@pytest.mark.parametrize(
    ("label", "names", "message"),
    [
        (["pos", "posi"], ["neg", "pos"], "Received: 'posi' in row 1. Did you mean 'pos'"),
        ([0, 2], ["neg", "pos"], "class numbers 0 to 1.*Received: 2 in row 1"),
        ([0, -1], ["neg", "pos"], "None for a row without a label.*Received: -1 in row 1"),
        ([0, 1.5], ["neg", "pos"], "Received: 1.5 in row 1"),
        ([[0, 1], [1, 1]], ["neg", "pos"], "names where a row has several labels.*0 in row 0"),
        ([["neg"], ["x"]], ["neg", "pos"], "Received: 'x' in row 1"),
        ([0, 1], ["neg", "neg"], "Received: 'neg' twice"),
        ([0, 1], ["neg", 1], "Received: 1 at position 1"),
        ([0, 1], [], "Received: no name"),
        ([0, 1], "neg", "as a list or tuple"),
        ([0, "pos"], None, "names only, or whole numbers only"),
        ([0.5, 1.5], None, r"pass labels=\{\}"),
        ([None, None], None, "Received: None in every row"),
    ],
)
def test_labels_refused(label, names, message):
    with pytest.raises(ValueError, match=message):
        make(label, labels={"label": names})


def test_a_label_that_train_never_shows_must_be_named():
    with pytest.raises(ValueError, match="'mine/test'.*'c' in row 0. These are the labels of tra"):
        make(["a", "b"], test=rows(1, label=["c"]))
    data = make(["a", "b"], test=rows(1, label=["c"]), labels={"label": ["a", "b", "c"]})
    assert data.test["label"] == ("c",)


def test_a_number_that_train_never_shows_is_no_class_number():
    with pytest.raises(ValueError, match="Received: 1 in row 0"):
        make([0, 5], test=rows(1, label=[1]))


def test_other_splits_must_have_the_columns_of_train():
    with pytest.raises(ValueError, match="'mine/test' .*Received: 'label'"):
        make(["a", "b"], test=rows(1))
    with pytest.raises(ValueError, match="'mine/test' .*Received: 'text'"):
        make(["a", "b"], test={"label": ["a"]})


def test_dataset_takes_ready_splits_with_names_only():
    train = Split(rows(2, label=["a", "b"]), "x/train")
    data = Dataset("x", train, labels={"label": ("a", "b")})
    assert list(data.splits) == ["train"] and repr(data) == "Dataset('x', train=2, label: 2 labels)"
    with pytest.raises(ValueError, match="Use Dataset.from_arrays"):
        Dataset("x", Split(rows(2, label=[0, 1]), "x/train"), labels={"label": ("a", "b")})
    with pytest.raises(ValueError, match="Received: 'b' in row 1"):
        Dataset("x", train, labels={"label": ("a",)})


# --- duplicates and the summary ---


def test_duplicates_within_and_across_splits():
    data = Dataset.from_arrays(
        "mine",
        {"text": ["x", "y", "x", "x"], "label": ["a", "b", "a", "a"]},
        validation={"text": ["y", "y"], "label": ["a", "a"]},
        test={"text": ["x", "z"], "label": ["b", "b"]},
    )
    assert data.duplicates == {
        ("train", "train"): 2,
        ("train", "validation"): 2,
        ("train", "test"): 1,
        ("validation", "validation"): 1,
        ("validation", "test"): 0,
        ("test", "test"): 0,
    }
    assert data.describe().splitlines() == [
        "mine: 4 train, 2 validation, 2 test",
        "label       train  validation        test",
        "a               3           2           0",
        "b               1           0           2",
        "duplicate texts: 2 within train, 2 of validation also in train, "
        "1 of test also in train, 1 within validation",
    ]


def test_sentence_pairs_are_duplicates_only_as_pairs():
    pairs = {"sentence1": ["x", "x", "x"], "sentence2": ["y", "z", "y"]}
    data = Dataset.from_arrays("pairs", pairs, validation_fraction=0)
    assert data.duplicates == {("train", "train"): 1}


def test_describe_shortens_long_label_lists_and_counts_missing_labels():
    data = make([*range(60), None])
    assert "and 10 more labels" in data.describe()
    assert "(no label)" in data.describe()
    assert data.describe().endswith("duplicate texts: none")
