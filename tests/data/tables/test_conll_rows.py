"""CoNLL files: columns by their places, and each mistake as one error with file and line."""

import gzip
import traceback
from pathlib import Path

import pytest

from keras_mtl.data.datasets.dataset import Dataset

GOOD = "Ann NNP B-PER\nsings VBZ O\n\nYes UH O\n"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(content, name="mine.conll"):
    data = content if isinstance(content, bytes) else content.encode()
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return name


def load(content, name="mine.conll", **options):
    options = {"columns": {"ner": -1}, "validation_fraction": 0, **options}
    return Dataset.from_conll("mine", write(content, name), **options)


@pytest.mark.parametrize("name", ["a.conll", "a.txt.gz"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace(" ", "\t"),
        lambda text: text.replace(" ", "  \t ").replace("\n", " \n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff\n\n" + text.replace("\n\n", "\n \t\n\n").rstrip("\n"),
    ],
)
def test_words_and_tags_by_their_columns(name, change):
    data = load(change(GOOD), name, columns={"pos": 1, "ner": -1})
    assert data.train.columns == {
        "tokens": (["Ann", "sings"], ["Yes"]),
        "pos": (("NNP", "VBZ"), ("UH",)),
        "ner": (("B-PER", "O"), ("O",)),
    }
    assert data.labels == {"pos": ("NNP", "UH", "VBZ"), "ner": ("B-PER", "O")}
    assert data.nulls["train"]["untagged"] == {"pos": 0, "ner": 0}


def test_a_delimiter_lets_words_hold_spaces():
    data = load("New York\tB\n \t\t\nis\tO\n", columns={"ner": 1}, delimiter="\t")
    assert data.train["tokens"] == (["New York"], ["is"])


def test_a_no_break_space_is_a_word():
    assert load("\xa0 O\n\u3000 O\n").train["tokens"] == (["\xa0", "\u3000"],)


def test_lines_of_documents_end_a_text_and_are_no_words():
    content = "-DOCSTART- -X- O\n\n" + GOOD + "-DOCSTART- -X- O\nNo UH O\n"
    assert load(content).train["tokens"] == (["Ann", "sings"], ["Yes"], ["No"])


def test_comments_stand_before_a_text():
    content = "# id 1\n# a comment of five words\nSee O\n#tag O\n\n#tag O\n"
    assert load(content, comment="# ").train["tokens"] == (["See", "#tag"], ["#tag"])
    assert load(content, comment="#").train["tokens"] == (["See", "#tag"],)


def test_other_columns_are_kept_and_names_may_be_given():
    names = ["O", "B-PER", "I-PER"]
    data = load(GOOD, columns={"pos": 1, "ner": 2}, labels={"ner": names})
    assert data.labels == {"ner": tuple(names)}
    assert data.train["pos"] == (["NNP", "VBZ"], ["UH"])
    assert load(GOOD, columns={}).train.columns == {"tokens": (["Ann", "sings"], ["Yes"])}


def test_three_files_or_a_part_cut_from_train():
    write((GOOD + "\n") * 5, "train.conll")
    write("Bob NNP O\n", "test.conll")
    data = Dataset.from_conll(
        "mine", "train.conll", test=Path("test.conll"), columns={"ner": 2}, validation_fraction=0.2
    )
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 2, 1)


MISTAKES = {
    "a line too short": (GOOD + "alone\n", {}, "3 columns, as line 1 has. Received: 1 in line 5"),
    "a line too long": (GOOD + "New York X O\n", {}, "Received: 4 in line 5, 'New York X O'"),
    "a column that is not there": (
        "\n" + GOOD,
        {"columns": {"ner": 3}},
        "column 3 with 'ner'. Received: 3 columns in line 2. Count",
    ),
    "a column before the first": (GOOD, {"columns": {"ner": -4}}, "column -4 with 'ner'"),
    "words without tags": ("Ann\n", {}, "of their own for 'tokens' and 'ner'.* -1 of 1 in line 1"),
    "another delimiter": ("Ann,O\n", {}, "Pass delimiter=','"),
    "spaces for tabs": ("Ann O\n", {"delimiter": "\t"}, "Pass delimiter=' '"),
    "an empty tag": ("Ann\tO\nis\t\n", {"delimiter": "\t"}, "'ner' of 'mine.conll' .* in line 2"),
    "an empty word": ("Ann\tO\n \tO\n", {"delimiter": "\t"}, "'tokens' of .* in line 2"),
    "an empty file": ("", {}, "a word on each line. Received: none"),
    "no text": ("-DOCSTART- O\n\n# a\n", {"comment": "#"}, "a word on each line. Received: none"),
    "another encoding": (GOOD.encode() + b"\xe9 X O\n", {}, "the byte 0xe9 in line 5"),
    "a tag that is not given": (
        GOOD,
        {"labels": {"ner": ["O", "B-PERS"]}},
        "'B-PER' in line 1, word 1. Did you mean 'B-PERS'",
    ),
    "a label column of another name": (GOOD, {"labels": "nerr"}, r"\(ner\).* Did you mean 'ner'"),
    "columns as a list": (GOOD, {"columns": ["ner"]}, r"`columns` of dataset 'mine' must map"),
    "a column as a name": (GOOD, {"columns": {"ner": "2"}}, r"`columns\['ner'\]` .* whole number"),
    "no column of words": (GOOD, {"tokens": True}, "`tokens` .* whole number. Received: True"),
    "a column called as a text": (GOOD, {"columns": {"text": 1}}, "no text column.* 'text'"),
    "one column twice": (GOOD, {"columns": {"ner": 0}}, "column 0 for 'tokens' and 'ner'"),
    "a long delimiter": (GOOD, {"delimiter": "||"}, "`delimiter` of dataset 'mine'"),
    "a comment that is none": (GOOD, {"comment": " "}, "`comment` of dataset 'mine'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_error(mistake):
    content, options, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message) as caught:
        load(content, **options)
    assert "Received: " in str(caught.value)
    assert "keras_mtl" in traceback.extract_tb(caught.value.__traceback__)[-1].filename


def test_a_tag_that_train_never_shows():
    write(GOOD)
    write("Bob NNP B-LOC\n", "test.conll")
    with pytest.raises(ValueError, match="'test.conll' .* 'B-LOC' in line 1, word 1.* of train"):
        Dataset.from_conll("mine", "mine.conll", test="test.conll", columns={"ner": -1})


def test_a_truncated_gzip_file():
    rows = "".join(f"{number * 7919 % 1000} O\n\n" for number in range(5000))
    Path("mine.conll.gz").write_bytes(gzip.compress(rows.encode())[:-2000])
    with pytest.raises(ValueError, match=r"whole gzip file.*cut short after line \d+"):
        Dataset.from_conll("mine", "mine.conll.gz", columns={"ner": -1})
