"""Named datasets, and where they are looked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.data.named import keras_datasets
from keras_mtl.data.tables.jsonlines import SUFFIXES, find_jsonl, read_jsonl
from keras_mtl.data.tables.table_arguments import LabelsArgument, TextArgument

DATA_VARIABLE = "KERAS_MTL_DATA"
TFDS = "tfds:"

IMDB_LABELS = ("neg", "pos")
# In class order: the position of a topic is its class number in keras.datasets.reuters.
REUTERS_LABELS = tuple(
    """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves
    ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin
    strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem
    dlr gas silver wpi hog lead
    """.split()
)

Found = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class Source:
    """What is known of a dataset that `load_dataset` finds by name.

    Args:
        labels: Label names, in class order.
        folders: Its folders below the data folder.
        integer_files: Pairs of an `.npz` file and its word index, as `keras.datasets` keeps them.
    """

    labels: tuple[str, ...]
    folders: tuple[str, ...]
    integer_files: tuple[tuple[str, str], ...]


SOURCES = {
    "imdb": Source(
        IMDB_LABELS,
        ("imdb",),
        (
            ("imdb.npz", "imdb_word_index.json"),
            ("imdb_rebuilt.npz", "imdb_word_index_rebuilt.json"),
        ),
    ),
    "reuters": Source(
        REUTERS_LABELS,
        ("reuters46", "reuters"),
        (
            ("reuters.npz", "reuters_word_index.json"),
            ("reuters_rebuilt.npz", "reuters_word_index_rebuilt.json"),
        ),
    ),
}
# Rows of train (before the validation part is cut) and of test.
DEMO_ROWS = {"demo_reviews": (4000, 1000), "demo_newswire": (2400, 800)}


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

    `"imdb"` and `"reuters"` are taken from the first of these that has them:

    1. `path`, if given (and nowhere else then);
    2. the folders `imdb`, `reuters46` or `reuters` below `$KERAS_MTL_DATA`;
    3. the cache of Keras, `datasets` below `$KERAS_HOME` or `~/.keras`;
    4. a download by `keras.datasets` into that cache.

    A folder holds either `train.jsonl.gz` and `test.jsonl.gz` (or `.jsonl`; also `validation`)
    with the fields `text` and `label`, or the integer form of `keras.datasets`
    (`reuters.npz` and `reuters_word_index.json`), whose texts are lower-case words without
    punctuation. `"demo_reviews"` and `"demo_newswire"` are made up on the spot.
    `"tfds:ag_news_subset"` is a set of TensorFlow Datasets: see `Dataset.from_tfds`, which takes
    more arguments.

    Args:
        name: `"imdb"`, `"reuters"`, `"demo_reviews"`, `"demo_newswire"` or `"tfds:<name>"`.
        path: A folder as above, or an `.npz` file with its word index beside it; for `tfds:`, the
            folder of prepared datasets.
        validation_fraction: The share of each class cut from train, where there is no
            validation file; see `Dataset.from_arrays`.
        seed: Seed of that cut. The demo texts are the same for every seed.
        columns: Further fields of JSON Lines files to keep, such as `["rating"]`.
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
        _check_left_out(name, "Call Dataset.from_tfds for more.", columns=columns or None)
        return Dataset.from_tfds(
            name.removeprefix(TFDS),
            text="text" if text is None else text,
            labels="label" if labels is None else labels,
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
        labels = SOURCES[name].labels
        found = _find(name, None if path is None else Path(path).expanduser(), columns or ())
    else:
        fix = "Its texts are made up, not read."
        _check_left_out(name, fix, path=path, columns=columns or None)
        labels, found = _generate(name)
    return Dataset.from_arrays(
        name,
        found["train"],
        validation=found.get("validation"),
        test=found.get("test"),
        labels={"label": labels},
        validation_fraction=validation_fraction,
        seed=seed,
    )


def _find(name: str, path: Path | None, columns: Sequence[str]) -> Found:
    tried: list[str] = []
    for place in [path] if path is not None else _places(name, tried):
        read = _reader(name, place, columns, tried)
        if read is not None:
            return read()
    if path is None:
        try:
            return keras_datasets.download(name)
        # Keras reports a failed download as a bare Exception.
        except Exception as error:
            reason = str(error).strip() or type(error).__name__
            tried.append(f"download by keras.datasets.{name}: {reason:.200}")
            raise _not_found(name, tried) from error
    raise _not_found(name, tried)


def _places(name: str, tried: list[str]) -> list[Path]:
    data = os.environ.get(DATA_VARIABLE)
    places = []
    if data:
        places = [Path(data).expanduser() / folder for folder in SOURCES[name].folders]
    else:
        tried.append(f"${DATA_VARIABLE}: not set")
    return [*places, _keras_cache()]


def _keras_cache() -> Path:
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"


def _reader(
    name: str, place: Path, columns: Sequence[str], tried: list[str]
) -> Callable[[], Found] | None:
    """Return what reads the dataset at a place, or note what is missing there."""
    source = SOURCES[name]
    if place.is_file():
        return _file_reader(name, place, columns, tried)
    if not place.is_dir():
        tried.append(f"{place}: not there")
        return None
    # All datasets of Keras share its cache: a train.jsonl in there would be no one's in particular.
    if place != _keras_cache() and find_jsonl(place, "train"):
        return lambda: _read_folder(place, columns)
    for npz, index in source.integer_files:
        if (place / npz).is_file():
            reader = _integer_reader(name, place / npz, place / index, columns, tried)
            if reader is not None:
                return reader
    if not any((place / npz).is_file() for npz, _ in source.integer_files):
        tried.append(f"{place}: no train.jsonl.gz or {source.integer_files[0][0]} in it")
    return None


def _file_reader(
    name: str, file: Path, columns: Sequence[str], tried: list[str]
) -> Callable[[], Found] | None:
    if file.suffix != ".npz":
        raise ValueError(
            f"`path` of load_dataset({name!r}) must be a folder or an .npz file. Received: "
            f"path='{file}'. Give the folder that holds train and test."
        )
    index = dict(SOURCES[name].integer_files).get(file.name, f"{file.stem}_word_index.json")
    return _integer_reader(name, file, file.parent / index, columns, tried)


def _integer_reader(
    name: str, npz: Path, index: Path, columns: Sequence[str], tried: list[str]
) -> Callable[[], Found] | None:
    if not index.is_file():
        tried.append(f"{npz}: there, but {index.name} is missing beside it")
        return None
    if columns:
        raise ValueError(
            f"`columns` of load_dataset({name!r}) must be left out for the integer form. Received: "
            f"columns={list(columns)} for '{npz}'. Use a folder of JSON Lines files."
        )
    return lambda: keras_datasets.read_integer_form(name, npz, index)


def _read_folder(folder: Path, columns: Sequence[str]) -> Found:
    files = {split: find_jsonl(folder, split) for split in ("train", "validation", "test")}
    if files["test"] is None:
        raise ValueError(
            f"The folder '{folder}' must hold a test split. Received: train only. "
            f"Put test{SUFFIXES[0]} or test{SUFFIXES[1]} beside it."
        )
    wanted = list(dict.fromkeys(["text", "label", *columns]))
    return {split: read_jsonl(file, wanted) for split, file in files.items() if file}


def _not_found(name: str, tried: Sequence[str]) -> FileNotFoundError:
    npz, index = SOURCES[name].integer_files[0]
    lines = "".join(f"\n  - {place}" for place in tried)
    return FileNotFoundError(
        f"Dataset {name!r} must be in one of the places looked at. Received: nothing there:{lines}"
        f"\nPut train.jsonl.gz and test.jsonl.gz (fields text, label), or {npz} and {index}, into "
        f"a folder and pass path=<folder>, or into $KERAS_MTL_DATA/{SOURCES[name].folders[0]}."
    )


def _check_left_out(name: str, fix: str, **arguments: object) -> None:
    for argument, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{argument}` of load_dataset({name!r}) must be left out. Received: "
                f"{argument}={value!r:.60}. {fix}"
            )


def _generate(name: str) -> tuple[tuple[str, ...], Found]:
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
    return labels, found
