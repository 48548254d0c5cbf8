"""Sets of texts and of pairs by name: JSON Lines, and the files they are given away in."""

import gzip
import json
import os

import pytest

from keras_mtl.data.named.catalogue import SOURCES
from keras_mtl.data.named.label_lists import FDU_DOMAINS
from keras_mtl.data.named.public_texts import FDU_VALIDATION_ROWS
from keras_mtl.data.named.sources import load_dataset

TEXT, PAIR = {"text": "made up"}, {"sentence1": "one side", "sentence2": "the other"}
# A row of each set; and its label spaces, by their size where they are read off the rows.
ROWS = {
    "clinc150": {**TEXT, "intent": "oos", "domain": "oos"},
    "fdu_mtl": {**TEXT, "label": "positive", "domain": "MR"},
    "emotion": {**TEXT, "label": "joy"},
    "goemotions": {**TEXT, "labels": ["joy", "neutral"], "id": "x1"},
    "sst2": {**TEXT, "label": "negative"},
    "cola": {**TEXT, "label": "acceptable", "source": "gj04"},
    "mrpc": {**PAIR, "label": "equivalent"},
    "rte": {**PAIR, "label": "entailment"},
    "stsb": {**PAIR, "label": 3.8, "genre": "news"},
    "language_detection": {**TEXT, "label": "Sweedish"},
    "online_shopping_10_cats": {**TEXT, "label": "negative", "category": "平板"},
}
NO_TEST = ("sst2", "cola", "rte")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    monkeypatch.delenv("KERAS_MTL_DATA", raising=False)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def write_jsonl(folder, row, splits=("train", "validation", "test")):
    for split in splits:
        write(folder / f"{split}.jsonl.gz", json.dumps(row) + "\n")


@pytest.mark.parametrize("name", ROWS)
def test_json_lines_below_the_data_folder(tmp_path, monkeypatch, name):
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path))
    write_jsonl(tmp_path / name, ROWS[name], SOURCES[name].splits)
    data = load_dataset(name)
    assert tuple(data.splits) == SOURCES[name].splits
    assert (data.test is None) == (name in NO_TEST)
    assert [column for column in data.train.columns if column in ("id", "source", "genre")] == []
    for column, value in ROWS[name].items():
        if column in data.labels:
            assert data.train[column] == (tuple(value) if isinstance(value, list) else value,)
            assert column == "intent" or data.labels[column] == SOURCES[name].labels[column]


def test_a_similarity_is_a_column_and_no_label(tmp_path):
    write_jsonl(tmp_path, ROWS["stsb"])
    data = load_dataset("stsb", path=tmp_path, columns=["genre"])
    assert data.labels == {}
    assert data.train.columns == {
        "sentence1": ("one side",),
        "sentence2": ("the other",),
        "score": (3.8,),
        "genre": ("news",),
    }


def test_a_test_split_is_read_where_there_is_one(tmp_path):
    write_jsonl(tmp_path, ROWS["rte"])
    assert len(load_dataset("rte", path=tmp_path).test) == 1


@pytest.mark.parametrize(
    ("name", "missing"), [("emotion", "validation"), ("emotion", "test"), ("cola", "validation")]
)
def test_a_split_that_is_missing(tmp_path, name, missing):
    write_jsonl(tmp_path, ROWS[name], [one for one in SOURCES[name].splits if one != missing])
    with pytest.raises(ValueError, match=f"must hold a {missing} split.*Put {missing}.jsonl.gz or"):
        load_dataset(name, path=tmp_path)


def test_a_pair_with_an_empty_side(tmp_path):
    write_jsonl(tmp_path, ROWS["mrpc"])
    write(tmp_path / "test.jsonl.gz", json.dumps({**ROWS["mrpc"], "sentence2": " \t"}))
    with pytest.raises(ValueError, match=r"'sentence2' of split 'mrpc/test' .* '.*' in row 0"):
        load_dataset("mrpc", path=tmp_path)


def test_labels_that_another_split_does_not_have(tmp_path):
    write_jsonl(tmp_path, ROWS["emotion"])
    write(tmp_path / "test.jsonl.gz", json.dumps({**TEXT, "label": "happy"}))
    with pytest.raises(ValueError, match="'emotion/test' must hold one of 6 .* 'happy' in row 0"):
        load_dataset("emotion", path=tmp_path)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("rte", r"train.tsv and dev.tsv \(from gluebenchmark.com/tasks\)"),
        ("clinc150", r"data_full.json and domains.json \(from github.com/clinc/oos-eval, data\)"),
        ("emotion", "The set is at huggingface.co/datasets/dair-ai/emotion"),
        ("language_detection", "kaggle.com"),
    ],
)
def test_what_is_said_of_a_set_that_is_nowhere(name, where):
    with pytest.raises(FileNotFoundError, match=f"KERAS_MTL_DATA: not set\n.*{where}") as caught:
        load_dataset(name)
    assert ("test.jsonl.gz" in str(caught.value)) == (name not in NO_TEST)


# --- GLUE and GoEmotions: tabs between cells ---


MRPC = 'Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t7\t8\tSo " he said\tHe said so "\r\n'
STSB = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
STSB_ROW = "0\tnews\tf\t2012\t9\tn\tn\tOne.\tTwo.\t3.750\n"
TABS = {
    "sst2": ("SST-2", {"train.tsv": "sentence\tlabel\na fine film \t1\n"}),
    "cola": ("CoLA", {"train.tsv": 'gj04\t0\t*\t"They drank the pub.\n'}),
    "mrpc": ("MRPC", {"train.tsv": MRPC, "msr_paraphrase_test.txt": "\ufeff" + MRPC}),
    "rte": ("RTE", {"train.tsv": "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tnot_entailment\n"}),
    "stsb": (
        "STS-B",
        {
            "train.tsv": STSB + STSB_ROW,
            "original/sts-test.tsv": "news\tf\t2012\t9\t0.5\tThree.\tFour.\ta licence\n",
        },
    ),
    "goemotions": ("goemotions", {"train.tsv": "So? \t2,27\tx1\n", "test.tsv": "Oh.\t0\tx2\n"}),
}
EXPECTED = {
    "sst2": ("a fine film", "positive"),
    "cola": ('"They drank the pub.', "unacceptable", "gj04"),
    "mrpc": ('So " he said', 'He said so "', "equivalent"),
    "rte": ("A", "B", "not_entailment"),
    "stsb": ("One.", "Two.", 3.75, "news"),
    "goemotions": ("So? ", ("anger", "neutral"), "x1"),
}
FURTHER = {"cola": ["source"], "stsb": ["genre"], "goemotions": ["id"]}


def write_tabs(folder, name, **changed):
    files = TABS[name][1]
    for file, content in {"dev.tsv": files["train.tsv"], **files}.items():
        write(folder / file, changed.get(file.partition(".")[0], content))


@pytest.mark.parametrize("name", TABS)
def test_files_with_tabs(tmp_path, monkeypatch, name):
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path))
    write_tabs(tmp_path / TABS[name][0], name)
    data = load_dataset(name, columns=FURTHER.get(name))
    for split in (data.train, data.validation):
        assert next(zip(*split.columns.values(), strict=True)) == EXPECTED[name]
    assert (data.test is None) == (name in NO_TEST)
    if name in FURTHER:
        assert not set(FURTHER[name]) & set(load_dataset(name).train.columns)
    if name == "stsb":
        assert next(zip(*data.test.columns.values(), strict=True)) == (
            "Three.",
            "Four.",
            0.5,
            "news",
        )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("sst2", "sentence\tlabel\na\t2\n", "in line 2 one of negative, positive, .* '2'. Mend"),
        ("sst2", "sentence\tscore\na\t1\n", "must have the column 'label'.*'score'"),
        ("sst2", "sentence\tlabel\na\tb\t1\n", "must have 2 cells .* Received: 3 in line 2"),
        ("sst2", "sentence\tlabel\n\n", "must hold rows. Received: none"),
        ("cola", "", "must hold a row on each line. Received: none"),
        ("cola", "gj04\t1\n", "must have 4 or more cells .* Received: 2 in line 1"),
        ("goemotions", "So?\t2,28\tx\n", "'labels' .* in line 1 one of admiration.* '28'"),
        ("goemotions", "So?\t\tx\n", "'labels' .* in line 1 one of admiration.* ''"),
        ("stsb", STSB + STSB_ROW.replace("3.750", "5.1"), "a number from 0 to 5. Received: '5.1'"),
        ("stsb", STSB + STSB_ROW.replace("3.750", "nan"), "a number from 0 to 5. Received: 'nan'"),
        ("rte", "index\tsentence1\tsentence2\tlabel\n0\tA\t\t1\n", "'sentence2' of split 'rte/tr"),
    ],
)
def test_files_with_tabs_that_are_no_such_data(tmp_path, name, content, message):
    write_tabs(tmp_path, name, train=content)
    with pytest.raises(ValueError, match=message):
        load_dataset(name, path=tmp_path)


def test_a_file_with_tabs_that_is_missing_or_a_column_it_does_not_have(tmp_path):
    write_tabs(tmp_path, "mrpc")
    with pytest.raises(ValueError, match="`columns` of dataset 'mrpc' .* Received: 'source'"):
        load_dataset("mrpc", path=tmp_path, columns=["source"])
    os.remove(tmp_path / "msr_paraphrase_test.txt")
    with pytest.raises(ValueError, match="a test split.* Put msr_paraphrase_test.txt beside"):
        load_dataset("mrpc", path=tmp_path)


# --- CLINC150 and FDU-MTL ---


def write_clinc(folder, **changed):
    queries = {
        part + name: [[f"{part}{name} query", "oos" if part else "translate"]]
        for name in ("train", "val", "test")
        for part in ("", "oos_")
    }
    write(folder / "data_full.json", json.dumps({**queries, **changed}))
    write(folder / "domains.json", json.dumps({"travel": ["translate"], "work": ["w2"]}))


def test_clinc_as_it_is_given_away(tmp_path):
    write_clinc(tmp_path)
    data = load_dataset("clinc150", path=tmp_path)
    assert data.validation.columns == {
        "text": ("val query", "oos_val query"),
        "intent": ("translate", "oos"),
        "domain": ("travel", "oos"),
    }
    assert data.labels["intent"] == ("oos", "translate") and len(data.labels["domain"]) == 11


@pytest.mark.parametrize(
    "changed",
    [{"val": [["what", "no such intent"]]}, {"oos_test": None}, {"train": [["alone"]]}],
)
def test_clinc_files_that_are_none(tmp_path, changed):
    write_clinc(tmp_path, **changed)
    with pytest.raises(ValueError, match="must hold pairs of query and intent in .* Fetch"):
        load_dataset("clinc150", path=tmp_path)
    for content, message in (("{", "must be a JSON file"), ("[]", "a JSON object. Received: list")):
        write(tmp_path / "data_full.json", content)
        with pytest.raises(ValueError, match=message):
            load_dataset("clinc150", path=tmp_path)
    os.remove(tmp_path / "domains.json")
    with pytest.raises(ValueError, match="domains.json' must be a JSON file that is there"):
        load_dataset("clinc150", path=tmp_path)


def write_fdu(folder, rows=FDU_VALIDATION_ROWS + 1):
    for domain in FDU_DOMAINS:
        lines = [f"{row % 2}\t{domain} {row}\n" for row in range(rows)]
        write(folder / f"{domain}.task.train", "".join(lines))
        write(folder / f"{domain}.task.test", f"1\t{domain} test\n")


def test_fdu_as_it_is_given_away(tmp_path):
    write_fdu(tmp_path)
    data = load_dataset("fdu_mtl", path=tmp_path)
    assert [len(split) for split in data.splits.values()] == [16, 16 * FDU_VALIDATION_ROWS, 16]
    assert set(data.train["domain"]) == set(FDU_DOMAINS)
    assert (data.train.texts[0], data.train["label"][0]) == ("MR 0", "negative")
    assert (data.validation.texts[0], data.validation["label"][0]) == ("MR 1", "positive")


def test_fdu_files_that_are_none(tmp_path):
    write_fdu(tmp_path)
    write(tmp_path / "baby.task.test", "1\tfine\n2\tfine\n")
    with pytest.raises(ValueError, match="baby.task.test' must begin line 2 with .* '2'"):
        load_dataset("fdu_mtl", path=tmp_path)
    write(tmp_path / "apparel.task.train", "1\tfine\n")
    with pytest.raises(ValueError, match="must hold more than 200 rows.* Received: 1"):
        load_dataset("fdu_mtl", path=tmp_path)
    os.remove(tmp_path / "apparel.task.train")
    with pytest.raises(FileNotFoundError, match="apparel.task.train' must be there: FDU-MTL has"):
        load_dataset("fdu_mtl", path=tmp_path)
