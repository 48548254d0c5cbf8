"""Rows of several texts each, every text of a length of its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from keras_mtl.data.text.ragged import Int32, Ragged


@dataclasses.dataclass(frozen=True, eq=False)
class RaggedTexts:
    """The ids of rows of `count` texts each; a text that a row lacks has no id.

    Args:
        texts: The texts of all rows, `N * count`; those of row `i` begin at `i * count`.
        count: How many texts a row has, at most.

    Example:
        >>> pairs = RaggedTexts(Ragged.from_rows([[5, 6], [7], [8], [9]]), count=2)
        >>> pairs.take([1, 0], length=2).tolist()
        [[[8, 0], [9, 0]], [[5, 6], [7, 0]]]
    """

    texts: Ragged
    count: int

    def __len__(self) -> int:
        return len(self.texts) // self.count

    @property
    def lengths(self) -> Int32:
        """int32 `(N,)`, the length of the longest text of each row."""
        return self.texts.lengths.reshape(-1, self.count).max(axis=1, initial=0)

    def row(self, index: int) -> Int32:
        """The texts of a row as one array `(count, L)`, padded with 0 to the longest of them."""
        return self.take([index], int(self.lengths[index]))[0]

    def take(self, rows: npt.ArrayLike, length: int) -> Int32:
        """The given rows as one array, padded with 0.

        Args:
            rows: int `(n,)`, which rows; any order, repeats allowed.
            length: Width of the result; no text may be longer.

        Returns:
            int32 `(n, count, length)`.

        Raises:
            IndexError: There is no such row.
            ValueError: A text is longer than `length`.
        """
        index = np.asarray(rows, np.int64)
        places = index[:, None] * self.count + np.arange(self.count)
        taken = self.texts.take(places.ravel(), length)
        return taken.reshape(len(index), self.count, length)


def ragged_texts(texts: Ragged, counts: npt.NDArray[np.int64]) -> RaggedTexts:
    """Texts of rows of unequal numbers of texts, with empty ones behind those of a short row.

    Args:
        texts: The texts of all rows, one after another.
        counts: `(N,)`, how many texts each row has.
    """
    most = int(counts.max(initial=1))
    places = np.arange(most) < counts[:, None]
    lengths = np.zeros(places.shape, np.int64)
    lengths[places] = texts.lengths
    offsets = np.concatenate([[0], np.cumsum(lengths.ravel())]).astype(np.int64)
    return RaggedTexts(Ragged(texts.values, offsets), most)
