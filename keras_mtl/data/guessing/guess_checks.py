"""Refusing tables that would be read, but not as their owner means them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from keras_mtl.data.guessing.column_facts import reads_as_text
from keras_mtl.data.guessing.split_files import SPLIT_WORDS
from keras_mtl.data.guessing.table_facts import TableFacts


def check_one_split(train: TableFacts, known: Collection[str]) -> None:
    """Check that no column of a training table says that rows of it are not for training.

    Args:
        train: The table.
        known: Columns that the user named, and that are for something else.

    Raises:
        ValueError: If a column holds names of splits, one of them validation or test.
    """
    for name, facts in train.columns.items():
        values = facts.split_words()
        held_out = [value for value in values if SPLIT_WORDS[value.strip().lower()] != "train"]
        # Alone, `valid` says of rows that they are good.
        if name not in known and held_out and {*map(str.lower, values)} != {"valid"}:
            rows = ", ".join(f"{value!r} in {count:,}" for value, count in values.items())
            raise ValueError(
                f"'{train.path}' must hold training rows alone. Received: the column {name!r} with "
                f"{rows} rows, and rows for {held_out[0]!r} would be trained on. Write one file "
                "per split, such as mine_train.csv and mine_test.csv. If the column is a label, "
                f"name it: --label {name}"
            )


def check_header(train: TableFacts, text: Sequence[str], labels: Sequence[str]) -> None:
    """Check that the first line of a CSV file is a header, rather than a row.

    Args:
        train: The table.
        text: The text column; empty if the user named it.
        labels: The label columns; empty if the user named them.

    Raises:
        ValueError: If a label column is called as one of its labels, or the text column is
            called by a text.
    """
    for column in labels:
        labels_below = train.columns[column].counts or ()
        if column.strip() in map(str.strip, labels_below):
            raise _no_header(train, column, "one of the values below it", "--label")
    for column in text:
        if reads_as_text(column):
            raise _no_header(train, column, "a text as those below it", "--text")


def _no_header(train: TableFacts, column: str, what: str, option: str) -> ValueError:
    return ValueError(
        f"The first line of '{train.path}' must be a header, with the names of the columns. "
        f"Received: {column!r:.60}, {what}. Write a line with names above it. If it is a name all "
        f"the same, say so: {option} and this name."
    )
