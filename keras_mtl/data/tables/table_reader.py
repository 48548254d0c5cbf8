"""What datasets are read from: CSV and JSON Lines files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import Self

from keras_mtl.data.datasets.splitting import check_fraction
from keras_mtl.data.tables.csv_rows import check_delimiter, csv_rows
from keras_mtl.data.tables.jsonlines import json_rows
from keras_mtl.data.tables.table_arguments import (
    LabelsArgument,
    ScoresArgument,
    TableRequest,
    TextArgument,
    check_request,
    check_stratify,
)
from keras_mtl.data.tables.tables import Tables, read_files
from keras_mtl.data.tables.text_files import FilePath, check_encoding


@dataclass(frozen=True)
class Cut:
    """How a validation part is cut from train, where there is none.

    Args:
        fraction: The share of train, at least 0 and below 1.
        stratify: A label column, `True` for the first with one label per row, or `False`.
        seed: The same seed cuts the same rows.
    """

    fraction: float
    stratify: str | bool
    seed: int

    def column(self, tables: Tables) -> str | None:
        """Return the label column whose proportions the cut keeps, if any."""
        if isinstance(self.stratify, str) or not self.stratify:
            return self.stratify or None
        train = tables.splits["train"]
        single = (c for c in tables.labels if not any(isinstance(v, tuple) for v in train[c]))
        return next(single, None)


def checked_cut(
    fraction: float, stratify: str | bool | None, seed: int, request: TableRequest
) -> Cut:
    """Check how the validation part is cut, before tables are read that may take minutes.

    Raises:
        ValueError: If the fraction is none, or `stratify` no label column.
    """
    check_fraction(fraction, f"dataset {request.name!r}")
    check_stratify(stratify, request)
    return Cut(fraction, stratify or False, seed)


class TableReader(ABC):
    """Base of what is made from the tables of a user."""

    @classmethod
    @abstractmethod
    def _from_tables(cls, name: str, tables: Tables, cut: Cut) -> Self:
        """Make it from the tables that were read."""

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
        scores: ScoresArgument = (),
        nulls: str = "error",
        encoding: str = "utf-8",
        delimiter: str | None = None,
        validation_fraction: float = 0.1,
        stratify: str | bool | None = True,
        seed: int = 0,
    ) -> Self:
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
            scores: A column of numbers, or several, read as floats; for `regression`.
            nulls: `"error"` for a null is an error; `"drop"` leaves its row out;
                `"unlabelled"` keeps a row without its label, and leaves out one without a
                text. What became of them is counted in the dataset's `nulls`.
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
            >>> from keras_mtl import Dataset
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
        request = check_request(name, text, labels, nulls, scores)
        cut = checked_cut(validation_fraction, stratify, seed, request)
        files = {"train": train, "validation": validation, "test": test}
        reader = partial(csv_rows, encoding=encoding, delimiter=delimiter)
        return cls._from_tables(name, read_files(request, files, reader), cut)

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
        scores: ScoresArgument = (),
        nulls: str = "error",
        encoding: str = "utf-8",
        validation_fraction: float = 0.1,
        stratify: str | bool | None = True,
        seed: int = 0,
    ) -> Self:
        """Make a dataset from JSON Lines files, plain or gzip-compressed (`.gz`).

        Each line is an object. A label is a name, a whole number, or a list of names; `tokens`
        is a list of words. A null is `null`, `NaN`, an empty string (or of white space alone),
        or a field that is not there. The arguments are those of `from_csv`; so is what becomes
        of nulls.

        Raises:
            ValueError: If an argument, a file or a row is not as described; the message names
                the file and the line.
            FileNotFoundError: If a file is not there.
        """
        check_encoding(encoding, f"dataset {name!r}")
        request = check_request(name, text, labels, nulls, scores)
        cut = checked_cut(validation_fraction, stratify, seed, request)
        files = {"train": train, "validation": validation, "test": test}
        reader = partial(json_rows, encoding=encoding)
        return cls._from_tables(name, read_files(request, files, reader), cut)
