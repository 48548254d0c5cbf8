"""Datasets: splits of examples with the label names they use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, Self

from keras_mtl.data.datasets.by_column import parts_by_value
from keras_mtl.data.datasets.label_columns import classes, label_spaces, named
from keras_mtl.data.datasets.label_space import check_names, to_names
from keras_mtl.data.datasets.screening import Screening, screen_rows
from keras_mtl.data.datasets.split import TEXT_COLUMNS, Split
from keras_mtl.data.datasets.splitting import (
    DuplicateCounts,
    check_fraction,
    count_duplicates,
    holdout,
)
from keras_mtl.data.datasets.summary import duplicate_keys, summarise
from keras_mtl.data.tables.table_reader import Cut
from keras_mtl.data.tables.tables import NullCounts, Tables
from keras_mtl.data.tables.word_reader import WordReader

__all__ = ["TEXT_COLUMNS", "Dataset", "Split"]


@dataclass(frozen=True, eq=False)
class Dataset(WordReader):
    """Splits of examples with the label names they use.

    Label columns hold label names, `None` where a row has no label, or a tuple of names. Beside a
    column `tokens` a tuple is one tag for each word, `None` for a word without one.

    Args:
        name: What the dataset is called in messages.
        train: The training rows.
        validation: Rows to choose by, or `None`.
        test: Rows to measure on at the end, or `None`.
        labels: Label column to its label names, in class order.
        nulls: What became of missing values in the files read, such as
            `{"train": {"dropped": 3, "unlabelled": {"label": 0}}}`; empty without files.
        screened: Which rows `screen` left out of train; empty without it.

    Raises:
        ValueError: If a split lacks a text or label column of train, or holds an unknown label.
    """

    name: str
    train: Split
    validation: Split | None = None
    test: Split | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nulls: Mapping[str, NullCounts] = field(default_factory=dict)
    screened: Mapping[str, Any] = field(default_factory=dict)

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
                where = f"Column {column!r} of split {split.name!r}"
                words = split["tokens"] if "tokens" in split else None
                to_names(split[column], names, where, words=words)

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
        """Summarise rows, labels, duplicates, missing values and screening, for a person."""
        counts = (self.duplicates, self.nulls, self.screened)
        return summarise(self.name, self.splits, self.labels, *counts)

    def __repr__(self) -> str:
        rows = ", ".join(f"{name}={len(split)}" for name, split in self.splits.items())
        spaces = ", ".join(f"{column}: {len(n)} labels" for column, n in self.labels.items())
        return f"Dataset({self.name!r}, {rows}" + (f", {spaces})" if spaces else ")")

    def screen(
        self,
        near_duplicates: float | None = None,
        conflicting_labels: bool = False,
        shingle_words: int = 3,
    ) -> Self:
        """Leave rows out of train that would teach or measure the wrong thing.

        Rows go in this order, each counted once: those with conflicting labels, near-duplicates
        of test, of validation, and of a row of train kept before. Validation and test stay as
        they are. Without an argument nothing is done.

        A near-duplicate shares its words with another row: their Jaccard similarity, sequences
        of words shared over all different ones, reaches `near_duplicates`, in every text column
        of the rows; case, punctuation and labels do not count. Pairs are proposed by MinHash and
        then compared exactly: none is dropped that is less alike, and one as alike is missed in a
        case of 1,000 at most, one of equal words never. The same rows go each time.

        Args:
            near_duplicates: The similarity from which on a row is left out, from 0.5 to 1; `None`
                keeps them all. It takes `pip install 'keras_mtl[cleaning]'`.
            conflicting_labels: Whether to leave out all rows that have one text (case and white
                space aside) and different labels in a label column. A missing label differs from
                none.
            shingle_words: Words of a sequence, at least 1; a shorter text is one sequence.

        Returns:
            A dataset whose `screened` counts the rows left out.

        Raises:
            ValueError: If an argument is not as described, the dataset is screened already, or no
                row of train, or none of a label, were left.
            ImportError: If near-duplicates are asked for and `datasketch` is not installed.

        Example:
            >>> data = Dataset.from_arrays(
            ...     "mine",
            ...     train={"text": ["So fine", "so fine!", "dull", "bad", "Bad"],
            ...         "label": ["pos", "pos", "neg", "neg", "pos"]},
            ...     validation_fraction=0,
            ... )
            >>> data.screen(near_duplicates=0.9, conflicting_labels=True).train.texts
            ('So fine', 'dull')
        """
        if self.screened:
            raise ValueError(
                f"Dataset {self.name!r} must be screened once, for its counts to tell all. "
                "Received: one that is. Pass all arguments to one call on the dataset as it was."
            )
        whose = f"dataset {self.name!r}"
        screening = Screening(near_duplicates, conflicting_labels, shingle_words, whose)
        if near_duplicates is None and not conflicting_labels:
            return self
        kept, counts = screen_rows(self.splits, self.labels, screening)
        return replace(self, train=self.train.select(kept), screened=counts)

    def by_column(self, column: str) -> dict[str, Self]:
        """Cut into a dataset for each value of a column, such as the domain of a review.

        A value gives its part the name, as a task may be named: `"sci-fi"` becomes `"sci_fi"`,
        `"2020"` of a column `year` `"year_2020"`, and one without an English letter or digit
        `"year_3"`, by its place among the values in order. Label spaces are those of the whole,
        without the column; `nulls` and `screened`, which count rows of the whole, are not taken
        along.

        Args:
            column: A column with one value in each row of every split: a label column, or any
                other that the splits have.

        Returns:
            Name to dataset, in the order of the values. A part has no split in which its value
            does not occur.

        Raises:
            ValueError: If the column is not there, or one of texts; if a value is missing, has
                fewer than two rows of train, is in another split only, or shares its name; or if
                there are more than 200.

        Example:
            >>> data = Dataset.from_arrays(
            ...     "reviews",
            ...     train={"text": ["good", "bad", "fine", "dull"], "label": [1, 0, 1, 0],
            ...         "domain": ["books", "books", "DVD", "DVD"]},
            ...     validation_fraction=0,
            ... )
            >>> data.by_column("domain")["DVD"].train.texts
            ('fine', 'dull')
        """
        labels = {name: names for name, names in self.labels.items() if name != column}
        parts = parts_by_value(self.splits, column, self.name)
        return {
            name: replace(
                self,
                name=f"{self.name}/{name}",
                train=splits["train"],
                validation=splits.get("validation"),
                test=splits.get("test"),
                labels=labels,
                nulls={},
                screened={},
            )
            for name, splits in parts.items()
        }

    @classmethod
    def from_arrays(
        cls,
        name: str,
        train: Mapping[str, Iterable[Any]] | Split,
        validation: Mapping[str, Iterable[Any]] | Split | None = None,
        test: Mapping[str, Iterable[Any]] | Split | None = None,
        labels: Mapping[str, Sequence[str] | None] | None = None,
        validation_fraction: float = 0.1,
        stratify: str | bool | None = True,
        seed: int = 0,
    ) -> Self:
        """Make a dataset from lists, tuples or arrays.

        Label columns are those named in `labels`; without it, the column `label` if there is
        one. Their values are names, class numbers (the position in the names given; with no
        names given, a number is its own name), `None` for no label, or lists of names. Of rows
        with `tokens`, lists of words, a list is one tag for each word.

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
            stratify: The label column whose proportions the cut keeps; `True` for the column
                `label`, if it is there and has one label per row; `None` to cut regardless of
                class, `round(validation_fraction * rows)`.
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
    def _from_tables(cls, name: str, tables: Tables, cut: Cut) -> Self:
        data = cls.from_arrays(
            name,
            **tables.splits,
            labels=tables.labels,
            validation_fraction=cut.fraction,
            stratify=cut.column(tables),
            seed=cut.seed,
        )
        return replace(data, nulls=tables.nulls)


def _split(columns: Mapping[str, Iterable[Any]] | Split, name: str) -> Split:
    return Split(columns.columns if isinstance(columns, Split) else columns, name)
