"""Datasets of words with tags, from CoNLL and CoNLL-U files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Self

from keras_mtl.data.tables.conll_rows import check_columns, check_separators, conll_rows
from keras_mtl.data.tables.conllu_rows import COMMENTS, FIELDS, UPOS, conllu_rows
from keras_mtl.data.tables.library_reader import LibraryReader
from keras_mtl.data.tables.table_arguments import LabelsArgument, check_known, check_request
from keras_mtl.data.tables.table_reader import checked_cut
from keras_mtl.data.tables.tables import read_files
from keras_mtl.data.tables.text_files import FilePath, check_encoding


class WordReader(LibraryReader):
    """Base of what is made from the tables of a user or a library, and from files of words."""

    @classmethod
    def from_conll(
        cls,
        name: str,
        train: FilePath,
        validation: FilePath | None = None,
        test: FilePath | None = None,
        *,
        columns: Mapping[str, int],
        tokens: int = 0,
        labels: LabelsArgument | None = None,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        comment: str | None = None,
        validation_fraction: float = 0.1,
        seed: int = 0,
    ) -> Self:
        r"""Make a dataset from CoNLL files: a word on each line, its tags in columns behind it.

        A blank line ends a text. Lines that begin with `-DOCSTART-` are passed over. All lines
        of a file have as many columns. The files may be gzip-compressed (`.gz`).

        Args:
            name: What the dataset is called in messages.
            train: The file of the training rows.
            validation: The file of the validation rows, or `None` to cut them from train.
            test: The file of the test rows, or `None`.
            columns: The columns to read, by the name that each gets in the dataset: their places
                in a line, counted from 0, or from -1 for the last, as in `{"pos": 1, "ner": -1}`.
            tokens: The column of the words, which become `tokens`.
            labels: The columns that are labels, all of `columns` by default; or label column to
                names in class order (`None` for those in train). Others are kept as they are.
            encoding: The encoding of the text; a byte order mark is passed over.
            delimiter: What stands between columns; by default spaces or tabs, however many.
            comment: Lines before the first word of a text that begin so, as with `"# "`, are passed
                over; by default there are none. Inside a text such a line is a word.
            validation_fraction: The share of the rows to cut from train.
            seed: The same seed cuts the same rows on every platform.

        Raises:
            ValueError: If an argument, a file or a line is not as described; the message names
                the file and the line.
            FileNotFoundError: If a file is not there.

        Example:
            >>> from keras_mtl import Dataset
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     with open(f"{folder}/mine.conll", "w") as file:
            ...         size = file.write("Ann NNP B-PER\nsings VBZ O\n\nYes UH O\n")
            ...     data = Dataset.from_conll("mine", f"{folder}/mine.conll",
            ...         columns={"pos": 1, "ner": -1}, validation_fraction=0)
            >>> data.train["tokens"], data.train["ner"]
            ((['Ann', 'sings'], ['Yes']), (('B-PER', 'O'), ('O',)))
            >>> data.labels["pos"]
            ('NNP', 'UH', 'VBZ')
        """
        check_encoding(encoding, f"dataset {name!r}")
        check_separators(delimiter, comment, name)
        numbers = check_columns(tokens, columns, name)
        request = check_request(
            name, {"tokens": "tokens"}, list(columns) if labels is None else labels, "error"
        )
        check_known(request.labels, list(columns), "labels", name)
        kept = {column: column for column in columns if column not in request.labels}
        cut = checked_cut(validation_fraction, None, seed, request)
        files = {"train": train, "validation": validation, "test": test}
        reader = partial(
            conll_rows, numbers=numbers, encoding=encoding, delimiter=delimiter, comment=comment
        )
        return cls._from_tables(name, read_files(replace(request, kept=kept), files, reader), cut)

    @classmethod
    def from_conllu(
        cls,
        name: str,
        train: FilePath,
        validation: FilePath | None = None,
        test: FilePath | None = None,
        *,
        labels: LabelsArgument = "upos",
        columns: Sequence[str] = (),
        nulls: str = "unlabelled",
        encoding: str = "utf-8",
        validation_fraction: float = 0.1,
        seed: int = 0,
    ) -> Self:
        """Make a dataset from CoNLL-U files, those of Universal Dependencies.

        A row is a sentence; its `tokens` are the syntactic words ("do" and "n't", not "don't").
        Lines of tokens of several words (`1-2`) and of empty nodes (`8.1`) are passed over. `_`
        is a null. The files may be gzip-compressed (`.gz`).

        Args:
            name: What the dataset is called in messages.
            train: The file of the training rows.
            validation: The file of the validation rows, or `None` to cut them from train.
            test: The file of the test rows, or `None`.
            labels: The label column, or several, of `upos`, `xpos`, `lemmas`, `feats`, `deprel`,
                `deps` and `misc`; or label column to names in class order (`None` for those in
                train). Those of `upos` are the 17 of Universal Dependencies unless given.
            columns: Columns to keep as they are: any of those above, `head` (for each word the
                number of its head, from 1; 0 for the root), `text` (the sentence) and `id` (its
                `sent_id`).
            nulls: What becomes of words without a tag: `"unlabelled"` keeps them without it,
                `"drop"` leaves their rows out, `"error"` is an error.
            encoding: The encoding of the text; a byte order mark is passed over.
            validation_fraction: The share of the rows to cut from train.
            seed: The same seed cuts the same rows on every platform.

        Raises:
            ValueError: If an argument, a file or a line is not as described; the message names
                the file and the line.
            FileNotFoundError: If a file is not there.
        """
        check_encoding(encoding, f"dataset {name!r}")
        of_words = [column for column in FIELDS if column != "tokens"]
        check_known(columns, [*of_words, *COMMENTS], "columns", name)
        texts = {"tokens": "tokens"} | ({"text": "text"} if "text" in columns else {})
        request = check_request(name, texts, labels, nulls)
        check_known(request.labels, [one for one in of_words if one != "head"], "labels", name)
        if request.labels.get("upos", UPOS) is None:
            request = replace(request, labels={**request.labels, "upos": UPOS})
        kept = {one: one for one in columns if one != "text" and one not in request.labels}
        cut = checked_cut(validation_fraction, None, seed, request)
        files = {"train": train, "validation": validation, "test": test}
        reader = partial(conllu_rows, encoding=encoding)
        return cls._from_tables(name, read_files(replace(request, kept=kept), files, reader), cut)
