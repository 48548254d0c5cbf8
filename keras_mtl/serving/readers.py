"""How a bundle reads texts: inside its graph, or in Python where the graph cannot."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from keras_mtl.data import SubwordTokenizer, WordTokenizer
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.stored import is_subword_tokenizer, load_tokenizer
from keras_mtl.data.text.word_splitter import checked_texts
from keras_mtl.data.text.words import TOKEN_IDS, are_words, padded, read, row_words
from keras_mtl.export.bundle import TOKENIZER
from keras_mtl.export.errors import BundleError
from keras_mtl.export.saved_model import ALL_TASKS, TEXTS
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import Word

# Half a surrogate pair, which Python's strings can hold and UTF-8 cannot.
_SURROGATE = re.compile("[\ud800-\udfff]")


class Reader(Protocol):
    """Texts to rows whose `len` says how long they are, and rows to an input of a signature."""

    signature: str

    def rows(self, texts: Iterable[Any]) -> Sequence[Any]:
        """A row for each text. Raises `TypeError` for what is no list of str."""

    def inputs(self, rows: Sequence[Any]) -> dict[str, Any]:
        """What the signature is to be called with for these rows."""

    def words(self, rows: Sequence[Any]) -> Sequence[Sequence[Word]]:
        """The words of each row, for tasks of words; none where nothing asks for them."""


class GraphReader:
    """Sends the texts as they are; the graph cleans and tokenizes them."""

    signature = ALL_TASKS

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
class EncodedText:
    """A text as a model reads it: input name to ids `(L,)`; and the words that are read of it."""

    inputs: dict[str, np.ndarray]
    words: tuple[Word, ...]

    def __len__(self) -> int:
        return len(self.inputs[TOKEN_IDS])


class PythonReader:
    """Cleans and tokenizes in Python, and sends token ids.

    Args:
        tokenizer: The tokenizer of the bundle.
        of_words: Whether the model reads where words are.
    """

    signature = TOKEN_IDS

    def __init__(self, tokenizer: WordTokenizer | SubwordTokenizer, of_words: bool = False) -> None:
        self.tokenizer = tokenizer
        self.of_words = of_words

    def rows(self, texts: Iterable[Any]) -> list[EncodedText]:
        """Each text, or list of words, encoded. Raises `TypeError` for what is neither."""
        single = isinstance(texts, str | bytes)
        given: list[Any] = list(checked_texts(texts) if single else texts)
        if not are_words(given):
            given = list(checked_texts(given))
        encoded = read(self.tokenizer, given, self.of_words)
        rows = [{name: ids.row(row) for name, ids in encoded.items()} for row in range(len(given))]
        return [
            EncodedText(inputs, self._words(text, inputs) if self.of_words else ())
            for text, inputs in zip(given, rows, strict=True)
        ]

    def inputs(self, rows: Sequence[EncodedText]) -> dict[str, Any]:
        """The inputs as tensors, int32 `(B, L)`, padded with 0, L at least 1."""
        import tensorflow as tf

        names = rows[0].inputs if rows else self._names()
        ragged = {name: Ragged.from_rows([row.inputs[name] for row in rows]) for name in names}
        return {name: tf.constant(array) for name, array in padded(ragged).items()}

    def words(self, rows: Sequence[EncodedText]) -> list[tuple[Word, ...]]:
        """The words of each text."""
        return [row.words for row in rows]

    def _words(self, text: Any, inputs: dict[str, np.ndarray]) -> tuple[Word, ...]:
        # What was cut off is not read, so nothing is said of it.
        return tuple(row_words(text)[: len(inputs[WORD_STARTS])])

    def _names(self) -> list[str]:
        return [TOKEN_IDS, WORD_STARTS] if self.of_words else [TOKEN_IDS]


def reader_of(folder: Path, manifest: dict[str, Any]) -> Reader:
    """The reader that a bundle needs.

    Args:
        folder: The bundle, seen to be whole.
        manifest: Its manifest.

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
    of_words = WORD_STARTS in manifest["signatures"][TOKEN_IDS]
    # Sub-words are cut more quickly in Python, and words may come as lists there.
    in_python = of_words or (has_tokenizer and is_subword_tokenizer(folder / TOKENIZER))
    if ALL_TASKS in manifest["signatures"] and not manifest["outside_graph"] and not in_python:
        return GraphReader()
    try:
        tokenizer = load_tokenizer(folder / TOKENIZER)
    except Exception as error:  # Whatever a step's own constructor may raise.
        outside = ", ".join(map(str, manifest["outside_graph"]))
        reason = f", since these steps of its cleaning are not in the SavedModel: {outside}"
        raise BundleError(
            f"The tokenizer of the bundle '{folder}' must be loaded here{reason if outside else ''}"
            f". Received: {type(error).__name__}: {error}"
        ) from error
    return PythonReader(tokenizer, of_words)
