"""The sets of words as they really are: sizes, tags, and that models can read them."""

import gzip
import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.datasets.profile import profile

DATA = os.environ.get("KERAS_MTL_DATA")

pytestmark = pytest.mark.real_data

SIZES = {
    "atis": (4478, 500, 893),
    "ud_english_ewt": (12544, 2001, 2077),
    "weibo_ner": (1350, 270, 270),
}
SPLITS = ("train", "validation", "test")


def folder(name):
    path = Path(DATA or "") / name
    if not path.is_dir():
        pytest.skip(f"KERAS_MTL_DATA has no folder {name}")
    return path


@pytest.fixture(scope="module", params=SIZES)
def data(request):
    return mtl.load_dataset(request.param, path=folder(request.param))


def tasks_of(data):
    labels = data.labels
    if data.name == "atis":
        return [
            mtl.tagging("slots", labels["slots"], crf=True),
            mtl.classification("intent", labels["intent"]),
        ]
    if data.name == "weibo_ner":
        return [mtl.tagging("ner", labels["ner"], repair=True)]
    return [mtl.tagging(column, names, scheme="plain") for column, names in labels.items()]


def test_sizes_and_tags(data):
    assert tuple(map(len, data.splits.values())) == SIZES[data.name]
    spaces = {column: len(names) for column, names in data.labels.items()}
    expected = {
        "atis": {"slots": 127, "intent": 26},
        "ud_english_ewt": {"upos": 17, "xpos": 49},
        "weibo_ner": {"ner": 17},
    }
    assert spaces == expected[data.name]
    for split in data.splits.values():
        for column in set(spaces) - {"intent"}:
            lengths = zip(split["tokens"], split[column], strict=True)
            assert all(len(words) == len(tags) and None not in tags for words, tags in lengths)


def test_models_can_read_them(data):
    tasks = tasks_of(data)
    tokenizer = mtl.WordTokenizer.fit(data.train, vocabulary_size=1000, sequence_length=200)
    names = {data.name: [task.name for task in tasks]}
    for split in data.splits.values():
        (stream,) = mtl.Mixture({data.name: split}, names, batch_size=8).encode(tokenizer, tasks)
        assert len(stream) == len(split)
        for task in tasks:
            weights = stream.weights[task.name]
            assert np.min(getattr(weights, "values", weights)) == 1


def test_they_are_described_and_profiled(data):
    assert data.describe().startswith(f"{data.name}: {SIZES[data.name][0]} train")
    json.dumps(profile(data))
    assert data.screen(conflicting_labels=True).screened["dropped"] > 0


def test_weibo_breaks_the_scheme_in_fourteen_places():
    weibo = mtl.load_dataset("weibo_ner", path=folder("weibo_ner"))
    rows = [tags for split in weibo.splits.values() for tags in split["ner"]]
    pairs = [pair for tags in rows for pair in itertools.pairwise(("O", *tags))]
    assert sum(tag[0] == "I" and tag[2:] != before[2:] for before, tag in pairs) == 14
    with pytest.raises(ValueError, match="repair=True"):
        mtl.tagging("ner", weibo.labels["ner"]).encode(rows, "weibo_ner")


def test_the_files_they_are_given_away_in_have_the_same_rows(data, tmp_path):
    writers = {"atis": write_atis, "ud_english_ewt": write_ewt, "weibo_ner": write_weibo}
    writers[data.name](tmp_path, data)
    again = mtl.load_dataset(data.name, path=tmp_path)
    assert again.labels == data.labels
    for split in SPLITS:
        assert again.splits[split].columns == data.splits[split].columns


def write_atis(root, data):
    for name, split in data.splits.items():
        place = root / name.replace("validation", "valid")
        place.mkdir()
        for file, column in {"seq.in": "tokens", "seq.out": "slots"}.items():
            text = "".join(" ".join(row) + "\n" for row in split[column])
            (place / file).write_text(text, "utf-8")
        (place / "label").write_text("\n".join(split["intent"]), "utf-8")


def write_ewt(root, data):
    for name, split in data.splits.items():
        text = ""
        for row in zip(split["tokens"], split["upos"], split["xpos"], strict=True):
            for number, (word, upos, xpos) in enumerate(zip(*row, strict=True), start=1):
                text += f"{number}\t{word}\t_\t{upos}\t{xpos}\t_\t_\t_\t_\t_\n"
            text += "\n"
        file = root / f"en_ewt-ud-{name.replace('validation', 'dev')}.conllu.gz"
        file.write_bytes(gzip.compress(text.encode(), 1))


def write_weibo(root, data):
    for name, split in data.splits.items():
        text = ""
        for words, tags in zip(split["tokens"], split["ner"], strict=True):
            text += "".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True))
            text += "\n"
        file = root / f"weiboNER_2nd_conll.{name.replace('validation', 'dev')}"
        file.write_text(text, "utf-8")
