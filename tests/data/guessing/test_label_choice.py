"""Which label columns and splits are of use, and what is said of those that are not."""

import random
import time
from pathlib import Path

import pytest

from keras_mtl.data.guessing.label_choice import choose_use, find_labels
from keras_mtl.data.guessing.table_facts import look


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table(name, **columns):
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    text = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    Path(name).write_text(text, encoding="utf-8")
    return look(Path(name), "utf-8", None)


def choose(ours, theirs, asked=False, split="test"):
    """Choose for one label column, given its labels in train and in another split."""
    texts = [f"Text {n}" for n in range(max(len(ours), len(theirs)))]
    tables = {
        "train": table("train.csv", text=texts[: len(ours)], tone=ours),
        split: table("other.csv", text=texts[: len(theirs)], tone=theirs),
    }
    return choose_use("text", tables, ["tone"], asked)


@pytest.mark.parametrize("asked", [False, True])
def test_a_split_that_shares_no_label_with_train_is_left_out(asked):
    found = choose(["pos", "neg"] * 2, ["good", "bad"], asked)
    assert found.left_out == {
        "test": "'other.csv' has no label of 'tone' that train has (but 'bad', 'good')"
    }
    assert (found.splits, found.labels, found.unseen) == (("train",), {"tone": None}, {})


def test_labels_that_only_another_split_has_are_told():
    found = choose(["pos", "neg"] * 2, ["pos", "odd", "mixed"], split="validation")
    assert found.labels == {"tone": ("mixed", "neg", "odd", "pos")}
    assert found.unseen == {"validation": {"tone": ["mixed", "odd"]}}
    assert choose(["pos", "neg"], ["pos"]).unseen == {}


@pytest.mark.parametrize(
    ("ours", "theirs", "pair"),
    [
        (["pos", "neg"], ["Pos", "neg"], "'Pos' for 'pos'"),
        (["pos", "neg"], ["POS", "NEG"], "'NEG' for 'neg', 'POS' for 'pos'"),
        (["pos", "neg"], ["pos ", "neg"], "'pos ' for 'pos'"),
        (["1.0", "0.0"], ["1", "0"], "'0' for '0.0', '1' for '1.0'"),
        (["1", "0"], ["1", "0.0"], "'0.0' for '0'"),
    ],
)
def test_a_label_that_a_split_spells_otherwise_is_an_error(ours, theirs, pair):
    message = f"'other.csv' must spell labels as 'train.csv' does. Received: {pair}. Write them"
    with pytest.raises(ValueError, match=message):
        choose(ours * 2, theirs)


def test_a_label_that_train_has_too_is_not_misspelt():
    assert choose(["pos", "Pos", "neg"], ["pos", "Pos"]).unseen == {}
    assert choose(["1", "1.5"], ["1", "10", "1.50"]).unseen == {"test": {"tone": ["1.50", "10"]}}


def test_a_split_that_is_left_out_costs_no_label_column():
    texts = ["A text", "Another", "A third", "The last"]
    tables = {
        "train": table("train.csv", text=texts, tone=["a", "b"] * 2, topic=["x", "x", "y", "y"]),
        "test": table("test.csv", text=texts[:2], tone=["c", "d"]),
    }
    found = choose_use("text", tables, ["tone", "topic"], asked=False)
    assert list(found.labels) == ["tone", "topic"] and list(found.left_out) == ["test"]


def test_labels_count_in_rows_with_a_text():
    texts = ["A text", "Another", "", ""]
    tables = {
        "train": table("train.csv", text=texts, tone=["a", "b", "", "c"], rare=["x", "", "y", "y"]),
        "test": table("test.csv", text=["A text", ""], tone=["a", "d"], rare=["x", "y"]),
    }
    found = choose_use("text", tables, ["tone", "rare"], asked=False)
    assert (found.nulls, found.labels) == ("unlabelled", {"tone": None})
    assert found.notes == {"rare": "fewer than 2 labels in rows with a text"}
    assert found.unseen == {}


def test_one_column_of_many_that_say_the_same_is_taken():
    columns = {f"c{n}": [f"{n} {row % 3}" for row in range(15)] for n in range(4)}
    columns["c9"] = [f"9 {row // 5}" for row in range(15)]
    numbers = {"number": [row % 3 for row in range(15)]}
    notes = {}
    facts = table("a.csv", text=[f"Text {n}" for n in range(15)], **numbers, **columns)
    assert find_labels(["text"], facts, notes) == ["c0", "c9"]
    assert notes == dict.fromkeys(["number", "c1", "c2", "c3"], "says the same as 'c0'")


def test_columns_are_compared_in_time_that_grows_as_the_table_does():
    # 400 columns of two labels: 79,800 pairs, no two of which say the same.
    chance = random.Random(0)
    cells = [chance.choices("ab", k=600) for _ in range(400)]
    start = time.perf_counter()
    texts = [f"Text {n}" for n in range(600)]
    facts = table("a.csv", text=texts, **{f"c{n}": one for n, one in enumerate(cells)})
    looked = time.perf_counter()
    found = find_labels(["text"], facts, {})
    assert time.perf_counter() - looked < 5 * (looked - start)
    assert len(found) == 400
