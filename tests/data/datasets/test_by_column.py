"""One dataset for each value of a column, and what is wrong with a column."""

import pytest

from keras_mtl.data import Dataset, Mixture
from keras_mtl.tasks import check_tasks, classification


def dataset(domains, validation=None, test=None, **columns) -> Dataset:
    def rows(values):
        numbers = range(len(values))
        return {
            "text": [f"{value} {number}" for number, value in enumerate(values)],
            "label": [("neg", "pos")[number % 2] for number in numbers],
            "domain": values,
            **{name: [make(number) for number in numbers] for name, make in columns.items()},
        }

    return Dataset.from_arrays(
        "mine",
        rows(domains),
        rows(validation) if validation else None,
        rows(test) if test else None,
        validation_fraction=0,
    )


def test_a_part_has_the_rows_of_its_value_in_every_split():
    whole = dataset(["b", "a", "b", "a", "b"], ["a"], ["b", "a", "b"])
    parts = whole.by_column("domain")
    assert list(parts) == ["a", "b"]
    assert parts["a"].train.texts == ("a 1", "a 3") and parts["b"].train.texts[1] == "b 2"
    assert parts["a"].validation.texts == ("a 0",) and parts["b"].validation is None
    assert parts["b"].test.texts == ("b 0", "b 2")
    assert parts["b"].labels == whole.labels == {"label": ("neg", "pos")}
    assert parts["a"].name == "mine/a" and parts["a"].train.name == "mine/a/train"
    rows = [text for one in parts.values() for text in one.train.texts]
    assert sorted(rows) == sorted(whole.train.texts)


def test_a_label_column_may_be_cut_by_and_is_none_of_the_parts():
    whole = Dataset.from_arrays(
        "mine",
        {"text": list("abcd"), "tone": ["x", "y"] * 2, "domain": ["p", "p", "q", "q"]},
        labels={"tone": None, "domain": None},
        validation_fraction=0,
    )
    parts = whole.by_column("domain")
    assert list(parts["q"].labels) == ["tone"] and parts["q"].train["domain"] == ("q", "q")


def test_names_are_such_as_tasks_may_have():
    values = ["MR", "sci-fi", "2020", "loss", "val_x", "café", "书", " toys & games "]
    parts = dataset([value for value in values for _ in range(2)]).by_column("domain")
    assert list(parts) == [
        "toys_games", "domain_2020", "MR", "cafe", "domain_loss", "sci_fi", "domain_val_x",
        "domain_8",
    ]  # fmt: skip
    assert parts["domain_8"].train.texts == ("书 12", "书 13")
    check_tasks([classification(name, ("no", "yes")) for name in parts])


def test_numbers_are_values_too():
    assert list(dataset([3, 3, 1, 1]).by_column("domain")) == ["domain_1", "domain_3"]


def test_parts_make_tasks_and_streams():
    parts = dataset(["a", "b"] * 6).by_column("domain")
    tasks = [classification(name, one.labels["label"], "label") for name, one in parts.items()]
    mixture = Mixture({name: one.train for name, one in parts.items()}, batch_size=4)
    assert mixture.tasks == {"a": ("a",), "b": ("b",)} and tasks[1].column == "label"


@pytest.mark.parametrize(
    ("arguments", "column", "message"),
    [
        ((["a", "a", "b"],), "domain", "2 rows of train .* one row for 'b'. Add rows"),
        (
            (["a", "a"], ["a", "bb"]),
            "domain",
            r"those of train \(a\). Received: 'bb' in validation",
        ),
        ((["a", "a"], None, ["A"]), "domain", "Received: 'A' in test"),
        ((["a", None, "a", ""],), "domain", r"None in row 1 of 'mine/train' \(missing in 2 rows\)"),
        ((["a", ["b", "c"], "a"],), "domain", r"one value .*Received: \['b', 'c'\] in row 1"),
        (
            ([f"v{n // 2}" for n in range(402)],),
            "domain",
            "at most 200 .*Received: 201 in 402 rows",
        ),
        ((["a-b", "a-b", "a b", "a b"],), "domain", r"Received: {'a_b': \['a b', 'a-b'\]}.*Rename"),
        ((["a", "a"],), "text", "must not be one of texts .*Received: 'text'"),
        ((["a", "a"],), "domian", "one of its columns .*'domian'. Did you mean 'domain'"),
    ],
)
def test_a_column_that_makes_no_tasks_is_refused(arguments, column, message):
    with pytest.raises(ValueError, match=message):
        dataset(*arguments).by_column(column)
