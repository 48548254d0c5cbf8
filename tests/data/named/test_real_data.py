"""The loaders on the real datasets: sizes, order, labels and duplicates are known facts."""

import os
import re
import sys
from pathlib import Path

import pytest

from keras_mtl.data.named.sources import REUTERS_LABELS, load_dataset

DATA = os.environ.get("KERAS_MTL_DATA")

pytestmark = pytest.mark.real_data


def folder(name: str) -> Path:
    path = Path(DATA or "") / name
    if not path.is_dir():
        pytest.skip(f"KERAS_MTL_DATA has no folder {name}")
    return path


@pytest.fixture(scope="module")
def imdb():
    return load_dataset("imdb", path=folder("imdb"))


@pytest.fixture(scope="module")
def reuters():
    return load_dataset("reuters", path=folder("reuters46"))


@pytest.fixture(scope="module")
def integers():
    return load_dataset(
        "reuters", path=folder("reuters46") / "reuters_rebuilt.npz", validation_fraction=0
    )


def test_imdb_sizes_and_balance(imdb):
    assert (len(imdb.train), len(imdb.validation), len(imdb.test)) == (22500, 2500, 25000)
    assert imdb.labels["label"] == ("neg", "pos")
    counts = {split: rows["label"].count("pos") for split, rows in imdb.splits.items()}
    assert counts == {"train": 11250, "validation": 1250, "test": 12500}


def test_imdb_rows_stand_as_in_keras():
    # The first ten labels that keras.datasets.imdb.load_data() is known to give.
    data = load_dataset("imdb", path=folder("imdb"), validation_fraction=0)
    first = [data.labels["label"].index(name) for name in data.train["label"][:10]]
    assert first == [1, 0, 0, 1, 0, 0, 1, 0, 1, 0]
    assert data.duplicates == {
        ("train", "train"): 96,
        ("train", "test"): 123,
        ("test", "test"): 199,
    }


def test_imdb_is_kept_lean(imdb):
    assert list(imdb.train.columns) == ["text", "label"]
    assert len({id(label) for split in imdb.splits.values() for label in split["label"]}) == 2
    # Texts dominate: one pointer a row and column on top of them, and little else.
    characters = sum(len(text) for text in imdb.train.texts)
    held = sum(map(sys.getsizeof, imdb.train.texts))
    assert held < 1.2 * characters
    assert sum(map(sys.getsizeof, imdb.train.columns.values())) < 0.02 * characters


def test_reuters_sizes_labels_and_strata(reuters):
    train, validation = reuters.train, reuters.validation
    assert (len(train) + len(validation), len(reuters.test)) == (8982, 2246)
    assert reuters.labels["label"] == REUTERS_LABELS and len(REUTERS_LABELS) == 46
    for name in REUTERS_LABELS:
        held = validation["label"].count(name)
        assert held == round(0.1 * (held + train["label"].count(name))) > 0
    assert len(validation) == 899


def test_reuters_duplicates():
    data = load_dataset("reuters", path=folder("reuters46"), validation_fraction=0)
    assert data.duplicates == {("train", "train"): 86, ("train", "test"): 47, ("test", "test"): 4}


def test_reuters_integer_form_has_the_same_rows(integers):
    text = load_dataset("reuters", path=folder("reuters46"), validation_fraction=0)
    for split in ("train", "test"):
        assert integers.splits[split]["label"] == text.splits[split]["label"]
        pairs = zip(integers.splits[split].texts, text.splits[split].texts, strict=True)
        shared = [overlap(ours, theirs) for ours, theirs in pairs]
        # 8.7 % of the newswires have another article's text in the integer form.
        assert sum(share > 0.8 for share in shared) / len(shared) > 0.9


def overlap(ours: str, theirs: str) -> float:
    first, second = set(ours.split()), set(re.findall(r"[a-z0-9]+", theirs.lower()))
    return len(first & second) / max(len(second), 1)


def test_reuters_first_labels_are_those_of_keras(integers):
    # As in the published keras.datasets.reuters.load_data().
    first = [REUTERS_LABELS.index(name) for name in integers.train["label"][:10]]
    assert first == [3, 4, 3, 4, 4, 4, 4, 3, 3, 16]


def test_the_same_seed_cuts_the_same_rows(reuters):
    again = load_dataset("reuters", path=folder("reuters46"))
    other = load_dataset("reuters", path=folder("reuters46"), seed=1)
    assert again.validation.texts == reuters.validation.texts
    assert other.validation.texts != reuters.validation.texts
