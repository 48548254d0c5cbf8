"""Word vectors from a file, for the words of a tokenizer."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.data.tables.text_files import check_encoding, existing_file
from keras_mtl.data.text.tokenizer import PADDING_ID, UNKNOWN_ID, WordTokenizer
from keras_mtl.data.text.vector_files import values_of, vector_rows

# Below this share of the words, the file is probably not one for these texts.
_FEW = 0.5
_SHOWN = 5


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class WordVectors:
    r"""A vector for each word of a tokenizer; `WordVectors.read` makes it of a file.

    Give it to a trunk as `vectors=`.

    Args:
        matrix: `(vocabulary size, D)`, a row for each id. Of a file: zeros for padding, small
            random numbers for unknown words and for those that the file lacks.
        vocabulary: The words of the tokenizer, from id 2 on.
        missing: Those that the file lacks, most frequent first.
        by_case: How many words were found in other letters only, `us` as `US`.
        repeated: How many further rows the file has for words that it had before.

    Raises:
        ValueError: If the matrix has no row for an id, or numbers that are not finite.

    Example:
        >>> import tempfile
        >>> tokenizer = WordTokenizer(["film", "good", "xylem"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "small.txt"
        ...     _ = path.write_text("good 0.5 -1\nFilm 0.25 2\nbad -0.5 1\n")
        ...     vectors = WordVectors.read(path, tokenizer)
        >>> print(vectors)
        2 of 3 words (66.7%) have a vector of 2 values in the file, 1 of them in other letters.
        >>> vectors.matrix[[0, 2, 3]].tolist()
        [[0.0, 0.0], [0.25, 2.0], [0.5, -1.0]]
    """

    matrix: np.ndarray
    vocabulary: tuple[str, ...]
    missing: tuple[str, ...] = ()
    by_case: int = 0
    repeated: int = 0

    def __post_init__(self) -> None:
        rows = len(self.vocabulary) + UNKNOWN_ID + 1
        shape = np.shape(self.matrix)
        if (
            len(shape) != 2
            or shape[0] != rows
            or not shape[1]
            or not np.isfinite(self.matrix).all()
        ):
            raise ValueError(
                f"`matrix` of word vectors must be finite numbers, a row for each of {rows:,} ids: "
                f"padding, unknown, {len(self.vocabulary):,} words. Received: shape={shape}. "
                "WordVectors.read makes it of a file."
            )

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        tokenizer: WordTokenizer,
        *,
        other_case: bool = True,
        encoding: str = "utf-8",
        seed: int = 0,
    ) -> WordVectors:
        """Reads the vectors of a tokenizer's words from a file, line by line.

        Only those are kept in memory. Of a word with several rows the first counts.

        Args:
            path: A file in the text format of GloVe (a word and its values in each line) or of
                word2vec and fastText (the same below a line with the numbers of rows and of
                values), plain or `.gz`.
            tokenizer: The tokenizer of the model.
            other_case: Whether a word that the file lacks takes the vector of the first word that
                differs from it in capital and small letters only.
            encoding: The encoding of the text.
            seed: Seed of the random vectors of words that the file lacks. They are drawn with the
                standard deviation of the values that were found.

        Raises:
            FileNotFoundError: If the file is not there.
            TypeError: If `tokenizer` is no `WordTokenizer`.
            ValueError: If the file is not of these formats, a line does not fit, or no word is
                found; the message names file and line.

        Reference:
            [Kim, 2014](https://aclanthology.org/D14-1181/), for the scale of the random vectors.
        """
        if not isinstance(tokenizer, WordTokenizer):
            raise TypeError(
                "`tokenizer` of word vectors must be a WordTokenizer, whose ids are words. "
                f"Received: {tokenizer!r:.80} of type {type(tokenizer).__name__}. A pretrained "
                "trunk has vectors of its own."
            )
        file = existing_file(path, "`path` of word vectors")
        check_encoding(encoding, f"word vectors '{file}'")
        found = _Found(tokenizer.vocabulary, other_case)
        for number, word, values in vector_rows(file, encoding):
            found.offer(word, values, number, file)
        matrix = found.matrix(tokenizer.vocabulary_size, seed, file)
        vectors = cls(
            matrix, tokenizer.vocabulary, tuple(found.missing()), found.by_case, found.repeated
        )
        if vectors.coverage < _FEW:
            warnings.warn(f"'{file}': {vectors}", stacklevel=2)
        return vectors

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self.matrix.shape[1])

    @property
    def coverage(self) -> float:
        """The share of the words that the file has a vector for, in [0, 1]."""
        return 1.0 - len(self.missing) / len(self.vocabulary)

    def __str__(self) -> str:
        words = len(self.vocabulary)
        return (
            f"{words - len(self.missing):,} of {words:,} words ({self.coverage:.1%}) have a vector "
            f"of {self.dim} values in the file, {self.by_case:,} of them in other letters."
        )

    def __repr__(self) -> str:
        return f"<WordVectors: {self}>"


class _Found:
    """The rows of a file that words of a vocabulary take, as they come."""

    def __init__(self, vocabulary: Iterable[str], other_case: bool) -> None:
        self.places = {word: place for place, word in enumerate(vocabulary)}
        self.of_case: dict[str, list[int]] = defaultdict(list)
        if other_case:
            for word, place in self.places.items():
                self.of_case[word.lower()].append(place)
        self.exact: dict[int, np.ndarray] = {}
        self.other: dict[int, np.ndarray] = {}
        self.repeated = 0
        self.rows = 0
        self.first: list[str] = []  # Of the file, for messages.

    @property
    def by_case(self) -> int:
        return len(self.other.keys() - self.exact.keys())

    def offer(self, word: str, values: str, number: int, path: Path) -> None:
        """Take a row if a word has none yet, or only that of another case."""
        self.rows += 1
        if len(self.first) < _SHOWN:
            self.first.append(word)
        own = self.places.get(word)
        if own in self.exact:
            self.repeated += 1
            return
        others = self.of_case.get(word.lower(), ()) if self.of_case else ()
        free = [
            one for one in others if one != own and one not in self.other and one not in self.exact
        ]
        if own is None and not free:
            return
        vector = values_of(values, word, number, path)
        if own is not None:
            self.exact[own] = vector
        self.other.update((place, vector) for place in free)

    def missing(self) -> list[str]:
        """The words without a row, in order."""
        return [
            word
            for word, place in self.places.items()
            if place not in self.exact and place not in self.other
        ]

    def matrix(self, rows: int, seed: int, path: Path) -> np.ndarray:
        """A row for each id.

        Raises:
            ValueError: If no word was found.
        """
        found = self.other | self.exact
        if not found:
            raise ValueError(
                f"'{path}' must have words of the tokenizer. Received: {self.rows:,} rows, from "
                f"{listed(map(repr, self.first))} on, and not one of the {len(self.places):,} "
                f"words {listed(map(repr, list(self.places)[:_SHOWN]))} ... Take vectors of the "
                "same language, and of words, not of characters or sub-words."
            )
        before = rows - len(self.places)
        places = np.fromiter(found, np.int64) + before
        vectors = np.stack(list(found.values()))
        random = np.random.default_rng(seed)
        matrix = random.normal(0.0, vectors.std(), (rows, vectors.shape[1])).astype(np.float32)
        matrix[places] = vectors
        matrix[PADDING_ID] = 0.0
        return matrix


def checked_vectors(vectors: Any, tokenizer: Any, whose: str) -> WordVectors:
    """Word vectors, seen to be those of a tokenizer, or of as many ids.

    Args:
        vectors: What was given as `vectors`.
        tokenizer: The tokenizer, or the number of ids.
        whose: What they were given to, for messages.

    Raises:
        TypeError: If they are no word vectors.
        ValueError: If they are those of another vocabulary.
    """
    if not isinstance(vectors, WordVectors):
        raise TypeError(
            f"`vectors` of {whose} must be WordVectors. Received: {vectors!r:.80} of type "
            f"{type(vectors).__name__}. WordVectors.read(path, tokenizer) reads them from a file."
        )
    words = getattr(tokenizer, "vocabulary", None)
    size = getattr(tokenizer, "vocabulary_size", tokenizer)
    if len(vectors.matrix) != size or words not in (None, vectors.vocabulary):
        raise ValueError(
            f"`vectors` of {whose} must be those of its tokenizer's words. Received: vectors of "
            f"{len(vectors.matrix):,} ids, and a tokenizer of {size:,}, with other words. Read "
            "them with the tokenizer that you give to the trunk."
        )
    return vectors
