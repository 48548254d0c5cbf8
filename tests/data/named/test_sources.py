import gzip
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from keras_mtl.data.named import keras_datasets, sources
from keras_mtl.data.named.sources import IMDB_LABELS, REUTERS_LABELS, load_dataset


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No data folder, an empty cache, and no network."""

    def fail(name):
        raise Exception("URL fetch failure on https://example.org")

    monkeypatch.delenv("KERAS_MTL_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(keras_datasets, "download", fail)


def reviews(count):
    return [
        {"text": f"made up {row}", "label": IMDB_LABELS[row % 2], "rating": row % 10}
        for row in range(count)
    ]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def write_reuters(folder, rebuilt=False, rows=50):
    folder.mkdir(parents=True, exist_ok=True)
    x = np.empty(rows, dtype=object)
    x[:] = [[1, 2], *([1] for _ in range(rows - 1))]
    end = "_rebuilt" if rebuilt else ""
    np.savez(folder / f"reuters{end}.npz", x=x, y=np.arange(rows) % 2)
    (folder / f"reuters_word_index{end}.json").write_text('{"oil": 1, "rose": 2}')


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_folder_of_json_lines(tmp_path, suffix):
    write(tmp_path / f"train{suffix}", reviews(40))
    write(tmp_path / f"test{suffix}", reviews(6))
    data = load_dataset("imdb", path=tmp_path)
    assert (len(data.train), len(data.validation), len(data.test)) == (36, 4, 6)
    assert data.labels == {"label": ("neg", "pos")}
    assert list(data.train.columns) == ["text", "label"]
    assert data.test["label"][:2] == ("neg", "pos")


def test_validation_file_is_used_as_it_is(tmp_path):
    for split, count in (("train", 8), ("validation", 3), ("test", 2)):
        write(tmp_path / f"{split}.jsonl", reviews(count))
    data = load_dataset("imdb", path=str(tmp_path))
    assert (len(data.train), len(data.validation)) == (8, 3)


def test_further_columns_on_request(tmp_path):
    for split in ("train", "test"):
        write(tmp_path / f"{split}.jsonl", reviews(4))
    data = load_dataset("imdb", path=tmp_path, columns=["rating"], validation_fraction=0)
    assert data.train["rating"] == (0, 1, 2, 3)
    assert data.validation is None


def test_data_folder_comes_before_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path / "data"))
    write_reuters(tmp_path / "keras" / "datasets", rows=60)
    assert len(load_dataset("reuters").test) == 12
    write_reuters(tmp_path / "data" / "reuters")
    assert len(load_dataset("reuters").test) == 10
    row = {"text": "Oil rose.", "label": "crude"}
    for split in ("train", "test"):
        write(tmp_path / "data" / "reuters46" / f"{split}.jsonl.gz", [row] * 7)
    assert len(load_dataset("reuters", validation_fraction=0.2).test) == 7


def test_a_train_file_in_the_shared_cache_is_not_taken(tmp_path):
    write(tmp_path / "keras" / "datasets" / "train.jsonl", reviews(4))
    with pytest.raises(FileNotFoundError):
        load_dataset("imdb")


@pytest.mark.parametrize("rebuilt", [False, True])
def test_integer_form_by_folder_and_by_file(tmp_path, rebuilt):
    write_reuters(tmp_path, rebuilt)
    data = load_dataset("reuters", path=tmp_path)
    # Of 40 training rows, a tenth of each of the two classes, rounded.
    assert len(data.test) == 10 and len(data.train) + len(data.validation) == 40
    assert set(data.train["label"]) == {"cocoa", "grain"}
    assert {"oil"} <= set(data.train.texts + data.test.texts) <= {"oil", "oil rose"}
    file = tmp_path / ("reuters_rebuilt.npz" if rebuilt else "reuters.npz")
    assert load_dataset("reuters", path=file).train.texts == data.train.texts


def test_a_pair_without_its_index_is_passed_over(tmp_path):
    write_reuters(tmp_path, rebuilt=True)
    (tmp_path / "reuters.npz").write_bytes(b"without its index")
    assert len(load_dataset("reuters", path=tmp_path).test) == 10


def test_download_is_the_last_resort(monkeypatch):
    made_up = {"text": ["a", "b"] * 10, "label": [0, 1] * 10}
    monkeypatch.setattr(keras_datasets, "download", lambda name: dict(train=made_up, test=made_up))
    data = load_dataset("imdb")
    assert (len(data.train), len(data.validation), len(data.test)) == (18, 2, 20)


def test_offline_error_lists_what_was_tried(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path / "data"))
    cache = tmp_path / "keras" / "datasets"
    cache.mkdir(parents=True)
    (cache / "reuters.npz").write_bytes(b"")
    with pytest.raises(FileNotFoundError) as error:
        load_dataset("reuters")
    lines = str(error.value).splitlines()
    assert lines[1:-1] == [
        f"  - {tmp_path / 'data' / 'reuters46'}: not there",
        f"  - {tmp_path / 'data' / 'reuters'}: not there",
        f"  - {cache / 'reuters.npz'}: there, but reuters_word_index.json is missing beside it",
        "  - download by keras.datasets.reuters: URL fetch failure on https://example.org",
    ]
    assert "train.jsonl.gz and test.jsonl.gz" in lines[-1] and "reuters.npz" in lines[-1]
    monkeypatch.delenv("KERAS_MTL_DATA")
    with pytest.raises(FileNotFoundError, match="KERAS_MTL_DATA: not set"):
        load_dataset("reuters")


@pytest.mark.parametrize("made", [False, True])
def test_a_path_given_is_the_only_place(tmp_path, made, monkeypatch):
    monkeypatch.setattr(keras_datasets, "download", lambda name: pytest.fail("downloaded"))
    folder = tmp_path / "here"
    if made:
        folder.mkdir()
    with pytest.raises(FileNotFoundError, match="no train.jsonl.gz" if made else "not there"):
        load_dataset("imdb", path=folder)


def test_paths_that_do_not_serve(tmp_path):
    write(tmp_path / "train.jsonl", reviews(4))
    with pytest.raises(ValueError, match="Give the folder that holds train and test"):
        load_dataset("imdb", path=tmp_path / "train.jsonl")
    with pytest.raises(ValueError, match="must hold a test split"):
        load_dataset("imdb", path=tmp_path)
    write_reuters(tmp_path / "integers")
    with pytest.raises(ValueError, match="`columns` .* integer form"):
        load_dataset("reuters", path=tmp_path / "integers", columns=["title"])


GOOD = b'{"text": "a", "label": "neg"}\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "one JSON object per line. Received: no line"),
        (b"\n\n", "Received: no line"),
        (GOOD + b'{"text": "a", "lab', "in line 2"),
        (GOOD + b"[1]\n", "Received: list in line 2"),
        (GOOD + b'\n{"text": "a"}\n', "line 3 with the columns text. Add 'label'"),
        (GOOD + b'{"text": null, "label": "neg"}\n', "'imdb/train' .* None .* in row 1"),
        (GOOD + b'{"text": "a", "label": "ngg"}\n', "'ngg' in row 1. Did you mean 'neg'"),
        (b'{"text": "\xff", "label": "neg"}\n', "must be UTF-8"),
    ],
)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_files_that_are_no_such_data(tmp_path, content, message, suffix):
    write(tmp_path / f"test{suffix}", reviews(4))
    stored = gzip.compress(content) if suffix.endswith(".gz") else content
    (tmp_path / f"train{suffix}").write_bytes(stored)
    with pytest.raises(ValueError, match=message):
        load_dataset("imdb", path=tmp_path)


def test_damaged_gzip(tmp_path):
    write(tmp_path / "test.jsonl.gz", reviews(4))
    whole = gzip.compress(b"".join(b'{"text": "%d", "label": "neg"}\n' % n for n in range(2000)))
    for damaged in (whole[:-100], GOOD, whole[:30] + b"\0" * 40 + whole[70:], b""):
        (tmp_path / "train.jsonl.gz").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"train.jsonl.gz' must .* again"):
            load_dataset("imdb", path=tmp_path)


def test_a_byte_order_mark_is_no_data(tmp_path):
    write(tmp_path / "test.jsonl", reviews(4))
    (tmp_path / "train.jsonl").write_bytes(b"\xef\xbb\xbf" + GOOD * 2)
    assert len(load_dataset("imdb", path=tmp_path, validation_fraction=0).train) == 2


def test_unknown_name():
    with pytest.raises(ValueError, match="one of imdb, reuters, .*, demo_.*Did you mean 'reuters'"):
        load_dataset("routers")
    with pytest.raises(ValueError, match="Use|use Dataset.from_arrays"):
        load_dataset(None)


def test_reuters_topics_stand_in_class_order():
    assert len(set(REUTERS_LABELS)) == 46
    assert [REUTERS_LABELS[number] for number in (0, 3, 4, 19, 45)] == [
        "cocoa",
        "earn",
        "acq",
        "money-fx",
        "lead",
    ]


def test_demo_datasets(monkeypatch):
    def generate(rows, seed):
        return [f"made up {seed} {row}" for row in range(rows)], ["a", "b"] * (rows // 2)

    demo = SimpleNamespace(
        generate_reviews=generate,
        REVIEW_LABELS=("b", "a"),
        generate_newswire=generate,
        NEWSWIRE_LABELS=("a", "b"),
    )
    monkeypatch.setitem(sys.modules, "keras_mtl.data.named.demo", demo)
    monkeypatch.setattr("keras_mtl.data.named.demo", demo, raising=False)
    data = load_dataset("demo_reviews", seed=3)
    assert (len(data.train), len(data.validation), len(data.test)) == (3600, 400, 1000)
    assert data.labels["label"] == ("b", "a")
    assert data.duplicates["train", "test"] == 0
    assert len(load_dataset("demo_newswire").test) == 800
    assert load_dataset("demo_reviews").test.texts == data.test.texts
    with pytest.raises(ValueError, match="made up, not read"):
        load_dataset("demo_reviews", path="somewhere")


def test_loading_needs_no_engine():
    # Stand-ins for the packages, whose own `__init__` may import Keras for other reasons.
    data = Path(sources.__file__).parents[1]
    code = f"""
import importlib, sys, types
for name, folder in (("keras_mtl", {str(data.parent)!r}), ("keras_mtl.data", {str(data)!r})):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
importlib.import_module("keras_mtl.data.named.sources")
assert not {{"keras", "tensorflow"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
