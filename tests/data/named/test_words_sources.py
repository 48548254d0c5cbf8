"""ATIS, UD English EWT and Weibo NER by name: JSON Lines, and the files they are given away in."""

import gzip
import json

import pytest

from keras_mtl.data.named.catalogue import WEIBO_LABELS
from keras_mtl.data.named.sources import load_dataset
from keras_mtl.data.tables.conllu_rows import UPOS

ATIS = [
    {"tokens": ["to", "Rome"], "slots": ["O", "B-city"], "intent": "go"},
    {"tokens": ["show", "me"], "slots": ["O", "O"], "intent": "ask"},
    {"tokens": ["New", "York"], "slots": ["B-city", "I-city"], "intent": "go#ask"},
]
EWT = {"tokens": ["I", "go"], "pos_tags": ["PRON", "VERB"], "xpos": ["PRP", "VBP"], "head": [2, 0]}
WEIBO = {"tokens": ["微", "博", "2"], "ner_tags": ["B-ORG.NAM", "I-ORG.NAM", "O"]}
SPLITS = ("train", "validation", "test")


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_MTL_DATA", raising=False)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def write_jsonl(folder, rows):
    for split, row in zip(SPLITS, rows, strict=True):
        write(folder / f"{split}.jsonl.gz", json.dumps(row) + "\n")


def write_atis(folder, validation="valid"):
    for split, row in zip(("train", validation, "test"), ATIS, strict=True):
        write(folder / split / "seq.in", " ".join(row["tokens"]) + " \n\n")
        write(folder / split / "seq.out", " ".join(row["slots"]) + "\n")
        write(folder / split / "label", row["intent"])


def word(number, form, upos, xpos):
    return f"{number}\t{form}\t_\t{upos}\t{xpos}\t_\t0\tdep\t_\t_\n"


def write_ewt(folder, end=""):
    for split, tag in (("train", "NN"), ("dev", "_"), ("test", "VB")):
        content = f"# text = a\n{word(1, split, 'NOUN', tag)}{word(2, 'b', 'X', 'FW')}"
        write(folder / f"en_ewt-ud-{split}.conllu{end}", content)


def write_weibo(folder, lines):
    for split in ("train", "dev", "test"):
        write(folder / f"weiboNER_2nd_conll.{split}", lines)


@pytest.mark.parametrize("validation", ["valid", "dev", None])
def test_atis_knows_the_labels_of_all_splits(tmp_path, monkeypatch, validation):
    if validation is None:
        monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path))
        write_jsonl(tmp_path / "atis", ATIS)
        data = load_dataset("atis")
    else:
        write_atis(tmp_path, validation)
        data = load_dataset("atis", path=tmp_path)
    assert data.labels == {"slots": ("B-city", "I-city", "O"), "intent": ("ask", "go", "go#ask")}
    assert data.train.columns == {
        "tokens": (["to", "Rome"],),
        "slots": (("O", "B-city"),),
        "intent": ("go",),
    }
    assert data.validation["tokens"] == (["show", "me"],) and data.test["intent"] == ("go#ask",)


def test_ewt_in_json_lines(tmp_path):
    write_jsonl(tmp_path, [EWT, {**EWT, "xpos": ["PRP", "VB"]}, EWT])
    data = load_dataset("ud_english_ewt", path=tmp_path, columns=["head", "pos_tags", "tokens"])
    assert data.labels == {"upos": UPOS, "xpos": ("PRP", "VB", "VBP")}
    assert list(data.train.columns) == ["tokens", "upos", "xpos", "head", "pos_tags"]
    assert data.train["upos"] == (("PRON", "VERB"),) and data.train["head"] == ([2, 0],)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_ewt_as_it_is_given_away(tmp_path, end):
    write_ewt(tmp_path, end)
    data = load_dataset("ud_english_ewt", path=tmp_path, columns=["text", "lemmas", "upos"])
    assert data.labels == {"upos": UPOS, "xpos": ("FW", "NN", "VB")}
    assert list(data.train.columns) == ["tokens", "upos", "xpos", "text", "lemmas"]
    assert data.validation["xpos"] == ((None, "FW"),)
    with pytest.raises(ValueError, match="`columns` .* Did you mean 'lemmas'"):
        load_dataset("ud_english_ewt", path=tmp_path, columns=["lemma"])


def test_weibo_in_json_lines(tmp_path):
    write_jsonl(tmp_path, [WEIBO] * 3)
    data = load_dataset("weibo_ner", path=tmp_path)
    assert data.labels == {"ner": WEIBO_LABELS} and len(WEIBO_LABELS) == 17
    assert data.train.columns == {
        "tokens": (["微", "博", "2"],),
        "ner": (("B-ORG.NAM", "I-ORG.NAM", "O"),),
    }


@pytest.mark.parametrize("between", ["\t", " "])
def test_places_in_words_are_taken_off(tmp_path, between):
    lines = "微0 B-ORG.NAM\n博1 I-ORG.NAM\n20 O\n110 O\ng11 O\n\n好0 O\n"
    write_weibo(tmp_path, lines.replace(" ", between))
    data = load_dataset("weibo_ner", path=tmp_path)
    assert data.train["tokens"] == (["微", "博", "2", "1", "g"], ["好"])
    assert data.train["ner"][0] == ("B-ORG.NAM", "I-ORG.NAM", "O", "O", "O")


def test_places_are_left_where_a_character_of_any_split_has_none(tmp_path):
    write_weibo(tmp_path, "微0\tO\n")
    write(tmp_path / "weiboNER_2nd_conll.test", "2\tO\n")
    data = load_dataset("weibo_ner", path=tmp_path)
    assert data.train["tokens"] == (["微0"],) and data.test["tokens"] == (["2"],)


def test_halves_of_emoji_are_replaced(tmp_path):
    write_weibo(tmp_path, b"\xed\xa00\tO\n" + "好0\tO\n".encode())
    assert load_dataset("weibo_ner", path=tmp_path).train["tokens"] == (["\ufffd\ufffd", "好"],)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("seq.out", "O\n", "seq.out' must have one tag .*'seq.in'.* 1 tags and 2 words in line 1"),
        ("seq.in", "to Rome\nme\n", "must have as many lines. Received: 2, 1 and 1"),
        ("label", "\ngo\n", "label' must hold something .* a blank line 1"),
        ("label", "", "label' must hold something on each line. Received: an empty file"),
        ("seq.out", b"O \xff\n", "must be UTF-8 text. Received: the byte 0xff in line 1"),
    ],
)
def test_files_of_atis_that_do_not_fit(tmp_path, file, content, message):
    write_atis(tmp_path)
    write(tmp_path / "train" / file, content)
    with pytest.raises(ValueError, match=message):
        load_dataset("atis", path=tmp_path)


def test_a_file_of_atis_that_is_missing(tmp_path):
    write_atis(tmp_path)
    (tmp_path / "test" / "label").unlink()
    with pytest.raises(OSError, match="label' must be a file that can be read"):
        load_dataset("atis", path=tmp_path)


def test_tags_of_other_numbers_or_names(tmp_path):
    write_jsonl(tmp_path, [ATIS[0], {**ATIS[1], "slots": ["O"]}, ATIS[2]])
    with pytest.raises(ValueError, match="'atis/validation' .* 1 tags and 2 words in row 0"):
        load_dataset("atis", path=tmp_path)
    write_weibo(tmp_path / "weibo", "微0\tB-ORG\n")
    with pytest.raises(ValueError, match="'weibo_ner/train' .* 'B-ORG' in row 0"):
        load_dataset("weibo_ner", path=tmp_path / "weibo")


def test_a_split_that_is_missing(tmp_path):
    write_ewt(tmp_path)
    (tmp_path / "en_ewt-ud-dev.conllu").unlink()
    # Without validation, a part of train is cut off: half of two sentences.
    write(tmp_path / "en_ewt-ud-train.conllu", (word(1, "a", "X", "FW") + "\n") * 2)
    data = load_dataset("ud_english_ewt", path=tmp_path, validation_fraction=0.5)
    assert (len(data.train), len(data.validation)) == (1, 1)
    (tmp_path / "en_ewt-ud-test.conllu").unlink()
    with pytest.raises(ValueError, match="a test split. Received: train only. .*test.conllu"):
        load_dataset("ud_english_ewt", path=tmp_path)


def test_what_cannot_be_asked_for(tmp_path):
    write_atis(tmp_path)
    with pytest.raises(ValueError, match=r"`columns` .* that there are \(none\)"):
        load_dataset("atis", path=tmp_path, columns=["id"])
    with pytest.raises(ValueError, match="must be a folder. Received: path=.*train and test"):
        load_dataset("atis", path=tmp_path / "train" / "seq.in")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("atis", ["no train.jsonl.gz or train/seq.in in it", "seq.out", "MiuLab/SlotGated-SLU"]),
        ("ud_english_ewt", ["UD_English-EWT: not there", "en_ewt-ud-dev.conllu", "pos_tags"]),
        ("weibo_ner", ["weiboNER_2nd_conll.train, .dev and .test", "hltcoe/golden-horse"]),
    ],
)
def test_the_error_says_where_a_set_is_to_be_had(tmp_path, monkeypatch, name, words):
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path))
    (tmp_path / name).mkdir()
    with pytest.raises(FileNotFoundError) as caught:
        load_dataset(name)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "download by" not in str(caught.value)
    monkeypatch.delenv("KERAS_MTL_DATA")
    with pytest.raises(FileNotFoundError, match="KERAS_MTL_DATA: not set"):
        load_dataset(name)
