"""Each mistake in a file of one's own, or in how it is asked for, is one clear error of ours."""

import gzip
import json
import traceback
from pathlib import Path

import pytest

from keras_mtl.data.datasets.dataset import Dataset

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


CAFE = GOOD.encode() + "café,pos\n".encode("latin-1")
CSV_MISTAKES = {
    "a missing column": (
        GOOD.replace("label", "lable"),
        {},
        "'label'. .*'text', 'lable'. Did you mean 'lable'",
    ),
    "a missing text column": (GOOD, {"text": "review"}, "must have the column 'review'"),
    "another delimiter": (GOOD.replace(",", ";"), {}, "columns 'text;label'. Pass delimiter=';'"),
    "a column twice": (
        GOOD.replace("label", "text"),
        {},
        "each column once. Received: 'text' 2 times",
    ),
    "an empty file": ("", {}, "a header and rows. Received: an empty file"),
    "blank lines alone": ("\n\n", {}, "Received: an empty file"),
    "a header alone": ("text,label\n", {}, "rows below its header"),
    "a row too long": (GOOD + "a,b,c\n", {}, "2 cells, .* Received: 3 in line 4. Quote cells"),
    "a row too short": ('text,label\n"a\n\nb",x\n\nc\n', {}, "Received: 1 in line 6. Write"),
    "an unclosed quote": (
        'text,label\n"a\nb",x\n"c,x\nd,x\n',
        {},
        "starts in line 4 and breaks off by line 5",
    ),
    "a stray quote": (GOOD + '"a"b,x\n', {}, "every quote closed.* starts in line 4"),
    "another encoding": (
        CAFE,
        {},
        "UTF-8 .* 0xe9 in line 4, after 'caf'. .*`encoding=`, such as 'cp1252'",
    ),
    "a byte the encoding lacks": (
        b"text,label\na\x81,x\n",
        {"encoding": "cp1252"},
        "cp1252 .* 0x81 in line 2",
    ),
    "half an UTF-16 file": (
        GOOD.encode("utf-16")[:-1],
        {"encoding": "utf-16"},
        "must be utf-16 text",
    ),
    "UTF-16": (GOOD.encode("utf-16"), {}, "looks like UTF-16: pass encoding='utf-16'"),
    "a gzip file by another name": (gzip.compress(GOOD.encode()), {}, "end its name in .gz"),
    "a spreadsheet": (b"PK\x03\x04\x14\0\0\0\n", {}, "save its table as CSV"),
    "NUL bytes": (GOOD + "a\0,pos\n", {}, "a NUL byte in line 4"),
    "a label not in the space": (
        GOOD,
        {"labels": {"label": ["pos", "negs"]}},
        r"\(pos, negs\), or class numbers 0 to 1. Received: 'neg' in line 3. Did .* 'negs'",
    ),
    "a number that is no name": (
        "text,label\na,0\n",
        {"labels": {"label": ["1", "2"]}},
        r"names \(1, 2\). Received: '0' in line 2",
    ),
    "labels that are the texts": (
        GOOD,
        {"labels": "text"},
        "different columns. Received: 'text' for both",
    ),
    "a label named as a text": (
        "a,tokens\nx,y\n",
        {"text": "a", "labels": "tokens"},
        "no text column .*'tokens'",
    ),
    "no label at all": ("text,label\na,\n", {"nulls": "unlabelled"}, "to take their names from"),
    "no row left": (
        "text,label\na,\n",
        {"nulls": "drop"},
        "without a missing value.* Received: 1 rows",
    ),
    "no text left": (
        "text,label\n,a\n",
        {"nulls": "unlabelled"},
        "a row with a text, with nulls='unlabelled'. Received: 1 rows",
    ),
    "nulls misspelt": (
        GOOD,
        {"nulls": "unlabeled"},
        "error, drop, unlabelled. .* Did you mean 'unlabelled'",
    ),
    "nulls of another kind": (GOOD, {"nulls": None}, "Received: nulls=None"),
    "words in a cell": (
        GOOD,
        {"text": {"tokens": "text"}},
        "a list of words.* 'fine' .* line 2.* only JSON Lines",
    ),
    "an unknown text": (GOOD, {"text": {"sentense1": "text"}}, "Did you mean 'sentence1'"),
    "a mapping turned round": (GOOD, {"text": {"review": "text"}}, "Write {'text': 'review'}"),
    "one column for two texts": (
        GOOD,
        {"text": {"text": "text", "sentence1": "text"}},
        "map to different",
    ),
    "no text": (GOOD, {"text": {}}, "`text` of dataset 'mine' must be the name"),
    "labels that are None": (GOOD, {"labels": None}, r"Write \[\] for rows without"),
    "a label column twice": (GOOD, {"labels": ["label", "label"]}, "name different columns"),
    "names that are a set": (GOOD, {"labels": {"label": {"pos"}}}, "a list or tuple of names"),
    "an encoding misspelt": (
        GOOD,
        {"encoding": "utf8x"},
        "`encoding` of dataset 'mine' .* Did you mean 'utf-8'",
    ),
    "an encoding that is no text's": (GOOD, {"encoding": "hex"}, "text encoding that Python knows"),
    "a long delimiter": (
        GOOD,
        {"delimiter": ", "},
        "`delimiter` of dataset 'mine' must be one character",
    ),
    "stratify misspelt": (
        GOOD,
        {"stratify": "labels"},
        r"columns \(label\).* Did you mean 'label'",
    ),
    "a fraction": (GOOD, {"validation_fraction": 2}, "`validation_fraction` of dataset 'mine'"),
}


def refused(content, name, options, message, kind=ValueError):
    with pytest.raises(kind, match=message) as caught:
        load(content, name, **options)
    assert "Received: " in str(caught.value)
    assert "keras_mtl" in traceback.extract_tb(caught.value.__traceback__)[-1].filename


@pytest.mark.parametrize("mistake", CSV_MISTAKES)
def test_mistakes_in_csv(mistake):
    content, options, message = CSV_MISTAKES[mistake]
    refused(content, "mine.csv", options, message)


JSON_MISTAKES = {
    "a missing field": (lines(ROW, {"text": "a"}), {}, "'label' .* only the fields text in line 2"),
    "a field misspelt": (lines({"text": "a", "lable": "x"}), {}, "Did you mean 'lable'"),
    "a field never there": (
        lines(ROW, {"text": "a"}),
        {"labels": "tabel", "nulls": "unlabelled"},
        "must have the column 'tabel'. .*'text', 'label'. Did you mean 'label'",
    ),
    "an empty file": ("\n", {}, "Received: no line"),
    "half a line": (lines(ROW) + '{"text": "a", "lab', {}, "JSON object.* in line 2"),
    "brackets without end": ("[" * 100_000, {}, "JSON object.* in line 1"),
    "no object": (lines(ROW, [1]), {}, "Received: list in line 2"),
    "a text that is a number": (lines(ROW, {**ROW, "text": 3}), {}, r"3 \(int\) in line 2"),
    "half a character": (lines({**ROW, "text": "\ud800"}), {}, "surrogate pair.* in line 1"),
    "a label that is a fraction": (lines({**ROW, "label": 0.5}), {}, "0.5 .float. in line 1"),
    "a label that is an object": (lines({**ROW, "label": {}}), {}, r"\(dict\) in line 1"),
    "a list of numbers": (
        lines({**ROW, "label": [0, 1]}),
        {},
        r"several labels.* \[0, 1\] in line",
    ),
    "an empty name in a list": (lines({**ROW, "label": ["a", ""]}), {}, "several labels"),
    "names and numbers": (lines(ROW, {**ROW, "label": 1}), {}, "1 in line 2, after 'pos'"),
    "a list of other words": (
        lines({"text": ["a", None], "label": "x"}),
        {"text": {"tokens": "text"}},
        "list of words.* line 1",
    ),
    "words not said to be such": (
        lines({"tokens": ["a"], "label": "x"}),
        {"text": "tokens"},
        "must hold a string .* line 1. .*text={'tokens': 'tokens'}",
    ),
    "fewer tags than words": (
        lines({"tokens": ["a", "b"], "label": ["x"]}),
        {"text": {"tokens": "tokens"}},
        "'label' of 'mine.* one tag for each word .* Received: 1 tags and 2 words in line 1",
    ),
    "no tag for a word": (
        lines({"tokens": ["a", "b"], "label": ["x", None]}),
        {"text": {"tokens": "tokens"}},
        "a tag for every word. Received: null in line 1, word 2. Pass nulls='drop'",
    ),
    "an empty tag": (
        lines({"tokens": ["a", "b"], "label": ["", "x"]}),
        {"text": {"tokens": "tokens"}},
        "Received: an empty cell in line 1, word 1",
    ),
    "a tag that is a number": (
        lines({"tokens": ["a", "b"], "label": ["x", 1]}),
        {"text": {"tokens": "tokens"}},
        r"a tag for each word. Received: 1 \(int\) in line 1, word 2",
    ),
    "a tag of no such space": (
        lines({"tokens": ["a", "b"], "label": ["x", "yy"]}),
        {"text": {"tokens": "tokens"}, "labels": {"label": ["x", "y"]}},
        "'yy' in line 1, word 2. Did you mean 'y'",
    ),
    "bytes of another kind": (lines(ROW).encode() + b'{"text": "\xff"}', {}, "0xff in line 2"),
}


@pytest.mark.parametrize("mistake", JSON_MISTAKES)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_mistakes_in_json_lines(mistake, suffix):
    content, options, message = JSON_MISTAKES[mistake]
    refused(content, f"mine{suffix}", options, message)


def test_a_label_that_train_never_shows():
    write("train.csv", GOOD)
    write("test.csv", 'text,label\n"a\nb",pos\nc,poss\n')
    with pytest.raises(ValueError, match="'test.csv' .* 'poss' in line 4. Did .* labels of train"):
        Dataset.from_csv("mine", "train.csv", test="test.csv", validation_fraction=0)


@pytest.mark.parametrize("keep", [0.5, 0.99])
@pytest.mark.parametrize("name", ["mine.csv.gz", "mine.jsonl.gz"])
def test_a_truncated_gzip_file(name, keep):
    rows = [{"text": f"{n * 7919 % 1000}", "label": "x"} for n in range(5000)]
    csv = "text,label\n" + "".join(f"{row['text']},x\n" for row in rows)
    whole = gzip.compress((csv if "csv" in name else lines(*rows)).encode())
    Path(name).write_bytes(whole[: int(len(whole) * keep)])
    make = Dataset.from_csv if "csv" in name else Dataset.from_jsonl
    with pytest.raises(ValueError, match=r"whole gzip file.*cut short after line \d+"):
        make("mine", name)


def test_plain_text_named_as_gzip():
    Path("mine.csv.gz").write_text(GOOD)
    with pytest.raises(ValueError, match="take .gz off its name"):
        Dataset.from_csv("mine", "mine.csv.gz")


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("train.cvs", FileNotFoundError, "'train.cvs'. Did you mean 'train.csv'"),
        ("no/where.csv", FileNotFoundError, "starts from the working folder"),
        (GOOD * 100, FileNotFoundError, "file that is there"),
        ("a\0b", FileNotFoundError, "file that is there"),
        (".", ValueError, "Name a file in it"),
        (None, ValueError, "Received: None"),
        (3, ValueError, "Dataset.from_arrays"),
        (b"train.csv", ValueError, "path of a file"),
    ],
)
def test_paths_that_are_no_file(path, kind, message):
    write("train.csv", GOOD)
    with pytest.raises(kind, match=message) as caught:
        Dataset.from_csv("mine", path)
    assert "`train` of dataset 'mine'" in str(caught.value)
    if path is not None:
        with pytest.raises(kind, match="`test` of dataset 'mine'"):
            Dataset.from_csv("mine", "train.csv", test=path)


def test_a_file_that_cannot_be_read(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(gzip, "open", refuse)
    Path("mine.csv.gz").touch()
    with pytest.raises(OSError, match="'mine.csv.gz' must .* Permission denied after line 0"):
        Dataset.from_csv("mine", "mine.csv.gz")
