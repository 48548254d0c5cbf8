"""What a dataset looks like in numbers, for reports and run folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.label_space import labels_in
from keras_mtl.data.datasets.split import Split
from keras_mtl.data.text.word_splitter import WordSplitter

PERCENTILES = (5, 50, 95, 99)
MOST_EXAMPLES = 6
LONGEST_EXAMPLE = 200  # characters


def profile(dataset: Dataset) -> dict[str, Any]:
    """Count rows, words, labels, duplicates and missing values of a dataset.

    Words are those of a `WordTokenizer` with its defaults: a punctuation mark is a word, so is
    each Chinese character, and markup is none. A row's words are those of all its text columns.

    Returns:
        A dictionary that JSON can hold:

        - `name`;
        - `splits`: for each split its `rows`, its `fingerprint`, its `words` (`min`, `p5`, `p50`,
          `p95`, `p99`, `max` as whole numbers, and the `mean`), `empty_texts` (rows without a
          word), and for each label column the rows `unlabelled`;
        - `labels`: for each label column its `names` in class order, and `counts` of every name
          in each split (a row with several labels counts for each);
        - `duplicates`: `{"in": "train", "of": "test", "rows": 3}` for 3 rows of test whose text
          stands in train too, `{"in": "train", "of": "train", ...}` for rows of train whose text
          stood in train before;
        - `nulls`: what became of missing values in the files;
        - `screened`: which rows of train were left out, if any were;
        - `examples`: the first rows of train with labels not seen in the rows before, each with
          its `text` (200 characters at most) and its `labels`.

    Example:
        >>> data = Dataset.from_arrays("mine", {"text": ["A fine film!"], "label": ["pos"]},
        ...     validation_fraction=0)
        >>> profile(data)["splits"]["train"]["words"]["max"], profile(data)["examples"]
        (4, [{'text': 'A fine film!', 'labels': {'label': 'pos'}}])
    """
    return {
        "name": dataset.name,
        "splits": {name: _split(split, dataset.labels) for name, split in dataset.splits.items()},
        "labels": {
            column: {"names": list(names), "counts": _label_counts(dataset, column, names)}
            for column, names in dataset.labels.items()
        },
        "duplicates": [
            {"in": first, "of": second, "rows": rows}
            for (first, second), rows in dataset.duplicates.items()
        ],
        "nulls": _plain(dataset.nulls),
        "screened": _plain(dataset.screened),
        "examples": _examples(dataset),
    }


def word_counts(split: Split) -> np.ndarray:
    """Return the number of words of each row, int64 `(N,)`; 0 everywhere without texts."""
    words = WordSplitter()
    counts = np.zeros(len(split), np.int64)
    for column in split.text_columns:
        # Tokens are cut into words already; candidates are several texts.
        several = {"tokens": len, "candidates": lambda texts: sum(map(words.count, texts))}
        measure = several.get(column, words.count)
        counts += np.fromiter(map(measure, split[column]), np.int64, len(split))
    return counts


def _split(split: Split, labels: Iterable[str]) -> dict[str, Any]:
    counts = word_counts(split)
    # The length of a text that is there, which at least so many of 100 texts do not exceed.
    percentiles = np.percentile(counts, PERCENTILES, method="inverted_cdf")
    words: dict[str, Any] = {"min": int(counts.min())}
    words |= {f"p{p}": int(value) for p, value in zip(PERCENTILES, percentiles, strict=True)}
    words |= {"max": int(counts.max()), "mean": round(float(counts.mean()), 2)}
    return {
        "rows": len(split),
        "fingerprint": split.fingerprint,
        "words": words,
        "empty_texts": int((counts == 0).sum()),
        "unlabelled": {column: sum(v is None for v in split[column]) for column in labels},
    }


def _label_counts(dataset: Dataset, column: str, names: Iterable[str]) -> dict[str, dict[str, int]]:
    found = {part: Counter(_flat(split[column])) for part, split in dataset.splits.items()}
    return {part: {name: counts[name] for name in names} for part, counts in found.items()}


def _examples(dataset: Dataset) -> list[dict[str, Any]]:
    """Take the first rows of train that show a label not shown before."""
    train, columns = dataset.train, list(dataset.labels)
    unseen = {(column, name) for column, names in dataset.labels.items() for name in names}
    chosen: list[int] = []
    for row in range(len(train)):
        shown = {(column, one) for column in columns for one in _flat([train[column][row]])}
        if not columns or shown & unseen:
            unseen -= shown
            chosen.append(row)
        if len(chosen) == MOST_EXAMPLES or (columns and not unseen):
            break
    return [
        {
            "text": _text(train, row),
            "labels": {column: _plain(train[column][row]) for column in columns},
        }
        for row in chosen
    ]


def _text(split: Split, row: int) -> str:
    values = [split[column][row] for column in split.text_columns]
    text = " / ".join(value if isinstance(value, str) else " ".join(value) for value in values)
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        yield from labels_in(value)


def _plain(value: Any) -> Any:
    """Turn what holds values into what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.tolist() if isinstance(value, np.generic) else value
