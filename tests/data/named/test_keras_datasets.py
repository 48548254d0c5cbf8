import importlib
import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from keras_mtl.data.named.keras_datasets import download, read_integer_form, read_member

WORDS = {"the": 1, "of": 2, "oil": 3, "rose": 4, "fell": 5, "nine": 6}


def ragged(*rows):
    array = np.empty(len(rows), dtype=object)
    array[:] = [list(row) for row in rows]
    return array


def write_index(path, words=WORDS):
    path.write_text(json.dumps(words))
    return path


def made_up_rows(count):
    random = np.random.default_rng(0)
    rows = ragged(*(random.integers(1, 7, size=2 + row % 5).tolist() for row in range(count)))
    return rows, random.integers(0, 46, size=count)


@pytest.fixture
def reuters(tmp_path):
    x, y = made_up_rows(23)
    np.savez(tmp_path / "reuters.npz", x=x, y=y)
    return tmp_path / "reuters.npz", write_index(tmp_path / "reuters_word_index.json")


@pytest.fixture
def imdb(tmp_path):
    (x_train, y_train), (x_test, y_test) = made_up_rows(9), made_up_rows(7)
    arrays = {"x_train": x_train, "y_train": y_train % 2, "x_test": x_test, "y_test": y_test % 2}
    np.savez(tmp_path / "imdb.npz", **arrays)
    return tmp_path / "imdb.npz", write_index(tmp_path / "imdb_word_index.json")


def keras_module(name, files, monkeypatch):
    """`keras.datasets.<name>`, which finds the given files instead of fetching its own."""
    arrays, word_index = files
    module = importlib.import_module(f"keras.src.datasets.{name}")

    def get_file(fname, *_, **__):
        return str(word_index if fname.endswith(".json") else arrays)

    monkeypatch.setattr(module, "get_file", get_file)
    return module


def decode_as_the_keras_guide_does(module, split):
    words = {rank + 3: word for word, rank in module.get_word_index().items()}
    return [" ".join(words.get(number, "?") for number in row[1:]) for row in split]


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_rows_order_and_splits_are_those_of_keras(name, request, monkeypatch):
    files = request.getfixturevalue(name)
    module = keras_module(name, files, monkeypatch)
    theirs = module.load_data(num_words=10**6)
    ours = read_integer_form(name, *files)
    for split, (x, y) in zip(("train", "test"), theirs, strict=True):
        assert ours[split]["text"] == decode_as_the_keras_guide_does(module, x)
        assert ours[split]["label"] == y.tolist()
    assert download(name) == ours


def test_reuters_is_cut_at_four_fifths(reuters):
    data = read_integer_form("reuters", *reuters)
    assert (len(data["train"]["text"]), len(data["test"]["text"])) == (18, 5)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("module", ["numpy.core", "numpy._core"])
def test_reads_every_pickle_protocol_and_either_numpy(tmp_path, protocol, module):
    array = ragged([1, 2], [300, 70000], [])
    stored = pickle.dumps(array, protocol=protocol)
    if module == "numpy.core" and protocol < 4:
        stored = stored.replace(b"numpy._core", b"numpy.core")
    elif module == "numpy.core":
        stored = unframed(stored).replace(b"\x16numpy._core", b"\x15numpy.core")
    write_npz(tmp_path / "a.npz", stored, shape=(3,))
    assert read_member(tmp_path / "a.npz", "x") == [[1, 2], [300, 70000], []]


def unframed(stored):
    """Drop the frame header, whose length a change would make wrong."""
    return stored[:2] + stored[11:]


def write_npz(path, stored, shape):
    """Write an `.npz` file whose object array `x` is the given pickle."""
    header = io.BytesIO()
    header_of = {"descr": "|O", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, header_of)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header.getvalue() + stored)


class Call:
    """Pickles as a call of `function(*arguments)`."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("function", "named"),
    [(os.mkdir, "mkdir"), (eval, "eval"), (np.load, "load"), (getattr, "getattr")],
)
def test_a_pickle_that_calls_anything_else_is_refused(tmp_path, function, named, inside):
    call = Call(function, str(tmp_path / "made"))
    stored = pickle.dumps([[1], [call]] if inside else call)
    write_npz(tmp_path / "evil.npz", stored, shape=(2,))
    with pytest.raises(ValueError, match=f"evil.npz.*asks for .*{named}, refused.*Remove"):
        read_member(tmp_path / "evil.npz", "x")
    assert not (tmp_path / "made").exists()


def test_the_names_admitted_are_inert(tmp_path):
    # Even a call of the dtype constructor with stored arguments reaches no code of numpy.
    stored = pickle.dumps(Call(np.dtype, "this is no dtype"))
    write_npz(tmp_path / "a.npz", stored, shape=(1,))
    with pytest.raises(ValueError, match="not a list of"):
        read_member(tmp_path / "a.npz", "x")


@pytest.mark.parametrize(
    ("stored", "shape", "message"),
    [
        (pickle.dumps(ragged([1], [2])), (3,), "not a list of"),
        (pickle.dumps(ragged([1], "ab")), (2,), "not lists of whole numbers"),
        (pickle.dumps([[1], [True]]), (2,), "not lists of whole numbers"),
        (pickle.dumps({"a": 1}), (1,), "not a list of"),
        (b"no pickle", (1,), "must be an .npz file"),
        (pickle.dumps(ragged([1], [2]))[:-20], (2,), "must be an .npz file"),
    ],
)
def test_other_contents_are_refused(tmp_path, stored, shape, message):
    write_npz(tmp_path / "a.npz", stored, shape)
    with pytest.raises(ValueError, match=message):
        read_member(tmp_path / "a.npz", "x")


def test_damaged_or_foreign_files_are_named(reuters, tmp_path):
    arrays, index = reuters
    with pytest.raises(ValueError, match="no array 'x_train', only x, y"):
        read_integer_form("imdb", arrays, index)
    cut = tmp_path / "cut.npz"
    cut.write_bytes(arrays.read_bytes()[:-50])
    with pytest.raises(ValueError, match="cut.npz' must be an .npz file.*fetch it again"):
        read_integer_form("reuters", cut, index)


def test_rows_and_classes_must_be_as_many(tmp_path):
    np.savez(tmp_path / "reuters.npz", x=ragged([1], [2, 3]), y=np.array([0]))
    index = write_index(tmp_path / "index.json")
    with pytest.raises(ValueError, match="2 rows in 'x', 1 classes in 'y'"):
        read_integer_form("reuters", tmp_path / "reuters.npz", index)


def test_a_word_index_of_another_file_is_noticed(reuters, tmp_path):
    with pytest.raises(ValueError, match=r"word index \(1 words\).*one source side by side"):
        read_integer_form("reuters", reuters[0], write_index(tmp_path / "short.json", {"the": 1}))


@pytest.mark.parametrize("text", ["", "not json", "[1, 2]", '{"the": "first"}'])
def test_a_word_index_must_be_one(reuters, text):
    reuters[1].write_text(text)
    with pytest.raises(ValueError, match="reuters_word_index.json' must"):
        read_integer_form("reuters", *reuters)
