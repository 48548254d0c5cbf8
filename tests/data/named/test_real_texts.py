"""The sets of texts and of pairs as they really are: sizes, labels, duplicates, their own files."""

import json
import os
from pathlib import Path

import pytest

from keras_mtl.data.datasets.profile import profile
from keras_mtl.data.named.sources import load_dataset

DATA = os.environ.get("KERAS_MTL_DATA")

pytestmark = pytest.mark.real_data

# Rows of train, validation and test; sizes of the label spaces; duplicates within train.
FACTS = {
    "fdu_mtl": ((22180, 3200, 6400), {"label": 2, "domain": 16}, 1022),
    "clinc150": ((15100, 3100, 5500), {"intent": 151, "domain": 11}, 0),
    "emotion": ((16000, 2000, 2000), {"label": 6}, 31),
    "goemotions": ((43410, 5426, 5427), {"labels": 28}, 183),
    "sst2": ((67349, 872), {"label": 2}, 371),
    "cola": ((8551, 1043), {"label": 2}, 19),
    "mrpc": ((3668, 408, 1725), {"label": 2}, 0),
    "rte": ((2490, 277), {"label": 2}, 2),
    "stsb": ((5749, 1500, 1379), {}, 43),
    "language_detection": ((8222, 1020, 1020), {"label": 17}, 0),
    "online_shopping_10_cats": ((50158, 6260, 6260), {"label": 2, "category": 10}, 0),
}
# A label of train and how often it stands there.
COUNTS = {
    "fdu_mtl": ("domain", "baby", 1300),
    "clinc150": ("domain", "oos", 100),
    "emotion": ("label", "surprise", 572),
    "sst2": ("label", "positive", 37569),
    "cola": ("label", "unacceptable", 2528),
    "mrpc": ("label", "equivalent", 2474),
    "rte": ("label", "entailment", 1249),
    "language_detection": ("label", "Hindi", 50),
    "online_shopping_10_cats": ("category", "热水器", 459),
}


def folder(name):
    path = Path(DATA or "") / name
    if not path.is_dir():
        pytest.skip(f"KERAS_MTL_DATA has no folder {name}")
    return path


@pytest.fixture(scope="module", params=FACTS)
def data(request):
    return load_dataset(request.param, path=folder(request.param))


def test_sizes_labels_and_duplicates(data):
    rows, labels, repeated = FACTS[data.name]
    assert tuple(map(len, data.splits.values())) == rows
    assert {column: len(names) for column, names in data.labels.items()} == labels
    assert data.duplicates["train", "train"] == repeated
    if data.name in COUNTS:
        column, label, count = COUNTS[data.name]
        assert data.train[column].count(label) == count


def test_they_are_described_and_profiled(data):
    rows, labels, _ = FACTS[data.name]
    assert data.describe().startswith(f"{data.name}: {rows[0]} train")
    found = json.loads(json.dumps(profile(data)))
    assert set(found["labels"]) == set(labels)
    # Every label occurs in train; the demand is of the names, not of the rows.
    assert all(min(one["counts"]["train"].values()) for one in found["labels"].values())


def test_several_labels_of_a_row_and_scores():
    emotions = load_dataset("goemotions", path=folder("goemotions"))
    assert sum(len(labels) > 1 for labels in emotions.train["labels"]) == 7102
    assert sum("grief" in labels for labels in emotions.train["labels"]) == 77
    pairs = load_dataset("stsb", path=folder("stsb"))
    scores = [score for split in pairs.splits.values() for score in split["score"]]
    assert (min(scores), max(scores)) == (0, 5) and {type(one) for one in scores} == {float}


def test_out_of_scope_queries_are_so_in_both_columns():
    data = load_dataset("clinc150", path=folder("clinc150"))
    for split, rows in zip(data.splits.values(), (100, 100, 1000), strict=True):
        pairs = list(zip(split["intent"], split["domain"], strict=True))
        assert pairs.count(("oos", "oos")) == rows
        assert sum("oos" in pair for pair in pairs) == rows


def write_clinc(place, data):
    stored, domains = {}, {}
    for name, split in data.splits.items():
        for query, intent, domain in zip(*split.columns.values(), strict=True):
            short = name.replace("validation", "val")
            stored.setdefault("oos_" * (intent == "oos") + short, []).append([query, intent])
            if intent != "oos":
                domains.setdefault(domain, {})[intent] = None
    (place / "data_full.json").write_text(json.dumps(stored), "utf-8")
    (place / "domains.json").write_text(json.dumps({d: [*i] for d, i in domains.items()}), "utf-8")


def write_fdu(place, data):
    for name, split in data.splits.items():
        for review, label, domain in zip(*split.columns.values(), strict=True):
            # Train comes first, and validation stands behind it in one file.
            end = name.replace("validation", "train")
            with open(place / f"{domain}.task.{end}", "a", encoding="utf-8") as file:
                file.write(f"{data.labels['label'].index(label)}\t{review}\n")


def write_goemotions(place, data):
    names = data.labels["labels"]
    for name, split in data.splits.items():
        lines = [
            f"{words}\t{','.join(str(names.index(one)) for one in labels)}\tid\n"
            for words, labels in zip(*split.columns.values(), strict=True)
        ]
        (place / f"{name.replace('validation', 'dev')}.tsv").write_text("".join(lines), "utf-8")


def write_rte(place, data):
    for name, split in data.splits.items():
        rows = zip(*split.columns.values(), strict=True)
        lines = [f"0\t{one}\t{other}\t{label}\n" for one, other, label in rows]
        text = "index\tsentence1\tsentence2\tlabel\n" + "".join(lines)
        (place / f"{name.replace('validation', 'dev')}.tsv").write_text(text, "utf-8")


WRITERS = {
    "clinc150": write_clinc,
    "fdu_mtl": write_fdu,
    "goemotions": write_goemotions,
    "rte": write_rte,
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_files_they_are_given_away_in_have_the_same_rows(name, tmp_path):
    data = load_dataset(name, path=folder(name))
    WRITERS[data.name](tmp_path, data)
    again = load_dataset(data.name, path=tmp_path)
    assert again.labels == data.labels
    for name, split in data.splits.items():
        assert again.splits[name].columns == split.columns
