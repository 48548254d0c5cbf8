"""Guessing how the tables of a user are to be read, by looking at every row of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.guessing.column_facts import TEXT_RULE, usual_place
from keras_mtl.data.guessing.guess_checks import check_header, check_one_split
from keras_mtl.data.guessing.guess_format import guess_delimiter, guess_encoding, is_jsonl
from keras_mtl.data.guessing.label_choice import choose_use, find_labels, no_labels
from keras_mtl.data.guessing.table_facts import TableFacts, look
from keras_mtl.data.tables.csv_rows import check_delimiter
from keras_mtl.data.tables.text_files import (
    FilePath,
    check_encoding,
    existing_file,
    missing_column,
)


@dataclass(frozen=True)
class Guess:
    """How the files of a dataset are to be read; `guess` makes it.

    Args:
        name: The dataset.
        files: The file of each split that is of use.
        jsonl: Whether they are JSON Lines, rather than CSV or TSV.
        encoding: Their encoding.
        delimiter: What stands between cells, `None` for the usual one.
        text: The text column.
        labels: Label column to its names in class order, or to `None` for those in train.
        nulls: What is to become of missing values: `error` where there are none.
        other_texts: Columns that could be the text column too.
        notes: Why a column is no label, by column.
        left_out: Why a file is of no use, by split.
        unseen: The labels of a split that train does not have, by split and column.
        words: Whether the text column holds lists of words.
    """

    name: str
    files: Mapping[str, Path]
    jsonl: bool
    encoding: str
    delimiter: str | None
    text: str
    labels: Mapping[str, tuple[str, ...] | None]
    nulls: str
    other_texts: Sequence[str]
    notes: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    unseen: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    words: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `Dataset.from_csv` or `from_jsonl`, the files left out."""
        labels: Any = dict(self.labels)
        if all(names is None for names in self.labels.values()):
            labels = list(labels) if len(labels) != 1 else next(iter(labels))
        text: Any = {"tokens": self.text} if self.words else self.text
        found = {"text": text, "labels": labels, "nulls": self.nulls, "encoding": self.encoding}
        return found if self.jsonl else {**found, "delimiter": self.delimiter}

    def load(self) -> Dataset:
        """Read the files, nothing of train cut for validation."""
        make = Dataset.from_jsonl if self.jsonl else Dataset.from_csv
        files: dict[str, Any] = dict(self.files)
        return make(self.name, **files, **self.arguments, validation_fraction=0)


def guess(
    name: str,
    files: Mapping[str, FilePath],
    *,
    text: str | None = None,
    labels: Sequence[str] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    must_have_labels: bool = True,
) -> Guess:
    """Find out how the files of a dataset are to be read.

    `TEXT_RULE` and `LABEL_RULE` of `column_facts` say what a text and a label column are. Of
    label columns that say the same, one is taken. A validation or test file without texts or
    labels, or without a label that train has, is left out, and so is a label column that such a
    file lacks.

    Args:
        name: The dataset.
        files: The file of `train`, and of `validation` and `test` where there are.
        text: The text column, if it is known.
        labels: The label columns, if they are known.
        encoding: The encoding of the files, if it is known.
        delimiter: What stands between cells, if it is known.
        must_have_labels: Whether the table is to be trained on: then one without a label column
            is an error, or with a column that says which rows are for validation or test.

    Raises:
        ValueError: If a file is no table or has no header, or no column holds texts, or labels,
            or a label is spelt otherwise than in train; the message says what is in the files.
        FileNotFoundError: If a file is not there.
    """
    paths = {split: existing_file(file, f"`{split}` of {name!r}") for split, file in files.items()}
    jsonl = _one_kind(name, list(paths.values()))
    encoding, delimiter = _format(name, list(paths.values()), jsonl, encoding, delimiter)
    tables = {split: look(path, encoding, delimiter) for split, path in paths.items()}
    train = tables["train"]
    for column in [*([] if text is None else [text]), *(labels or ())]:
        if column not in train.columns:
            raise missing_column(train.path, column, train.columns)
    if must_have_labels:
        check_one_split(train, [text or "", *(labels or ())])
    texts = _texts(train) if text is None else [text]
    notes: dict[str, str] = {}
    found = find_labels(texts, train, notes) if labels is None else list(labels)
    if not jsonl:
        check_header(train, [] if text else texts[:1], [] if labels else found)
    text = texts[0]
    if not found and must_have_labels:
        raise no_labels(text, train, {})
    use = choose_use(text, tables, found, asked=labels is not None)
    if not use.labels and must_have_labels:
        raise no_labels(text, train, use.notes)
    return Guess(
        name,
        {split: paths[split] for split in use.splits},
        jsonl,
        encoding,
        delimiter,
        text,
        use.labels,
        use.nulls,
        [column for column in texts[1:] if column not in use.labels],
        {**notes, **use.notes},
        use.left_out,
        use.unseen,
        set(train.columns[text].kinds) == {"list"},
    )


def _one_kind(name: str, paths: Sequence[Path]) -> bool:
    kinds = {path: is_jsonl(path) for path in paths}
    if len(set(kinds.values())) > 1:
        received = ", ".join(f"'{path}'" for path in paths)
        raise ValueError(
            f"The files of dataset {name!r} must be CSV or TSV files, or all be JSON Lines. "
            f"Received: {received}. Save all of them alike."
        )
    return kinds[paths[0]]


def _format(
    name: str, paths: Sequence[Path], jsonl: bool, encoding: str | None, delimiter: str | None
) -> tuple[str, str | None]:
    if encoding is None:
        encoding = guess_encoding(paths)
    check_encoding(encoding, f"dataset {name!r}")
    check_delimiter(delimiter, f"dataset {name!r}")
    if delimiter is not None and jsonl:
        raise ValueError(
            f"`delimiter` of dataset {name!r} must be left out for JSON Lines. Received: "
            f"delimiter={delimiter!r}. Leave it out."
        )
    if delimiter is None and not jsonl:
        delimiter = guess_delimiter(paths, encoding)
    return encoding, delimiter


def _texts(train: TableFacts) -> list[str]:
    """Find the columns of texts, the best first."""
    faults = {name: facts.text_fault(train.rows) for name, facts in train.columns.items()}
    found = [train.columns[name] for name, fault in faults.items() if not fault]
    if not found:
        raise ValueError(
            f"'{train.path}' must have a column of texts. Received: {train.rows} rows with the "
            f"columns{train.describe(faults) or ' (none)'}\n{TEXT_RULE} If one of them is the "
            "text all the same, name it: --text COLUMN."
        )
    found.sort(key=lambda one: (usual_place(one.name), not one.wordy, -one.mean_length))
    return [facts.name for facts in found]
