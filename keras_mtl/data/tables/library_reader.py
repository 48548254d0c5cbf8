"""What datasets are read from: TensorFlow Datasets, and the library of Hugging Face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from keras_mtl.data.tables.huggingface_tables import checked_splits, read_huggingface
from keras_mtl.data.tables.table_arguments import (
    ColumnsArgument,
    LabelsArgument,
    ScoresArgument,
    TextArgument,
    check_request,
)
from keras_mtl.data.tables.table_reader import TableReader, checked_cut
from keras_mtl.data.tables.text_files import FilePath
from keras_mtl.data.tables.tfds_tables import read_tfds


class LibraryReader(TableReader):
    """Base of what is made from the tables of a user, and from those of other libraries."""

    @classmethod
    def from_tfds(
        cls,
        name: str,
        *,
        text: TextArgument = "text",
        labels: LabelsArgument = "label",
        scores: ScoresArgument = (),
        columns: ColumnsArgument = (),
        splits: Mapping[str, str | None] | None = None,
        data_dir: FilePath | None = None,
        download: bool = True,
        nulls: str = "error",
        validation_fraction: float = 0.1,
        stratify: str | bool | None = True,
        seed: int = 0,
    ) -> Self:
        """Make a dataset from one of TensorFlow Datasets, read in the order of its files.

        Classes are called as its `ClassLabel` calls them, in that order; a class of -1 is a
        null. Other label columns hold strings, whole numbers, or sequences of strings. A sequence
        of classes is several labels of a row, or tags of its words.

        Args:
            name: As in its catalogue, such as `"ag_news_subset"` or `"glue/mrpc:2.0.0"`.
            text: The column of the texts, or several, as in
                `{"sentence1": "premise", "sentence2": "hypothesis"}`.
            labels: The label column, or several; or label column to names in class order. The
                names of a `ClassLabel` may be put in another order; where it has none but
                numbers, those given name its classes.
            scores: A column of numbers, or several; see `from_csv`.
            columns: Columns to keep as they are; or the names that they get to columns, as in
                `{"score": "label"}` of `glue/stsb`.
            splits: The splits to read where they are not `train`, `validation` and `test`, as in
                `{"train": "train[:80%]", "test": "train[80%:]"}`; `None` leaves one out. Without
                validation, a part of train is cut off.
            data_dir: The folder of prepared datasets, where a download goes too; by default
                `$TFDS_DATA_DIR` or `~/tensorflow_datasets`.
            download: Whether to download and prepare what is not there. Without a connection,
                TensorFlow Datasets gives up after some minutes only; `False` is an error at once.
            nulls: What becomes of missing texts and labels; see `from_csv`. `"unlabelled"` keeps
                a row without its label, and leaves out one without a text.
            validation_fraction: The share to cut from train; see `from_arrays`.
            stratify: The label column whose proportions the cut keeps; see `from_csv`.
            seed: The same seed cuts the same rows on every platform.

        Raises:
            ValueError: If an argument, a column or a row is not as described; the message names
                the split and the row, counted from 0.
            FileNotFoundError: If there is no such dataset, or it is not there and cannot be
                downloaded; the message says where to put it.
            ImportError: If preparing it needs a package that is not installed.
        """
        request = check_request(name, text, labels, nulls, scores, columns)
        cut = checked_cut(validation_fraction, stratify, seed, request)
        return cls._from_tables(name, read_tfds(request, splits, data_dir, download), cut)

    @classmethod
    def from_huggingface(
        cls,
        name: str,
        train: Any,
        validation: Any = None,
        test: Any = None,
        *,
        text: TextArgument = "text",
        labels: LabelsArgument = "label",
        columns: ColumnsArgument = (),
        nulls: str = "error",
        validation_fraction: float = 0.1,
        stratify: str | bool | None = True,
        seed: int = 0,
    ) -> Self:
        """Make a dataset from objects of the library `datasets` of Hugging Face.

        Classes are called as its `ClassLabel` calls them, in the order of train; a class of -1 is
        a null. Other label columns hold strings, whole numbers, or lists of strings. A list of
        classes is several labels of a row, or tags of its words. The library is not needed beyond
        the objects.

        Args:
            name: What the dataset is called in messages.
            train: The `datasets.Dataset` of the training rows; or a `DatasetDict`, whose `train`,
                `validation` and `test` are taken, as far as they are there, and no others.
            validation: The `datasets.Dataset` of the validation rows, or `None` to cut them from
                train.
            test: The `datasets.Dataset` of the test rows, or `None`.
            text: The column of the texts, or several, as in
                `{"sentence1": "premise", "sentence2": "hypothesis"}`.
            labels: The label column, or several; or label column to names in class order. The
                names of a `ClassLabel` may be put in another order; where it has none but
                numbers, those given name its classes.
            columns: Columns to keep as they are, such as scores; or the names that they get to
                columns, as in `{"score": "label"}` of STS-B.
            nulls: What becomes of missing texts and labels; see `from_csv`. `"unlabelled"` keeps
                a row without its label, and leaves out one without a text.
            validation_fraction: The share to cut from train; see `from_arrays`.
            stratify: The label column whose proportions the cut keeps; see `from_csv`.
            seed: The same seed cuts the same rows on every platform.

        Raises:
            ValueError: If an argument, a column or a row is not as described, or splits have
                different classes; the message names the split and the row, counted from 0.
        """
        request = check_request(name, text, labels, nulls, columns=columns)
        cut = checked_cut(validation_fraction, stratify, seed, request)
        splits = checked_splits(name, {"train": train, "validation": validation, "test": test})
        return cls._from_tables(name, read_huggingface(request, splits), cut)
