"""Named datasets, and where they are looked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.label_space import infer_names, nearest
from keras_mtl.data.named.catalogue import DEMO_ROWS, IMDB_LABELS, REUTERS_LABELS, SOURCES, Source
from keras_mtl.data.named.finding import Found, find
from keras_mtl.data.tables.table_arguments import LabelsArgument, TextArgument

__all__ = [
    "DEMO_ROWS",
    "IMDB_LABELS",
    "REUTERS_LABELS",
    "SOURCES",
    "TFDS",
    "Source",
    "load_dataset",
]

TFDS = "tfds:"


def load_dataset(
    name: str,
    path: str | os.PathLike[str] | None = None,
    validation_fraction: float = 0.1,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    text: TextArgument | None = None,
    labels: LabelsArgument | None = None,
) -> Dataset:
    """Load a dataset by name.

    A set is taken from the first of these that has it:

    1. `path`, if given (and nowhere else then);
    2. the folder of its name below `$KERAS_MTL_DATA` (of `"reuters"` also `reuters46`; of sets of
       GLUE also `SST-2`, `CoLA`, `MRPC`, `RTE`, `STS-B`);
    3. of `"imdb"` and `"reuters"`, the cache of Keras, `datasets` below `$KERAS_HOME` or
       `~/.keras`;
    4. of these two, a download by `keras.datasets` into that cache.

    A folder holds `train.jsonl.gz` and `test.jsonl.gz` (or `.jsonl`; also `validation`, which sets
    that come with one must have) with the fields that follow, or the files in which the set is
    given away; `docs/data.md` names them all. `"demo_reviews"` and
    `"demo_newswire"` are made up on the spot. `"tfds:ag_news_subset"` is a set of TensorFlow
    Datasets: see `Dataset.from_tfds`, which takes more arguments.

    - `"imdb"`, `"reuters"`: fields `text` and `label`; or the integer form of `keras.datasets`
      (`reuters.npz` and `reuters_word_index.json`), whose texts are lower-case words without
      punctuation.
    - `"fdu_mtl"`: fields `text`, `label` (negative, positive) and `domain` (16); `"clinc150"`:
      `text`, `intent` (151) and `domain` (11), `oos` in both where a query is out of scope;
      `"online_shopping_10_cats"`: `text`, `label` (negative, positive) and `category` (10).
    - `"sst2"`, `"cola"`, `"emotion"`, `"language_detection"`: fields `text` and `label`.
      `"goemotions"`: `text` and `labels`, one or more of 28 for each row.
    - `"mrpc"`, `"rte"`: fields `sentence1`, `sentence2` and `label`. `"stsb"`: the same, `label`
      a similarity from 0 to 5, which becomes the column `score`; it has no label column.
      `"sst2"`, `"cola"` and `"rte"` have no test split: GLUE keeps its labels back.
    - `"atis"`: fields `tokens`, `slots` (tags of words) and `intent`; or `seq.in`, `seq.out` and
      `label` in the folders `train`, `valid` (or `dev`) and `test`. Label names are those of all
      splits, in alphabetical order: validation and test have some that train never shows.
    - `"ud_english_ewt"`: fields `tokens`, `pos_tags` (column `upos`, the 17 of Universal
      Dependencies) and `xpos` (names of all splits, in alphabetical order); or
      `en_ewt-ud-train.conllu` and so on, see `Dataset.from_conllu`.
    - `"weibo_ner"`: fields `tokens` (characters) and `ner_tags` (column `ner`, 17 tags); or
      `weiboNER_2nd_conll.train` and so on. In these files a character's place in its word stands
      behind it (`微0`, `博1`): it is taken off where all have one. Halves of emoji become U+FFFD.
      Some tags break the scheme: `tagging("ner", ..., repair=True)`.

    Args:
        name: A name as above.
        path: A folder as above, or an `.npz` file with its word index beside it; for `tfds:`, the
            folder of prepared datasets.
        validation_fraction: The share of each class cut from train, where there is no
            validation file; see `Dataset.from_arrays`.
        seed: Seed of that cut. The demo texts are the same for every seed.
        columns: Further fields of JSON Lines files to keep, such as `["rating"]`; of CoNLL-U files
            further columns, such as `["lemmas", "head", "deprel", "text"]`; further columns of a
            `tfds:` set.
        text: The text column of a `tfds:` set, or several; `"text"` if left out.
        labels: The label column of a `tfds:` set, or several; `"label"` if left out.

    Raises:
        ValueError: If the name is unknown, or a file is damaged or lacks a column.
        FileNotFoundError: If the dataset is nowhere; lists what was tried.

    Example:
        >>> load_dataset("demo_reviews")
        Dataset('demo_reviews', train=3600, validation=400, test=1000, label: 2 labels)
    """
    if isinstance(name, str) and name.startswith(TFDS):
        return Dataset.from_tfds(
            name.removeprefix(TFDS),
            text="text" if text is None else text,
            labels="label" if labels is None else labels,
            columns=columns or (),
            data_dir=path,
            validation_fraction=validation_fraction,
            seed=seed,
        )
    known = (*SOURCES, *DEMO_ROWS)
    if name not in known:
        raise ValueError(
            f"`name` of load_dataset must be one of {', '.join(known)}, or {TFDS}<name>. Received: "
            f"name={name!r}. {nearest(str(name), known)}For data of your own use "
            "Dataset.from_arrays."
        )
    _check_left_out(name, f"They are for {TFDS}<name>.", text=text, labels=labels)
    if name in SOURCES:
        found = find(name, None if path is None else Path(path).expanduser(), columns or ())
        spaces = _label_spaces(name, found)
    else:
        fix = "Its texts are made up, not read."
        _check_left_out(name, fix, path=path, columns=columns or None)
        spaces, found = _generate(name)
    return Dataset.from_arrays(
        name,
        found["train"],
        validation=found.get("validation"),
        test=found.get("test"),
        labels=spaces,
        validation_fraction=validation_fraction,
        seed=seed,
    )


def _label_spaces(name: str, found: Found) -> dict[str, tuple[str, ...]]:
    """Return the label names of a dataset, also those that only validation or test shows."""
    return {
        column: infer_names(
            (value for split in found.values() for value in split[column]),
            f"Column {column!r} of dataset {name!r}",
        )
        if names is None
        else names
        for column, names in SOURCES[name].labels.items()
    }


def _check_left_out(name: str, fix: str, **arguments: object) -> None:
    for argument, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{argument}` of load_dataset({name!r}) must be left out. Received: "
                f"{argument}={value!r:.60}. {fix}"
            )


def _generate(name: str) -> tuple[dict[str, tuple[str, ...]], Found]:
    from keras_mtl.data.named import demo

    makers = {
        "demo_reviews": (demo.generate_reviews, demo.REVIEW_LABELS),
        "demo_newswire": (demo.generate_newswire, demo.NEWSWIRE_LABELS),
    }
    generate, labels = makers[name]
    found = {}
    for seed, (split, rows) in enumerate(zip(("train", "test"), DEMO_ROWS[name], strict=True)):
        texts, names = generate(rows, seed)
        found[split] = {"text": texts, "label": names}
    return {"label": labels}, found
