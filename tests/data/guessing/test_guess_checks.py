"""Tables that would be read otherwise than they are meant are refused."""

import json
from pathlib import Path

import pytest

from keras_mtl.data.guessing.guess import guess

ROWS = [(f"A fine film, number {n}", "pos") for n in range(6)]
ROWS += [(f"A dull film, number {n}", "neg") for n in range(6)]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def files(header, *rows):
    lines = [",".join(f'"{cell}"' for cell in row) for row in (header, *rows)]
    Path("mine.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"train": "mine.csv"}


def with_column(name, *values):
    rows = [(*row, values[n % len(values)]) for n, row in enumerate(ROWS)]
    return files(("text", "tone", name), *rows)


@pytest.mark.parametrize(
    "values",
    [
        ("train", "test"),
        ("train", "train", "Dev"),
        ("test",),
        ("training", "eval", ""),
        ("holdout",),
    ],
)
def test_a_column_that_says_which_rows_are_for_test_is_an_error(values):
    train = with_column("part", *values)
    with pytest.raises(ValueError, match="the column 'part' with '.*Write one file per split"):
        guess("mine", train)
    # Where nothing is trained, it may be looked at.
    assert guess("mine", train, must_have_labels=False).labels == {"tone": None}


def test_such_a_column_is_named_with_its_values():
    with pytest.raises(ValueError, match="'part' with 'train' in 9, 'test' in 3 rows"):
        guess("mine", with_column("part", "train", "train", "train", "test"))


@pytest.mark.parametrize("values", [("train",), ("valid",), ("test", "exam"), ("Valid", "")])
def test_a_column_with_other_words_is_none(values):
    assert "tone" in guess("mine", with_column("part", *values)).labels


def test_a_column_of_split_words_may_be_a_label_that_is_named():
    train = with_column("part", "train", "test")
    assert guess("mine", train, labels=["part"]).labels == {"part": None}


def test_a_table_without_a_header_is_an_error():
    with pytest.raises(ValueError, match="must be a header.* 'pos', one of the values below it"):
        guess("mine", files(*ROWS))
    with pytest.raises(ValueError, match="'A film that has no name', a text as those below"):
        guess("mine", files(("A film that has no name", "mixed"), *ROWS))
    rows = [(f"这部电影真的非常好看{n}", tone) for n, (_, tone) in enumerate(ROWS)]
    with pytest.raises(ValueError, match="a text as those below it"):
        guess("mine", files(("这部电影一点都不好看啊", "mixed"), *rows))


def test_a_header_of_several_words_is_one():
    heads = ("The text of the", "Tone of it all, as we read it")
    assert guess("mine", files(heads, *ROWS)).text == heads[0]
    assert guess("mine", files(("影评全文", "情感"), *ROWS)).labels == {"情感": None}


def test_a_column_that_is_named_may_be_called_as_it_is():
    question = "What do you think of it?"
    train = files((question, "pos"), *ROWS)
    assert guess("mine", train, text=question, labels=["pos"]).labels == {"pos": None}
    for known in ({"text": question}, {"labels": ["pos"]}):
        with pytest.raises(ValueError, match="must be a header"):
            guess("mine", train, **known)


def test_json_lines_need_no_header():
    lines = [json.dumps({"text": text, "pos": tone}) for text, tone in ROWS]
    Path("mine.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert guess("mine", {"train": "mine.jsonl"}).labels == {"pos": None}
