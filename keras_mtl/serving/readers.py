"""How a bundle reads texts: inside its graph, or in Python where the graph cannot."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from keras_mtl.data import SubwordTokenizer, WordTokenizer
from keras_mtl.data.mixing.rows import tasks_reading, texts_of
from keras_mtl.data.text.compared import READS, Compared
from keras_mtl.data.text.reading import read_rows
from keras_mtl.data.text.stored import is_subword_tokenizer, load_tokenizer
from keras_mtl.data.text.word_splitter import checked_texts
from keras_mtl.data.text.words import TOKEN_IDS, are_words, read, row_words
from keras_mtl.export.bundle import TOKENIZER
from keras_mtl.export.errors import BundleError
from keras_mtl.export.saved_model import ALL_TASKS, TEXTS
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import Task, Word

# Half a surrogate pair, which Python's strings can hold and UTF-8 cannot.
_SURROGATE = re.compile("[\ud800-\udfff]")


class Reader(Protocol):
    """Texts to rows whose `len` says how long they are, and rows to an input of a signature."""

    signature: str

    def tasks(self, rows: Any) -> list[Task]:
        """The tasks that read what was given. Raises `ValueError` if none does."""

    def rows(self, texts: Iterable[Any]) -> Sequence[Any]:
        """A row for each text. Raises `TypeError` for what is no list of str."""

    def inputs(self, rows: Sequence[Any]) -> dict[str, Any]:
        """What the signature is to be called with for these rows."""

    def words(self, rows: Sequence[Any]) -> Sequence[Sequence[Word]]:
        """The words of each row, for tasks of words; none where nothing asks for them."""


class GraphReader:
    """Sends the texts as they are; the graph cleans and tokenizes them."""

    signature = ALL_TASKS

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks

    def tasks(self, rows: Any) -> list[Task]:
        return list(self._tasks)

    def rows(self, texts: Iterable[str]) -> list[bytes]:
        """The texts in UTF-8. Raises `TypeError` for what is no list of str."""
        return [_SURROGATE.sub("\ufffd", text).encode() for text in checked_texts(texts)]

    def inputs(self, rows: Sequence[bytes]) -> dict[str, Any]:
        """The texts as one tensor, string `(B,)`."""
        import tensorflow as tf

        return {TEXTS: tf.constant(rows, tf.string)}

    def words(self, rows: Sequence[bytes]) -> list[tuple[Word, ...]]:
        """No words: with a task of words they are read in Python."""
        return [()] * len(rows)


@dataclasses.dataclass(frozen=True)
class EncodedRow:
    """A row as a model reads it: input name to ids `(L,)`, or `(T, L)` of several texts.

    Args:
        inputs: The inputs.
        words: The words that are read of a text; or the candidates of a query.
    """

    inputs: dict[str, np.ndarray]
    words: tuple[Word, ...]

    def __len__(self) -> int:
        return int(self.inputs[TOKEN_IDS].shape[-1])


class PythonReader:
    """Cleans and tokenizes in Python, and sends token ids.

    Args:
        tokenizer: The tokenizer of the bundle.
        tasks: The tasks of the bundle.
    """

    signature = TOKEN_IDS

    def __init__(
        self, tokenizer: WordTokenizer | SubwordTokenizer, tasks: Sequence[Task] = ()
    ) -> None:
        self.tokenizer = tokenizer
        self._tasks = tasks
        self._of_words = any(task.of_words for task in tasks)
        self._several = any(task.several for task in tasks)

    def tasks(self, rows: Any) -> list[Task]:
        return tasks_reading(self._tasks, _compared(rows) or [""]) if rows else list(self._tasks)

    def rows(self, texts: Iterable[Any]) -> list[EncodedRow]:
        """Each text, list of words, pair or query encoded. Raises `TypeError` for anything else."""
        compared = _compared(texts)
        if compared is not None:
            return self._rows_of_compared(compared)
        single = isinstance(texts, str | bytes)
        given: list[Any] = list(checked_texts(texts) if single else texts)
        if not are_words(given):
            given = list(checked_texts(given))
        encoded = read(self.tokenizer, given, self._of_words)
        rows = [{name: ids.row(row) for name, ids in encoded.items()} for row in range(len(given))]
        return [
            EncodedRow(self._inputs(inputs), self._words(text, inputs))
            for text, inputs in zip(given, rows, strict=True)
        ]

    def inputs(self, rows: Sequence[EncodedRow]) -> dict[str, Any]:
        """The inputs as tensors, int32 `(B, L)` or `(B, T, L)`, padded with 0, L at least 1."""
        import tensorflow as tf

        given = [row.inputs for row in rows]
        shapes: dict[str, tuple[int, ...]] = {
            TOKEN_IDS: (1,) * (1 + self._several),
            **({WORD_STARTS: (1,)} if self._of_words else {}),
        }
        longest = max((array.shape[-1] for one in given for array in one.values()), default=1)
        found = {}
        for name, least in shapes.items():
            arrays = [one[name] for one in given]
            shape = np.max([least, *(array.shape for array in arrays)], axis=0)
            shape[-1] = max(longest, 1)
            filled = np.zeros((len(arrays), *shape), np.int32)
            for row, array in enumerate(arrays):
                filled[row][tuple(slice(size) for size in array.shape)] = array
            found[name] = tf.constant(filled)
        return found

    def words(self, rows: Sequence[EncodedRow]) -> list[tuple[Word, ...]]:
        """The words of each text, or the candidates of each query."""
        return [row.words for row in rows]

    def _rows_of_compared(self, rows: Sequence[Compared]) -> list[EncodedRow]:
        apart = tasks_reading(self._tasks, rows)[0].apart
        encoded = read_rows(self.tokenizer, rows, apart=apart)
        return [
            EncodedRow(
                self._inputs({name: ids.row(number) for name, ids in encoded.items()}),
                tuple(map(Word, row.others)) if row.reads == "candidates" else (),
            )
            for number, row in enumerate(rows)
        ]

    def _inputs(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The inputs of a row, one text as the only one where a model takes several."""
        ids = inputs[TOKEN_IDS]
        found = {TOKEN_IDS: ids[None] if self._several and ids.ndim == 1 else ids}
        if self._of_words:
            found[WORD_STARTS] = inputs.get(WORD_STARTS, np.zeros(0, np.int32))
        return found

    def _words(self, text: Any, inputs: dict[str, np.ndarray]) -> tuple[Word, ...]:
        # What was cut off is not read, so nothing is said of it.
        return tuple(row_words(text)[: len(inputs[WORD_STARTS])]) if self._of_words else ()


def _compared(rows: Any) -> Sequence[Compared] | None:
    """Pairs or queries, as `model.predict` takes them; `None` for texts and lists of words."""
    some = isinstance(rows, Mapping) or (
        isinstance(rows, list | tuple) and bool(rows) and isinstance(rows[0], Mapping | Compared)
    )
    found = texts_of(rows) if some else None
    if some and found is None:
        raise ValueError(
            f"Rows that are dictionaries must have {' or '.join(map(str, READS.values()))}. "
            f"Received: {rows!r:.80}. Give texts as strings."
        )
    return found


def reader_of(folder: Path, manifest: dict[str, Any], tasks: Sequence[Task]) -> Reader:
    """The reader that a bundle needs.

    Args:
        folder: The bundle, seen to be whole.
        manifest: Its manifest.
        tasks: Its tasks.

    Raises:
        BundleError: The bundle reads token ids only; or its tokenizer has a cleaning step that is
            not known in this process.
    """
    has_tokenizer = TOKENIZER in manifest["files"]
    if ALL_TASKS not in manifest["signatures"] and not has_tokenizer:
        raise BundleError(
            f"The bundle '{folder}' must have a tokenizer to read texts. Received: the signatures "
            f"{sorted(manifest['signatures'])} and no {TOKENIZER!r}. Export a model whose "
            "preprocessor is one of keras_mtl's tokenizers, or call the SavedModel on token ids."
        )
    # Sub-words are cut more quickly in Python; words may come as lists there, texts in pairs.
    in_python = any(task.of_words or task.reads != "text" for task in tasks) or (
        has_tokenizer and is_subword_tokenizer(folder / TOKENIZER)
    )
    if ALL_TASKS in manifest["signatures"] and not manifest["outside_graph"] and not in_python:
        return GraphReader(tasks)
    try:
        tokenizer = load_tokenizer(folder / TOKENIZER)
    except Exception as error:  # Whatever a step's own constructor may raise.
        outside = ", ".join(map(str, manifest["outside_graph"]))
        reason = f", since these steps of its cleaning are not in the SavedModel: {outside}"
        raise BundleError(
            f"The tokenizer of the bundle '{folder}' must be loaded here{reason if outside else ''}"
            f". Received: {type(error).__name__}: {error}"
        ) from error
    return PythonReader(tokenizer, tasks)
