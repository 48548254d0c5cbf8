"""How a bundle reads texts: inside its graph, or in Python where the graph cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from keras_mtl.data import WordTokenizer
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.word_splitter import checked_texts
from keras_mtl.export.bundle import TOKENIZER
from keras_mtl.export.errors import BundleError
from keras_mtl.export.saved_model import ALL_TASKS, TEXTS, TOKEN_IDS

# Half a surrogate pair, which Python's strings can hold and UTF-8 cannot.
_SURROGATE = re.compile("[\ud800-\udfff]")


class Reader(Protocol):
    """Texts to rows whose `len` says how long they are, and rows to an input of a signature."""

    signature: str

    def rows(self, texts: Iterable[str]) -> Sequence[Any]:
        """A row for each text. Raises `TypeError` for what is no list of str."""

    def inputs(self, rows: Sequence[Any]) -> dict[str, Any]:
        """What the signature is to be called with for these rows."""


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


class PythonReader:
    """Cleans and tokenizes in Python, and sends token ids.

    Args:
        tokenizer: The tokenizer of the bundle.
    """

    signature = TOKEN_IDS

    def __init__(self, tokenizer: WordTokenizer) -> None:
        self.tokenizer = tokenizer

    def rows(self, texts: Iterable[str]) -> list[np.ndarray]:
        """The ids of each text. Raises `TypeError` for what is no list of str."""
        ids = self.tokenizer.encode(texts)[TOKEN_IDS]
        return [ids.row(index) for index in range(len(ids))]

    def inputs(self, rows: Sequence[np.ndarray]) -> dict[str, Any]:
        """The ids as one tensor, int32 `(B, L)`, padded with 0, L at least 1."""
        import tensorflow as tf

        longest = max([1, *map(len, rows)])
        padded = Ragged.from_rows(rows).take(np.arange(len(rows)), longest)
        return {TOKEN_IDS: tf.constant(padded)}


def reader_of(folder: Path, manifest: dict[str, Any]) -> Reader:
    """The reader that a bundle needs.

    Args:
        folder: The bundle, seen to be whole.
        manifest: Its manifest.

    Raises:
        BundleError: The bundle reads token ids only; or its tokenizer has a cleaning step that is
            not known in this process.
    """
    if ALL_TASKS not in manifest["signatures"]:
        raise BundleError(
            f"The bundle '{folder}' must have the signature {ALL_TASKS!r} to read texts. "
            f"Received: {sorted(manifest['signatures'])}. Export a model whose "
            "preprocessor is a WordTokenizer, or call the SavedModel on token ids."
        )
    if not manifest["outside_graph"]:
        return GraphReader()
    try:
        return PythonReader(WordTokenizer.load(folder / TOKENIZER))
    except Exception as error:  # Whatever a step's own constructor may raise.
        raise BundleError(
            f"The tokenizer of the bundle '{folder}' must be loaded here, since these steps of its "
            f"cleaning are not in the SavedModel: {', '.join(map(str, manifest['outside_graph']))}."
            f" Received: {type(error).__name__}: {error}"
        ) from error
