"""Sets of TensorFlow Datasets: a tiny one is made here, prepared and read back from its files."""

import re
import shutil

import numpy as np
import pytest

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.named.sources import load_dataset

LABELS = ("World", "Sports")
# One class in three is -1, which stands for no label.
TRAIN = [
    {
        "description": f"café number {row}",
        "title": "" if row == 7 else f"title {row}",
        "raw": b"caf\xe9" if row == 4 else b"fine",
        "label": row % 3 - 1,
        "known": row % 2,
        "kind": f"kind {row % 2}",
        "urgent": row % 2 == 0,
        "numbered": row % 2,
        "score": 0.5,
        "words": ["I", "see"][: 1 + row % 2],
        "tags": [0, 1][: 1 + row % 2],
        "doubtful": [0, -1],
        "nested": {"deep": "down"},
    }
    for row in range(12)
]


def feature_types(tfds):
    types = tfds.features
    labels = types.ClassLabel(names=LABELS)
    return types.FeaturesDict(
        {
            **dict.fromkeys(("description", "title", "raw", "kind"), types.Text()),
            "label": labels,
            "known": labels,
            "urgent": np.bool_,
            "numbered": types.ClassLabel(num_classes=2),
            "score": np.float32,
            "words": types.Sequence(types.Text()),
            "tags": types.Sequence(types.ClassLabel(names=("PRON", "VERB"))),
            "doubtful": types.Sequence(types.ClassLabel(names=("PRON", "VERB"))),
            "nested": {"deep": types.Text()},
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import tensorflow_datasets as tfds

    folder = tmp_path_factory.mktemp("tfds")
    parts = {"train": TRAIN, "test": TRAIN[:2], "dev": TRAIN[2:6]}
    for name, splits in {"tiny_news": ("train", "test", "dev"), "odd_news": ("dev",)}.items():
        tfds.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.0.0",
            features=feature_types(tfds),
            split_datasets={split: list(enumerate(parts[split])) for split in splits},
            data_dir=folder,
            disable_shuffling=True,
        )
    return folder


@pytest.fixture
def load(folder):
    def load(name="tiny_news", **options):
        options = {"text": "description", "labels": "known", "validation_fraction": 0} | options
        return Dataset.from_tfds(name, data_dir=folder, **options)

    return load


# --- what is read ---


def test_texts_class_names_and_usual_splits(load):
    data = load()
    assert list(data.splits) == ["train", "test"]
    assert data.train.texts == tuple(row["description"] for row in TRAIN)
    assert data.labels == {"known": LABELS}
    assert data.train["known"][:3] == ("World", "Sports", "World")
    assert data.name == "tiny_news" and data.test.name == "tiny_news/test"
    assert data.nulls["train"] == {"dropped": 0, "unlabelled": {"known": 0}}


def test_by_version_and_from_a_path(load, folder, monkeypatch):
    assert load("tiny_news:1.0.0").train.texts == load().train.texts
    monkeypatch.setenv("HOME", str(folder.parent))
    options = {"text": "title", "labels": [], "splits": {"train": "dev"}, "validation_fraction": 0}
    data = Dataset.from_tfds("odd_news", data_dir=f"~/{folder.name}", **options)
    assert len(data.train) == 4


def test_other_splits_and_parts_of_splits(load):
    data = load(splits={"train": "train[:75%]", "validation": "train[75%:]", "test": "dev"})
    assert [len(split) for split in data.splits.values()] == [9, 3, 4]
    assert data.validation.texts == tuple(row["description"] for row in TRAIN[9:])
    assert list(load(splits={"test": None}).splits) == ["train"]
    assert len(load(splits={"train": "train+dev"}).train) == 16


def test_a_validation_part_is_cut_where_there_is_none(load):
    data = load(validation_fraction=0.5, seed=3)
    assert sorted(data.validation["known"]) == ["Sports"] * 3 + ["World"] * 3
    assert data.validation.texts == load(validation_fraction=0.5, seed=3).validation.texts
    assert list(data.nulls) == ["train", "test"]


def test_several_text_and_label_columns(load):
    columns = {"sentence1": "description", "sentence2": "title"}
    data = load(text=columns, labels=["known", "kind", "urgent"], splits={"train": "dev"})
    assert data.train["sentence2"] == ("title 2", "title 3", "title 4", "title 5")
    assert data.labels == {"known": LABELS, "kind": ("kind 0", "kind 1"), "urgent": ("0", "1")}
    assert data.train["urgent"] == ("1", "0", "1", "0")


def test_a_column_of_scores(load):
    data = load(scores="score")
    assert data.train["score"] == (0.5,) * 12 and data.labels == {"known": LABELS}
    assert data.nulls["train"]["unlabelled"] == {"known": 0, "score": 0}
    with pytest.raises(ValueError, match="'urgent' of .* finite numbers. Received: .* in row 0"):
        load(scores="urgent")


def test_sequences_of_words_and_of_classes(load):
    data = load(text={"tokens": "words"}, labels="tags")
    assert data.train["tokens"][:2] == (["I"], ["I", "see"])
    assert data.train["tags"][:2] == (("PRON",), ("PRON", "VERB"))
    assert data.labels["tags"] == ("PRON", "VERB")


def test_columns_that_are_kept_as_they_are(load, folder):
    data = load(columns={"similarity": "score", "kind": "kind"})
    assert list(data.train.columns) == ["text", "known", "similarity", "kind"]
    assert data.train["similarity"] == (0.5,) * 12 and data.train["kind"][:2] == (
        "kind 0",
        "kind 1",
    )
    options = {"text": "description", "labels": "known", "columns": ["score"]}
    named = load_dataset("tfds:tiny_news", path=folder, **options)
    assert named.test["score"] == (0.5, 0.5)


def test_names_given_for_classes(load):
    assert load(labels={"known": LABELS[::-1]}).train["known"] == load().train["known"]
    assert load(labels={"known": LABELS[::-1]}).labels == {"known": LABELS[::-1]}
    assert load(labels="numbered").labels == {"numbered": ("0", "1")}
    data = load(labels={"numbered": ["no", "yes"]})
    assert data.train["numbered"][:2] == ("no", "yes")
    # Names of one's own for classes that have names could be in any order: nothing is guessed.
    with pytest.raises(ValueError, match=r"label names \(earth, play\).* Received: 'World' in ro"):
        load(labels={"known": ["earth", "play"]})


# --- nulls ---


def test_a_class_of_minus_one_is_no_label(load):
    data = load(labels="label", nulls="unlabelled", splits={"test": None})
    assert data.train["label"][:3] == (None, "World", "Sports")
    assert data.nulls == {"train": {"dropped": 0, "unlabelled": {"label": 4}}}
    data = load(labels="label", nulls="drop")
    assert len(data.train) == 8 and data.test["label"] == ("World",)
    assert data.nulls["test"] == {"dropped": 1, "unlabelled": {"label": 0}}
    with pytest.raises(ValueError, match="'tiny_news train' must have a label.* in row 0.* -1 is"):
        load(labels="label")
    with pytest.raises(ValueError, match="'tiny_news dev' .* in row 1.*'test': None} to leave"):
        load(labels="label", splits={"train": "train[1:3]", "test": "dev"})


def test_an_empty_text_is_a_null(load):
    with pytest.raises(ValueError, match="Column 'title' .* must have a text .* in row 7. Pass"):
        load(text="title")
    assert load(text="title", nulls="drop").nulls["train"]["dropped"] == 1


# --- mistakes ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "describtion"}, "'tiny_news' must have the column 'describtion'. Received: the "),
        ({"text": "describtion"}, "Did you mean 'description'"),
        ({"labels": ["known", "topic"]}, "must have the column 'topic'.*'description'.*'words'"),
        ({"text": "raw"}, "'raw' of 'tiny_news train' must be UTF-8.* 0xe9 in row 4, after 'caf'"),
        ({"text": "words"}, "must hold a string in every row. Received: .*'I'.* in row 0"),
        ({"text": {"tokens": "title"}}, "a list of words in every row. .* in row 0"),
        ({"text": "nested"}, r"must hold a string .*\(dict\) in row 0"),
        ({"text": "score"}, r"must hold a string .* 0.5 \(float\) in row 0"),
        ({"labels": "score"}, r"label name, a whole number .* 0.5 \(float\) in row 0"),
        ({"labels": "doubtful"}, r"names where a row has several.*None\] in row 0"),
        ({"splits": "train"}, "`splits` of dataset 'tiny_news' must be a mapping such as"),
        ({"splits": {"valid": "dev"}}, "Received: 'valid'. Did you mean 'validation'"),
        ({"splits": {"train": None}}, "map 'train' to the name of a split. Received: None"),
        ({"splits": {"test": 1}}, "name of a split, or None to leave it out. Received: 1"),
        ({"splits": {"test": "tets"}}, r"\(train, test, dev\).* 'tets'. Did you mean 'test'"),
        ({"splits": {"test": "train[:8"}}, "a part of one such as .* Received: 'train"),
        ({"splits": {"test": "train[:0]"}}, "must hold rows. Received: 'train"),
        ({"columns": ["scores"]}, "must have the column 'scores'.* Did you mean 'score'"),
        ({"columns": "score"}, "`columns` of dataset 'tiny_news' must be a list of columns"),
        ({"columns": ["known"]}, "columns beside those of `text` and `labels`.* 'known'"),
        ({"nulls": "skip"}, "`nulls` of dataset 'tiny_news'"),
        ({"stratify": "topic"}, "`stratify` of dataset 'tiny_news'"),
        ({"validation_fraction": 1}, "`validation_fraction` of dataset 'tiny_news'"),
    ],
)
def test_mistakes_in_what_is_asked_for(load, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(**options)
    assert re.search(r"must .*Received: ", str(caught.value), re.S)


def test_a_set_without_a_split_called_train(load):
    with pytest.raises(ValueError, match="Received: the splits dev. Pass splits={'train': 'dev'}"):
        load("odd_news")


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("tiny_newz", FileNotFoundError, "Did you mean 'tiny_news'.* Put the prepared files into"),
        ("ag_news_subst", FileNotFoundError, "Did you mean 'ag_news_subset'"),
        ("tiny_news:2.0.0", FileNotFoundError, "Prepared there: tiny_news/1.0.0"),
        ("glue/mrpd", ValueError, "must be <dataset>.* name='glue/mrpd'.* Did you mean 'mrpc'"),
        ("glue/mrpc:9.0.0", ValueError, "at version 9.0.0, only: .*catalog"),
        ("two words", ValueError, "must be <dataset>, <dataset>/<configuration>"),
        (None, ValueError, "must be the name of a dataset, .* Received: name=None"),
    ],
)
def test_names_that_are_none(load, name, kind, message):
    with pytest.raises(kind, match=message) as caught:
        load(name)
    assert type(caught.value) is kind and "Received: " in str(caught.value)


def test_a_set_that_is_not_prepared(load, folder):
    with pytest.raises(FileNotFoundError, match="with download=False. Prepare it") as caught:
        load("ag_news_subset", download=False)
    assert f"must be prepared in '{folder / 'ag_news_subset' / '1.0.0'}'" in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (ConnectionError("no\nroute"), FileNotFoundError, "Received: nothing there, and no route."),
        (AssertionError(), FileNotFoundError, "nothing there, and AssertionError. Prepare"),
        (ModuleNotFoundError("No nltk", name="nltk"), ImportError, "No nltk.*pip install nltk"),
    ],
)
def test_a_download_that_fails(load, monkeypatch, fault, kind, message):
    import tensorflow_datasets as tfds

    def fail(self):
        raise fault

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(kind, match=message):
        load("ag_news_subset")


def test_a_name_looked_up_in_a_network_that_is_not_there(load, monkeypatch):
    import tensorflow_datasets as tfds

    def fail(name, data_dir):
        raise TimeoutError("no answer")

    monkeypatch.setattr(tfds, "builder", fail)
    with pytest.raises(FileNotFoundError, match="Received: no answer. Put its files below"):
        load("huggingface:imdb")


def test_damaged_files(folder, tmp_path):
    shutil.copytree(folder / "tiny_news", tmp_path / "tiny_news")
    file = next((tmp_path / "tiny_news" / "1.0.0").glob("*train*"))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ValueError, match="'tiny_news train' must be readable .* prepare it again"):
        Dataset.from_tfds("tiny_news", text="description", labels="known", data_dir=tmp_path)


# --- by load_dataset ---


def test_load_dataset_takes_sets_of_tensorflow_datasets(folder):
    options = {"path": folder, "text": "description", "validation_fraction": 0.5}
    data = load_dataset("tfds:tiny_news", **options, labels={"known": None}, seed=3)
    assert (len(data.train), len(data.validation), data.name) == (6, 6, "tiny_news")
    with pytest.raises(ValueError, match=r"must have the column 'text'|column 'text'"):
        load_dataset("tfds:tiny_news", path=folder)
    with pytest.raises(ValueError, match=r"`text` of load_dataset\('imdb'\) .* for tfds:<name>"):
        load_dataset("imdb", text="review")
