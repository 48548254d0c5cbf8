import gzip
import json
import pickle
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import keras_mtl.data.tables.csv_rows
from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.tables.jsonlines import json_rows
from tests.data.tables.changed_files import changed, changes_with

GOOD = "text,label\nfine,pos\ndull,neg\n"
ROW = {"text": "fine", "label": "pos"}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, content):
    data = content if isinstance(content, bytes) else content.encode()
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return name


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def load(content, name="mine.csv", **options):
    """Write a file and read it as the training rows, none of them cut for validation."""
    options.setdefault("validation_fraction", 0)
    make = Dataset.from_jsonl if ".jsonl" in name else Dataset.from_csv
    return make("mine", write(name, content), **options)


# --- what is read ---


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "a.TAB", "a.tsv.gz"])
def test_csv_and_tsv(name):
    data = load(GOOD if ".csv" in name else GOOD.replace(",", "\t"), name)
    assert data.train.columns == {"text": ("fine", "dull"), "label": ("pos", "neg")}
    assert data.labels == {"label": ("neg", "pos")}
    assert data.nulls == {"train": {"dropped": 0, "unlabelled": {"label": 0}}}
    assert pickle.loads(pickle.dumps(data)).nulls == data.nulls


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_json_lines(name):
    data = load(lines(ROW, {**ROW, "id": 7, "label": "neg"}) + "\n", name)
    assert data.train.columns == {"text": ("fine", "fine"), "label": ("pos", "neg")}


def test_three_files_or_a_part_cut_from_train():
    for name in ("train.csv", "validation.csv", "test.csv"):
        write(name, "text,label\n" + "fine,pos\ndull,neg\n" * 10)
    data = Dataset.from_csv("mine", "train.csv", Path("validation.csv"), "test.csv")
    assert list(data.splits) == list(data.nulls) == ["train", "validation", "test"]
    cut = Dataset.from_csv("mine", "train.csv", validation_fraction=0.2, seed=3)
    assert (len(cut.train), len(cut.validation)) == (16, 4)
    assert sorted(cut.validation["label"]) == ["neg", "neg", "pos", "pos"]
    assert list(cut.nulls) == ["train"]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("\ufeff" + GOOD, {}),
        (GOOD.replace("\n", "\r\n"), {}),
        (GOOD.replace("\n", "\r"), {}),
        (GOOD.replace(",", ";"), {"delimiter": ";"}),
        ("\ufeff" + GOOD.replace(",", "\t"), {"delimiter": "\t"}),
        (GOOD.encode("utf-16"), {"encoding": "utf-16"}),
        (("\ufeff" + GOOD).encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("\n" + GOOD.replace("\n", "\n\n"), {}),
    ],
)
def test_marks_line_ends_delimiters_and_encodings(content, options):
    assert load(content, **options).train.texts == ("fine", "dull")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_marks_and_encodings_of_json_lines(mark, encoding):
    content = (mark + lines(ROW) + "\r\n").encode(encoding)
    assert load(content, "a.jsonl", encoding=encoding).train.texts == ("fine",)


def test_latin_text_by_its_encoding():
    assert load("text,label\ncafé,pos\n".encode("cp1252"), encoding="cp1252").train.texts == (
        "café",
    )


def test_several_text_columns():
    content = "premise,hypothesis,other,label\na,b,x,yes\nc,d,x,no\n"
    data = load(content, text={"sentence1": "premise", "sentence2": "hypothesis"})
    assert list(data.train.columns) == ["sentence1", "sentence2", "label"]
    assert data.train["sentence2"] == ("b", "d")
    assert load(content, text="other", labels=[]).train.columns == {"text": ("x", "x")}


def test_several_label_columns_of_the_same_rows():
    rows = "review,tone,stars\n" + "fine,pos,5\ndull,neg,1\n" * 5
    data = load(rows, text="review", labels=["tone", "stars"], validation_fraction=0.2)
    assert data.labels == {"tone": ("neg", "pos"), "stars": ("1", "5")}
    assert len(data.validation) == 2 and set(data.validation["tone"]) == {"pos", "neg"}
    names = {"tone": ("neg", "pos"), "stars": list("12345")}
    assert load(rows, text="review", labels=names).labels["stars"] == tuple("12345")


def test_numbers_are_class_numbers_where_names_are_no_numbers():
    names = {"label": ["neg", "pos"]}
    rows = [{"text": "a", "label": 1}, {"text": "b", "label": "neg"}]
    assert load("text,label\na,1\nb,neg\n", labels=names).train["label"] == ("pos", "neg")
    assert load(lines(*rows), "a.jsonl", labels=names).train["label"] == ("pos", "neg")
    stars = {"label": list("12345")}
    assert load("text,label\na,1\n", labels=stars).train["label"] == ("1",)
    assert load(lines(rows[0]), "a.jsonl", labels=stars).train["label"] == ("1",)
    assert load("text,label\na,10\nb,9\n").labels["label"] == ("9", "10")


def test_lists_of_words_and_of_labels():
    rows = [{"words": ["I", "see"], "tags": ["PRON", "VERB"]}, {"words": ["go"], "tags": ["VERB"]}]
    options = {"text": {"tokens": "words"}, "labels": "tags"}
    data = load(lines(*rows), "a.jsonl", **options)
    assert data.train["tags"] == (("PRON", "VERB"), ("VERB",))
    cut = load(lines(*rows) * 4, "a.jsonl", **options, validation_fraction=0.25)
    assert len(cut.validation) == 2


def test_tags_of_words_beside_a_label_of_the_text():
    row = {"tokens": ["fly", "to", "Rome"], "slots": ["O", "O", "B"], "intent": "book"}
    other = {"tokens": ["hi"], "slots": None, "intent": "greet"}
    options = {"text": {"tokens": "tokens"}, "labels": ["slots", "intent"], "nulls": "unlabelled"}
    data = load(lines(row, {**row, "slots": ["O", None, "B"]}, other), "a.jsonl", **options)
    assert data.train["slots"] == (("O", "O", "B"), ("O", None, "B"), None)
    assert data.labels == {"slots": ("B", "O"), "intent": ("book", "greet")}
    nulls = {"dropped": 0, "unlabelled": {"slots": 1, "intent": 0}}
    assert data.nulls["train"] == {**nulls, "untagged": {"slots": 1, "intent": 0}}
    assert "rows without 'slots': 1, words without 'slots': 1" in data.describe()
    cut = load(lines(row, other) * 4, "a.jsonl", **options, validation_fraction=0.25)
    assert sorted(cut.validation["intent"]) == ["book", "greet"]


def test_labels_are_kept_once():
    label = load("text,label\n" + "fine,a long name\n" * 3).train["label"]
    assert label[0] is label[1] is label[2]


# --- nulls ---

NULL_TEXT, NULL_LABEL = "text,label\na,x\n ,x\nb,y\n", "text,label\na,x\nb,\nc,y\n"
NO_LABEL = [{}, {"label": None}, {"label": float("nan")}, {"label": ""}, {"label": " "}]


def test_nulls_are_errors_unless_said():
    with pytest.raises(
        ValueError, match="'text' of 'mine.csv' .* empty cell in line 3. Pass nulls"
    ):
        load(NULL_TEXT)
    with pytest.raises(ValueError, match="'label' of 'mine.csv' .* in line 3. .*'unlabelled'"):
        load(NULL_LABEL)
    with pytest.raises(ValueError, match="must have a text .*'drop' .*'unlabelled' if rows"):
        load(NULL_TEXT)


def test_nulls_dropped_and_unlabelled_are_counted():
    data = load(NULL_TEXT + ",\n", nulls="drop")
    assert data.train.texts == ("a", "b")
    assert data.nulls["train"] == {"dropped": 2, "unlabelled": {"label": 0}}
    assert data.describe().endswith("missing values in the file of train; rows dropped: 2")
    data = load(NULL_LABEL, nulls="unlabelled")
    assert data.train["label"] == ("x", None, "y")
    assert data.nulls["train"] == {"dropped": 0, "unlabelled": {"label": 1}}
    assert "train; rows without 'label': 1" in data.describe()


def test_of_unlabelled_rows_those_without_a_text_are_left_out():
    data = load(NULL_LABEL + " ,x\n,\nd,\n", nulls="unlabelled")
    assert data.train.texts == ("a", "b", "c", "d")
    assert data.train["label"] == ("x", None, "y", None)
    assert data.nulls["train"] == {"dropped": 2, "unlabelled": {"label": 2}}
    pairs = "one,two,label\na,b,x\n,b,x\na,,x\nc,d,\n"
    texts = {"sentence1": "one", "sentence2": "two"}
    data = load(pairs, text=texts, nulls="unlabelled")
    assert data.train["sentence2"] == ("b", "d") and data.nulls["train"]["dropped"] == 2


@pytest.mark.parametrize("label", NO_LABEL)
def test_nulls_of_json_lines(label):
    content = lines(ROW, {"text": "b", **label})
    assert load(content, "a.jsonl", nulls="drop").nulls["train"]["dropped"] == 1
    assert load(content, "a.jsonl", nulls="unlabelled").train["label"] == ("pos", None)
    with pytest.raises(ValueError, match="'label' of 'a.jsonl' must have a label .* in line 2"):
        load(content, "a.jsonl")


@pytest.mark.parametrize("text", [{}, {"words": None}, {"words": ""}, {"words": []}])
def test_no_text_in_json_lines(text):
    rows = [{"words": ["a"], "label": "x"}, {**text, "label": "x"}]
    options = {"text": {"tokens": "words"}}
    assert load(lines(*rows), "a.jsonl", **options, nulls="drop").nulls["train"]["dropped"] == 1
    assert load(lines(*rows), "a.jsonl", **options, nulls="unlabelled").train["label"] == ("x",)
    with pytest.raises(ValueError, match="'words' of 'a.jsonl' must have a text .* in line 2"):
        load(lines(*rows), "a.jsonl", **options)


def test_nulls_of_several_label_columns():
    content = "text,a,b\nx,1,\ny,,\nz,2,3\n"
    data = load(content, labels=["a", "b"], nulls="unlabelled")
    assert data.nulls["train"]["unlabelled"] == {"a": 1, "b": 2}
    assert load(content, labels=["a", "b"], nulls="drop").train.texts == ("z",)


def test_words_such_as_NA_are_no_nulls():
    assert load("text,label\nNA,null\nnan,NaN\n").train.texts == ("NA", "nan")


# --- how it is read ---


def test_rows_are_read_one_by_one():
    # The file breaks off, but not before its first row was handed over.
    Path("mine.jsonl").write_bytes(lines(ROW).encode() * 20_000 + b"\xff")
    rows = json_rows(Path("mine.jsonl"), ["text"])
    assert next(rows) == (1, ["fine"])
    rows.close()


def test_reading_needs_no_engine():
    data = Path(keras_mtl.data.__file__).parent
    code = f"""
import importlib, sys, types
for name, folder in (("keras_mtl", {str(data.parent)!r}), ("keras_mtl.data", {str(data)!r})):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
datasets = importlib.import_module("keras_mtl.data.datasets.dataset")
datasets.Dataset.from_csv("a", "a.csv", stratify=None)
assert not {{"keras", "tensorflow", "tensorflow_datasets", "datasketch"}} & set(sys.modules)
"""
    write("a.csv", GOOD + "a,pos\nb,neg\n" * 5)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# --- files that were changed at random ---

CSV = 'text,label,id\n"a ""fine"" film,\nyes",pos,1\ncafé,neg,2\n,pos,3\nwords,,4\n'
CSV += "".join(f"row {n},{'pos' if n % 2 else 'neg'},{n}\n" for n in range(20))
JSON = lines(*({"text": f"café {n}", "label": n % 2, "id": None} for n in range(20)), {"text": ""})
TSV = CSV.replace(",", "\t")
FILES = {"a.csv": CSV, "a.tsv": TSV, "a.csv.gz": CSV, "a.jsonl": JSON, "a.jsonl.gz": JSON}
CHANGES = changes_with([b'"', b"\0", b"\xff", b"\n", b"\r", b",", b"{", b"\\ud800", b"NaN", b"9"])


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(FILES)),
    before=CHANGES,
    after=st.one_of(st.just([]), CHANGES),
    nulls=st.sampled_from(["error", "drop", "unlabelled"]),
    labels=st.sampled_from(["label", ["label", "id"], {"label": ["neg", "pos"]}]),
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-16", "cp1252", "shift_jis", "utf-7"]),
)
@example("a.csv", [], [], "drop", "label", "utf-8")
@example("a.jsonl.gz", [], [], "drop", "label", "utf-8")
def test_a_changed_file_loads_or_is_one_error_of_ours(name, before, after, nulls, labels, encoding):
    data = changed(FILES[name].encode(), before)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(changed(gzip.compress(data) if name.endswith(".gz") else data, after))
        make = Dataset.from_jsonl if "jsonl" in name else Dataset.from_csv
        options = {"labels": labels, "nulls": nulls, "encoding": encoding, "stratify": None}
        try:
            loaded = make("mine", str(file), **options)
        except (ValueError, FileNotFoundError) as error:
            assert re.search(r"must .*Received: ", str(error), re.S)
            frames = traceback.extract_tb(error.__traceback__)
            assert "keras_mtl" in Path(frames[-1].filename).parts
            assert type(error) in (ValueError, FileNotFoundError)
        else:
            assert len(loaded.train) and all(isinstance(text, str) for text in loaded.train.texts)
