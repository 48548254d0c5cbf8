"""The integer form of `keras.datasets.imdb` and `.reuters`, turned back into words.

The files hold word ranks without the shift (`index_from`) and the start mark that
`load_data` adds; rank `r` is the word that the word index maps to `r`. Rows come out in the
order and the splits of `load_data` with its defaults, so row `i` here is row `i` there. Every
word is kept, also the rarest one, which `load_data` marks as unknown.

Worth knowing: 975 of the 11,228 newswires of `keras.datasets.reuters` have no text of their
own; there the label stands on the text of a later article.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.data.named.restricted_npz import read_member

IntegerSplit = tuple[Sequence[Sequence[int]], Sequence[int]]
Columns = dict[str, list[Any]]

SHUFFLE_SEED = 113
REUTERS_TEST_SHARE = 0.2


def read_integer_form(name: str, arrays: Path, word_index: Path) -> dict[str, Columns]:
    """Read an `.npz` file of `keras.datasets` and its word index as texts and class numbers.

    Args:
        name: `"imdb"` or `"reuters"`, which differ in how their files are laid out.
        arrays: The `.npz` file.
        word_index: The `.json` file that maps each word to its rank.

    Returns:
        Columns `text` and `label` (class numbers) of the splits `train` and `test`.

    Raises:
        ValueError: If a file is damaged, holds something else, or the two do not belong
            together; the message names the file.
    """
    words = read_word_index(word_index)
    # One generator for both splits of IMDB, as in `load_data`.
    random = np.random.RandomState(SHUFFLE_SEED)
    if name == "imdb":
        return {
            split: decode(_shuffled(arrays, f"x_{split}", f"y_{split}", random), words, str(arrays))
            for split in ("train", "test")
        }
    rows, classes = _shuffled(arrays, "x", "y", random)
    cut = int(len(rows) * (1 - REUTERS_TEST_SHARE))
    return {
        "train": decode((rows[:cut], classes[:cut]), words, str(arrays)),
        "test": decode((rows[cut:], classes[cut:]), words, str(arrays)),
    }


def download(name: str) -> dict[str, Columns]:
    """Let the installed Keras fetch one of its datasets, and turn it into words.

    Address, checksum and cache are those of `keras.datasets`.

    Args:
        name: `"imdb"` or `"reuters"`.

    Returns:
        As `read_integer_form`.
    """
    import keras

    source = getattr(keras.datasets, name)
    # Raw ranks, all of them: no start mark, no shift, no rare word left out.
    splits = source.load_data(num_words=2**31, start_char=None, oov_char=None, index_from=0)
    words = {rank: word for word, rank in source.get_word_index().items()}
    where = f"keras.datasets.{name}"
    return {
        split: decode((rows, classes.tolist()), words, where)
        for split, (rows, classes) in zip(("train", "test"), splits, strict=True)
    }


def decode(split: IntegerSplit, words: Mapping[int, str], where: str) -> Columns:
    """Turn rows of word ranks into texts, the words joined by blanks.

    Raises:
        ValueError: If a rank is not in the word index.
    """
    rows, classes = split
    try:
        texts = [" ".join([words[rank] for rank in row]) for row in rows]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"The word numbers of '{where}' must all be in its word index ({len(words)} words). "
            f"Received: {error}. Put the .npz and the word index of one source side by side."
        ) from error
    return {"text": texts, "label": list(classes)}


def read_word_index(path: Path) -> dict[int, str]:
    """Read a word index and return the word of each rank.

    Raises:
        ValueError: If the file is no JSON object of words and whole numbers.
    """
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"'{path}' must be a JSON word index. Received: {error}. Fetch the file again."
        ) from error
    if not isinstance(index, dict) or not all(isinstance(rank, int) for rank in index.values()):
        raise ValueError(
            f"'{path}' must map each word to its rank, a whole number. Received: "
            f"{type(index).__name__} of other values. Fetch the word index of keras.datasets."
        )
    return {rank: word for word, rank in index.items()}


def _shuffled(path: Path, x: str, y: str, random: np.random.RandomState) -> IntegerSplit:
    rows, classes = read_member(path, x), read_member(path, y)
    if len(rows) != len(classes):
        raise ValueError(
            f"'{path}' must hold one class per row. Received: {len(rows)} rows in {x!r}, "
            f"{len(classes)} classes in {y!r}. Remove the file and fetch it again."
        )
    order = np.arange(len(rows))
    random.shuffle(order)
    return [rows[row] for row in order], [int(classes[row]) for row in order]
