"""Datasets: splits of examples with the label names they use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral
from typing import Any

from keras_mtl.data.datasets.csv_rows import check_delimiter, csv_rows
from keras_mtl.data.datasets.jsonlines import json_rows
from keras_mtl.data.datasets.label_columns import classes, label_spaces, named
from keras_mtl.data.datasets.label_space import check_names, to_names
from keras_mtl.data.datasets.split import TEXT_COLUMNS, Split
from keras_mtl.data.datasets.splitting import (
    DuplicateCounts,
    check_fraction,
    count_duplicates,
    holdout,
)
from keras_mtl.data.datasets.summary import duplicate_keys, summarise
from keras_mtl.data.datasets.table_arguments import (
    LabelsArgument,
    TableRequest,
    TextArgument,
    check_request,
    check_stratify,
)
from keras_mtl.data.datasets.tables import NullCounts, RowReader, read_tables
from keras_mtl.data.datasets.text_files import FilePath, check_encoding

__all__ = ["TEXT_COLUMNS", "Dataset", "Split"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Splits of examples with the label names they use.

    Label columns hold label names, `None` where a row has no label, or a tuple of names.

    Args:
        name: What the dataset is called in messages.
        train: The training rows.
        validation: Rows to choose by, or `None`.
        test: Rows to measure on at the end, or `None`.
        labels: Label column to its label names, in class order.
        nulls: What became of missing values in the files read, such as
            `{"train": {"dropped": 3, "unlabelled": {"label": 0}}}`; empty without files.

    Raises:
        ValueError: If a split lacks a text or label column of train, or holds an unknown label.
    """

    name: str
    train: Split
    validation: Split | None = None
    test: Split | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nulls: Mapping[str, NullCounts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spaces = {col: check_names(names, col, self.name) for col, names in self.labels.items()}
        object.__setattr__(self, "labels", spaces)
        needed = [column for column in TEXT_COLUMNS if column in self.train]
        for split in self.splits.values():
            for column in needed:
                split[column]
            for column, names in spaces.items():
                if any(isinstance(value, Integral) for value in split[column]):
                    raise ValueError(
                        f"Column {column!r} of split {split.name!r} must hold label names. "
                        "Received: class numbers. Use Dataset.from_arrays, which names them."
                    )
                to_names(split[column], names, f"Column {column!r} of split {split.name!r}")

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that are there, in the order train, validation, test."""
        every = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in every.items() if split is not None}

    @property
    def duplicates(self) -> DuplicateCounts:
        """Exact duplicate texts, counted afresh at each call.

        `("train", "train")` counts rows whose text occurred earlier in train,
        `("train", "test")` rows of test whose text occurs in train.
        """
        return count_duplicates(
            {name: duplicate_keys(split) for name, split in self.splits.items()}
        )

    def describe(self) -> str:
        """Summarise rows, labels, duplicates and missing values, for a person to read."""
        return summarise(self.name, self.splits, self.labels, self.duplicates, self.nulls)

    def __repr__(self) -> str:
        rows = ", ".join(f"{name}={len(split)}" for name, split in self.splits.items())
        spaces = ", ".join(f"{column}: {len(n)} labels" for column, n in self.labels.items())
        return f"Dataset({self.name!r}, {rows}" + (f", {spaces})" if spaces else ")")

    @classmethod
    def from_arrays(
        cls,
        name: str,
        train: Mapping[str, Iterable[Any]] | Split,
        validation: Mapping[str, Iterable[Any]] | Split | None = None,
        test: Mapping[str, Iterable[Any]] | Split | None = None,
        labels: Mapping[str, Sequence[str] | None] | None = None,
        validation_fraction: float = 0.1,
        stratify: str | None = "label",
        seed: int = 0,
    ) -> Dataset:
        """Make a dataset from lists, tuples or arrays.

        Label columns are those named in `labels`; without it, the column `label` if there is
        one. Their values are names, class numbers (the position in the names given; with no
        names given, a number is its own name), `None` for no label, or lists of names.

        Without `validation`, a seeded part of train becomes the validation split: of each
        class of `n` rows, `round(validation_fraction * n)`, in the order they stood in. Its
        size is the sum of these over the classes, rows without a label being one more class.

        Args:
            name: What the dataset is called in messages.
            train: Columns of the training rows.
            validation: Columns of the validation rows, or `None` to cut them from train.
            test: Columns of the test rows, or `None`.
            labels: Label column to names in class order, or to `None` for the names in train
                (numbers in numerical order, else alphabetical). `{}` for no label column.
            validation_fraction: The share to cut from train; 0 cuts nothing.
            stratify: The label column whose proportions the cut keeps, if it is there;
                `None` to cut regardless of class, `round(validation_fraction * rows)`.
            seed: The same seed cuts the same rows on every platform.

        Raises:
            ValueError: If a column, text, label or the fraction is not as described; the
                message names the split and the row.

        Example:
            >>> data = Dataset.from_arrays(
            ...     "mine",
            ...     train={"text": ["good", "bad", "fine", "dull"], "label": [1, 0, 1, 0]},
            ...     labels={"label": ["neg", "pos"]},
            ...     validation_fraction=0.5,
            ... )
            >>> data
            Dataset('mine', train=2, validation=2, label: 2 labels)
        """
        check_fraction(validation_fraction, f"dataset {name!r}")
        given = {"train": train, "validation": validation, "test": test}
        splits = {p: _split(v, f"{name}/{p}") for p, v in given.items() if v is not None}
        if labels is None:
            labels = {"label": None} if "label" in splits["train"] else {}
        spaces = label_spaces(name, splits["train"], labels)
        inferred = {column for column, names in labels.items() if names is None}
        splits = {part: named(split, spaces, inferred) for part, split in splits.items()}
        if "validation" not in splits and validation_fraction:
            whole = splits["train"]
            by = classes(whole, stratify, spaces)
            kept, held = holdout(len(whole), validation_fraction, seed, by, f"dataset {name!r}")
            splits["train"] = whole.select(kept)
            splits["validation"] = whole.select(held, f"{name}/validation")
        return cls(name, splits["train"], splits.get("validation"), splits.get("test"), spaces)

    @classmethod
    def from_csv(
        cls,
        name: str,
        train: FilePath,
        validation: FilePath | None = None,
        test: FilePath | None = None,
        *,
        text: TextArgument = "text",
        labels: LabelsArgument = "label",
        nulls: str = "error",
        encoding: str = "utf-8",
        delimiter: str | None = None,
        validation_fraction: float = 0.1,
        stratify: str | bool | None = True,
        seed: int = 0,
    ) -> Dataset:
        r"""Make a dataset from CSV or TSV files with a header, plain or gzip-compressed (`.gz`).

        A label is a name, or a class number if `labels` gives names that are no numbers.
        An empty cell, or one of white space alone, is a null; `NA` is a word as any other.

        Args:
            name: What the dataset is called in messages.
            train: The file of the training rows.
            validation: The file of the validation rows, or `None` to cut them from train.
            test: The file of the test rows, or `None`.
            text: The column of the texts, which becomes `text`; or several, as in
                `{"sentence1": "premise", "sentence2": "hypothesis"}`.
            labels: The label column, or several; or label column to names in class order
                (`None` for those in train). `[]` for no label column.
            nulls: `"error"` for a null is an error; `"drop"` leaves its row out;
                `"unlabelled"` keeps a row without its label, a text it must have. What became
                of them is counted in the dataset's `nulls`.
            encoding: The encoding of the text; a byte order mark is passed over.
            delimiter: What stands between cells; `None` for a tab in `.tsv` and `.tab` files,
                else a comma.
            validation_fraction: The share to cut from train; see `from_arrays`.
            stratify: The label column whose proportions the cut keeps; `True` for the first
                with one label per row, `False` or `None` to cut regardless of class.
            seed: The same seed cuts the same rows on every platform.

        Raises:
            ValueError: If an argument, a file or a row is not as described; the message names
                the file and the line, counted as an editor counts.
            FileNotFoundError: If a file is not there.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     rows = "review,tone\nfine,pos\ndull,neg\ngood,pos\nbad,\n"
            ...     with open(f"{folder}/mine.csv", "w") as file:
            ...         size = file.write(rows)
            ...     data = Dataset.from_csv("mine", f"{folder}/mine.csv", text="review",
            ...         labels="tone", nulls="unlabelled", validation_fraction=0)
            >>> data.train["tone"], data.nulls
            (('pos', 'neg', 'pos', None), {'train': {'dropped': 0, 'unlabelled': {'tone': 1}}})
        """
        check_encoding(encoding, f"dataset {name!r}")
        check_delimiter(delimiter, f"dataset {name!r}")
        reader = partial(csv_rows, encoding=encoding, delimiter=delimiter)
        files = {"train": train, "validation": validation, "test": test}
        request = check_request(name, text, labels, nulls)
        return cls._from_files(request, files, reader, validation_fraction, stratify, seed)

    @classmethod
    def from_jsonl(
        cls,
        name: str,
        train: FilePath,
        validation: FilePath | None = None,
        test: FilePath | None = None,
        *,
        text: TextArgument = "text",
        labels: LabelsArgument = "label",
        nulls: str = "error",
        encoding: str = "utf-8",
        validation_fraction: float = 0.1,
        stratify: str | bool | None = True,
        seed: int = 0,
    ) -> Dataset:
        """Make a dataset from JSON Lines files, plain or gzip-compressed (`.gz`).

        Each line is an object. A label is a name, a whole number, or a list of names; `tokens`
        is a list of words. A null is `null`, `NaN`, an empty string (or of white space alone),
        or a field that is not there. The arguments are those of `from_csv`.

        Raises:
            ValueError: If an argument, a file or a row is not as described; the message names
                the file and the line.
            FileNotFoundError: If a file is not there.
        """
        check_encoding(encoding, f"dataset {name!r}")
        reader = partial(json_rows, encoding=encoding)
        files = {"train": train, "validation": validation, "test": test}
        request = check_request(name, text, labels, nulls)
        return cls._from_files(request, files, reader, validation_fraction, stratify, seed)

    @classmethod
    def _from_files(
        cls,
        request: TableRequest,
        files: Mapping[str, FilePath | None],
        reader: RowReader,
        fraction: float,
        stratify: str | bool | None,
        seed: int,
    ) -> Dataset:
        # Both again in `from_arrays`; here before files are read that may take minutes.
        check_fraction(fraction, f"dataset {request.name!r}")
        check_stratify(stratify, request)
        tables = read_tables(request, files, reader)
        by = stratify if isinstance(stratify, str) else None
        if stratify is True:
            train = tables.splits["train"]
            single = (c for c in tables.labels if not any(isinstance(v, tuple) for v in train[c]))
            by = next(single, None)
        data = cls.from_arrays(
            request.name,
            **tables.splits,
            labels=tables.labels,
            validation_fraction=fraction,
            stratify=by,
            seed=seed,
        )
        return replace(data, nulls=tables.nulls)


def _split(columns: Mapping[str, Iterable[Any]] | Split, name: str) -> Split:
    return Split(columns.columns if isinstance(columns, Split) else columns, name)
