"""Datasets whose label columns mark entities in texts."""

import json

import pytest

import keras_mtl as mtl
from keras_mtl.cli.data_tables import profile_text
from keras_mtl.data.datasets.profile import profile
from keras_mtl.tasks import Span

ROWS = {
    "text": ["Ann in Rome", "nobody", "to Rome", "unread"],
    "ner": [
        [{"start": 0, "end": 3, "label": "PER"}, {"start": 7, "end": 11, "label": "LOC"}],
        [],
        [(3, 7, "LOC")],
        None,
    ],
}


def dataset(**options):
    given = {"labels": {"ner": None}, "validation_fraction": 0, **options}
    return mtl.Dataset.from_arrays("mine", ROWS, **given)


def test_the_labels_of_a_column_of_entities_are_their_types():
    data = dataset()
    assert data.labels == {"ner": ("LOC", "PER")}
    assert data.train["ner"] == (
        (Span(0, 3, "PER"), Span(7, 11, "LOC")),
        (),
        (Span(3, 7, "LOC"),),
        None,
    )
    assert dataset(labels={"ner": ["PER", "LOC", "ORG"]}).labels["ner"] == ("PER", "LOC", "ORG")
    assert len(data.train.fingerprint) == 64


def test_entities_of_a_column_can_be_counted_shown_and_screened():
    data = dataset()
    found = profile(data)
    assert found["labels"]["ner"]["counts"]["train"] == {"LOC": 2, "PER": 1}
    assert json.loads(json.dumps(found))["examples"][0]["labels"]["ner"][1] == [7, 11, "LOC"]
    assert "ner: PER 0-3, LOC 7-11" in profile_text(found)
    assert "LOC" in data.describe()
    assert len(data.screen(conflicting_labels=True).train) == 4


def test_a_cut_for_validation_keeps_entities():
    data = dataset(validation_fraction=0.25, stratify=None)
    assert len(data.train) == 3 and len(data.validation) == 1
    with pytest.raises(ValueError, match="must be a label column with one label per row"):
        dataset(validation_fraction=0.25, stratify="ner")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["PER"], r"entities of 1 types \(PER\).*\(7, 11, 'LOC'\) in row 0"),
        (["O", "B-PER", "I-PER"], "without prefixes of tags"),
    ],
)
def test_entities_of_another_type_are_refused(labels, message):
    with pytest.raises(ValueError, match=f"Column 'ner' of split 'mine/train'.*{message}"):
        dataset(labels={"ner": labels})


def test_what_is_no_entity_is_refused():
    rows = {"text": ["Ann"], "ner": [[{"start": 0, "type": "PER"}]]}
    message = r"of column 'ner' of split 'm/train' must be a mapping.*as entity 0 of row 0"
    for labels in (None, ["PER"]):
        with pytest.raises(ValueError, match=message):
            mtl.Dataset.from_arrays("m", rows, labels={"ner": labels}, validation_fraction=0)


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_json_lines_may_hold_entities(tmp_path):
    rows = [
        {"text": text, "spans": spans}
        for text, spans in zip(ROWS["text"], ROWS["ner"], strict=True)
    ]
    file = write_lines(tmp_path / "ner.jsonl", rows)
    options = {"labels": "spans", "nulls": "unlabelled", "validation_fraction": 0.25}
    data = mtl.Dataset.from_jsonl("mine", file, **options)
    assert data.labels == {"spans": ("LOC", "PER")} and len(data.validation) == 1
    given = mtl.Dataset.from_jsonl(
        "mine", file, **{**options, "labels": {"spans": ["PER", "LOC"]}, "validation_fraction": 0}
    )
    assert given.train["spans"] == dataset().train["ner"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([{"start": 0, "type": "LOC"}], "of column 'spans' of '.*' must be a mapping.* of line 2"),
        ([{"start": 0, "end": 3, "type": "ORG"}], "one of 1 label names.*'ORG' in line 2"),
    ],
)
def test_wrong_entities_in_json_lines_name_the_line(tmp_path, row, message):
    rows = [{"text": "Rome", "spans": [[0, 4, "LOC"]]}, {"text": "UN and", "spans": row}]
    file = write_lines(tmp_path / "ner.jsonl", rows)
    with pytest.raises(ValueError, match=message):
        mtl.Dataset.from_jsonl("mine", file, labels={"spans": ["LOC"]}, validation_fraction=0)
