"""Finding rows whose words nearly repeat another row's, without comparing every pair."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.text.word_splitter import WordSplitter

PERMUTATIONS = 128
# How often at most a pair of just the similarity asked for is not found; more alike, less often.
MOST_MISSED = 0.001
# Candidates are proposed by bands, then seen through by their MinHash: each may miss half of it.
_MISSED_BY_EACH = MOST_MISSED / 2

# The hashed shingles of a row, for each of its text columns: uint64, sorted, each once.
Shingles = tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Sketch:
    """What a row is compared by.

    Args:
        shingles: The hashed shingles of each text column.
        minhash: Their MinHash, over all columns.
    """

    shingles: Shingles
    minhash: Any


class NearDuplicates:
    """Rows of a split, found by rows that nearly repeat them.

    Two rows are as alike as the least alike of their text columns, each measured by the Jaccard
    similarity of its shingles: shared ones over all different ones. MinHash and locality-sensitive
    hashing propose candidates. Those whose sizes or MinHashes tell them apart go, the others are
    compared exactly, by 64-bit hashes of their shingles; so no row is found that is less alike
    (but for two shingles of one hash, which no data set is large enough to expect), and a row as
    alike is missed in one case of 1,000 at most, an equal one never.

    Args:
        split: The split.
        similarity: The Jaccard similarity from which on rows repeat each other, above 0, up to 1.
        words: Words of a shingle.

    Raises:
        ImportError: If `datasketch` is not installed.
    """

    def __init__(self, split: Split, similarity: float, words: int) -> None:
        try:
            from datasketch import MinHash, MinHashLSH
        except ImportError as error:
            raise ImportError(
                "Near-duplicates are found by the package datasketch, which must be installed. "
                "Received: no such package. Install it: pip install 'keras_mtl[cleaning]'"
            ) from error
        self._columns = [split[column] for column in split.text_columns]
        self._similarity, self._words = similarity, words
        # The seed is fixed: the same rows are found each time. Shingles are hashed already.
        self._empty = MinHash(PERMUTATIONS, seed=1, hashfunc=int)
        self._index = MinHashLSH(num_perm=PERMUTATIONS, params=bands(similarity))
        self._agreeing = least_agreeing(similarity)
        # Of the rows that were added, at the place of each.
        self._shingles: dict[int, Shingles] = {}
        self._sizes = np.zeros((len(split), len(self._columns)), np.int64)
        self._minhashes = np.zeros((len(split), PERMUTATIONS), self._empty.hashvalues.dtype)

    def sketch(self, row: int) -> Sketch:
        """Return what a row of the split is compared by."""
        parts = tuple(hashed(shingles(column[row], self._words)) for column in self._columns)
        minhash = self._empty.copy()
        minhash.update_batch(_of_all_columns(parts))
        return Sketch(parts, minhash)

    def add(self, row: int, sketch: Sketch) -> None:
        """Let a row be found."""
        self._index.insert(row, sketch.minhash)
        self._shingles[row] = sketch.shingles
        self._sizes[row] = [len(part) for part in sketch.shingles]
        self._minhashes[row] = sketch.minhash.hashvalues

    def add_each(self, keys: Iterable[Hashable]) -> None:
        """Let every row be found, one for each key: what each row's texts are compared by."""
        first: dict[Hashable, int] = {}
        for row, key in enumerate(keys):
            first.setdefault(key, row)
        for row in first.values():
            self.add(row, self.sketch(row))

    def has_like(self, sketch: Sketch) -> bool:
        """Tell whether a row that was added is as alike as asked for."""
        return any(
            similarity(sketch.shingles, self._shingles[row]) >= self._similarity
            for row in self._likely(sketch)
        )

    def _likely(self, sketch: Sketch) -> list[int]:
        """The candidates that sizes and MinHashes do not tell apart, the most alike first."""
        rows = np.array(self._index.query(sketch.minhash), np.int64)
        sizes = np.array([len(part) for part in sketch.shingles])
        # Two texts share no more than the shorter has, and have no less than the longer.
        most = np.minimum(self._sizes[rows], sizes) / np.maximum(self._sizes[rows], sizes)
        rows = rows[(most >= self._similarity).all(axis=1)]
        agreeing = (self._minhashes[rows] == sketch.minhash.hashvalues).sum(axis=1)
        order = np.argsort(-agreeing, kind="stable")
        return rows[order][agreeing[order] >= self._agreeing].tolist()


def shingles(text: str | Sequence[str], words: int) -> frozenset[str]:
    """Return the sequences of so many words in a text; case, punctuation and tags do not count.

    Words are those of `WordTokenizer` with `punctuation="remove"`: accents and vowel signs belong
    to them, an emoji is one. A text of fewer words is one shingle. So is one without any word:
    itself, but for white space.

    Args:
        text: A text, or the list of its words, which all count.
        words: Words of a shingle, at least 1.

    Example:
        >>> sorted(shingles("So dull, so very dull!", 3))
        ['dull so very', 'so dull so', 'so very dull']
    """
    # Not above: the cleaning steps register with Keras, which reading files does without.
    from keras_mtl.data.text.cleaning.patterns import small_letters

    found = _splitter()(text) if isinstance(text, str) else [small_letters(word) for word in text]
    if not found:
        return frozenset([" ".join(text.split()) if isinstance(text, str) else ""])
    starts = range(max(1, len(found) - words + 1))
    return frozenset(" ".join(found[start : start + words]) for start in starts)


def hashed(shingles: Iterable[str]) -> np.ndarray:
    """Return a 64-bit hash of each shingle, uint64, sorted; the same on every platform."""
    digests = (
        hashlib.blake2b(one.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for one in shingles
    )
    return np.unique(np.frombuffer(b"".join(digests), "<u8"))


def similarity(first: Shingles, second: Shingles) -> float:
    """Return the Jaccard similarity of two rows, that of the least alike of their columns."""
    return min(_jaccard(a, b) for a, b in zip(first, second, strict=True))


def bands(similarity: float) -> tuple[int, int]:
    """Return how many bands of how many hash values each make two rows candidates.

    Rows are candidates if all values of a band agree, which for one value happens as often as
    the rows are alike. Of the bands that miss a pair seldom enough, the longest propose the
    fewest needless candidates.

    Example:
        >>> bands(0.9)
        (16, 8)
    """
    rows = PERMUTATIONS // 2
    while rows > 1 and (1 - similarity**rows) ** (PERMUTATIONS // rows) > _MISSED_BY_EACH:
        rows -= 1
    return PERMUTATIONS // rows, rows


def least_agreeing(similarity: float) -> int:
    """Return how many values of two MinHashes agree at least if their rows are so alike.

    Each value agrees as often as the rows are alike, so their number is binomial: fewer than the
    result agree too seldom to count.

    Example:
        >>> least_agreeing(0.5), least_agreeing(1.0)
        (46, 128)
    """
    missed = 0.0
    for agreeing in range(PERMUTATIONS):
        others = PERMUTATIONS - agreeing
        missed += (
            math.comb(PERMUTATIONS, agreeing) * similarity**agreeing * (1 - similarity) ** others
        )
        if missed > _MISSED_BY_EACH:
            return agreeing
    return PERMUTATIONS


@functools.cache
def _splitter() -> WordSplitter:
    return WordSplitter(punctuation="remove")


def _jaccard(first: np.ndarray, second: np.ndarray) -> float:
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def _of_all_columns(parts: Shingles) -> list[int]:
    # Rows alike in each column are as alike over all of them, so one MinHash finds them. It takes
    # 32 bits; those of another column are others, and a collision costs one more comparison.
    others = [part * np.uint64(2 * column + 1) for column, part in enumerate(parts)]
    return (np.concatenate(others) >> np.uint64(32)).tolist()
