"""Finding rows whose words nearly repeat another row's, without comparing every pair."""

from __future__ import annotations

import re
import zlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from keras_mtl.data.datasets.split import TEXT_COLUMNS, Split
from keras_mtl.data.text.text_rules import IDEOGRAPHS

PERMUTATIONS = 128
# How often at most a pair of just the similarity asked for is not found; more alike, less often.
MOST_MISSED = 0.001

# A run of letters and digits; a Chinese character is a word of its own.
_WORD = re.compile(rf"[{IDEOGRAPHS}]|[^\W{IDEOGRAPHS}]+")

# The shingles of a row, for each of its text columns.
Shingles = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Sketch:
    """What a row is compared by.

    Args:
        shingles: The shingles of each text column.
        minhash: Their MinHash, over all columns.
    """

    shingles: Shingles
    minhash: Any


class NearDuplicates:
    """Rows of a split, found by rows that nearly repeat them.

    Two rows are as alike as the least alike of their text columns, each measured by the Jaccard
    similarity of its shingles: shared ones over all different ones. MinHash and locality-sensitive
    hashing propose candidates, which are then compared exactly; so no row is found that is less
    alike, and a row as alike is missed in one case of 1,000 at most, an equal one never.

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
        self._columns = [split[column] for column in TEXT_COLUMNS if column in split]
        self._similarity, self._words = similarity, words
        # The seed is fixed: the same rows are found each time. The hash need not be strong, as
        # a collision costs one more comparison.
        self._empty = MinHash(PERMUTATIONS, seed=1, hashfunc=zlib.crc32)
        self._index = MinHashLSH(num_perm=PERMUTATIONS, params=bands(similarity))

    def sketch(self, row: int) -> Sketch:
        """Return what a row of the split is compared by."""
        parts = self._shingles(row)
        minhash = self._empty.copy()
        minhash.update_batch(_encoded(parts))
        return Sketch(parts, minhash)

    def add(self, row: int, sketch: Sketch) -> None:
        """Let a row be found."""
        self._index.insert(row, sketch.minhash)

    def add_each(self, keys: Iterable[Hashable]) -> None:
        """Let every row be found, one for each key: what each row's texts are compared by."""
        first: dict[Hashable, int] = {}
        for row, key in enumerate(keys):
            first.setdefault(key, row)
        for row in first.values():
            self.add(row, self.sketch(row))

    def has_like(self, sketch: Sketch) -> bool:
        """Tell whether a row that was added is as alike as asked for."""
        candidates = self._index.query(sketch.minhash)
        return any(
            similarity(sketch.shingles, self._shingles(row)) >= self._similarity
            for row in candidates
        )

    def _shingles(self, row: int) -> Shingles:
        return tuple(shingles(column[row], self._words) for column in self._columns)


def shingles(text: str | Sequence[str], words: int) -> frozenset[str]:
    """Return the sequences of so many words in a text, case and punctuation aside.

    A text of fewer words is one shingle, and so is one without a word.

    Args:
        text: A text, or the list of its words.
        words: Words of a shingle, at least 1.

    Example:
        >>> sorted(shingles("So dull, so very dull!", 3))
        ['dull so very', 'so dull so', 'so very dull']
    """
    found = _WORD.findall(text.casefold()) if isinstance(text, str) else _casefolded(text)
    if not found:
        return frozenset([" ".join(text.split()) if isinstance(text, str) else ""])
    starts = range(max(1, len(found) - words + 1))
    return frozenset(" ".join(found[start : start + words]) for start in starts)


def similarity(first: Shingles, second: Shingles) -> float:
    """Return the Jaccard similarity of two rows, that of the least alike of their columns."""
    return min(len(a & b) / len(a | b) for a, b in zip(first, second, strict=True))


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
    while rows > 1 and (1 - similarity**rows) ** (PERMUTATIONS // rows) > MOST_MISSED:
        rows -= 1
    return PERMUTATIONS // rows, rows


def _casefolded(words: Sequence[str]) -> list[str]:
    return [word.casefold() for word in words]


def _encoded(parts: Shingles) -> Iterator[bytes]:
    # Rows alike in each column are as alike over all of them, so one MinHash finds them.
    for column, part in enumerate(parts):
        for shingle in part:
            yield f"{column} {shingle}".encode("utf-8", "surrogatepass")
