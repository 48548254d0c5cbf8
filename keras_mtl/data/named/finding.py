"""Where named datasets are looked for, and in which forms."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_mtl.data.named import keras_datasets
from keras_mtl.data.named.catalogue import SOURCES, Source
from keras_mtl.data.named.public_forms import PublicForm
from keras_mtl.data.tables.jsonlines import SUFFIXES, find_jsonl, read_jsonl
from keras_mtl.data.tables.table_arguments import check_known

DATA_VARIABLE = "KERAS_MTL_DATA"

Found = Mapping[str, Mapping[str, Sequence[Any]]]


def find(name: str, path: Path | None, columns: Sequence[str]) -> Found:
    """Read a dataset of `SOURCES` from the first place that has it.

    Args:
        name: The dataset.
        path: The only place to look at, or `None` for the usual ones.
        columns: Further columns to read.

    Returns:
        The columns of train, test and, where there is one, validation.

    Raises:
        ValueError: If a file is damaged or lacks a column, or a split is missing.
        FileNotFoundError: If the dataset is nowhere; lists what was tried.
    """
    tried: list[str] = []
    for place in [path] if path is not None else _places(name, tried):
        read = _reader(name, place, columns, tried)
        if read is not None:
            return read()
    if path is None and SOURCES[name].integer_files:
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
    return [*places, _keras_cache()] if SOURCES[name].integer_files else places


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
        return lambda: _read_folder(place, source, columns)
    public = source.public
    if public and "train" in public.find(place):
        return lambda: _read_public(name, place, public, columns)
    for npz, index in source.integer_files:
        if (place / npz).is_file():
            reader = _integer_reader(name, place / npz, place / index, columns, tried)
            if reader is not None:
                return reader
    if not any((place / npz).is_file() for npz, _ in source.integer_files):
        firsts = [pair[0] for pair in source.integer_files[:1]]
        firsts += list(source.public.files["train"]) if source.public else []
        tried.append(f"{place}: no {' or '.join(['train.jsonl.gz', *firsts])} in it")
    return None


def _file_reader(
    name: str, file: Path, columns: Sequence[str], tried: list[str]
) -> Callable[[], Found] | None:
    if file.suffix != ".npz" or not SOURCES[name].integer_files:
        or_npz = " or an .npz file" if SOURCES[name].integer_files else ""
        raise ValueError(
            f"`path` of load_dataset({name!r}) must be a folder{or_npz}. Received: "
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


def _read_folder(folder: Path, source: Source, columns: Sequence[str]) -> Found:
    files = {split: find_jsonl(folder, split) for split in ("train", "validation", "test")}
    names = {split: tuple(f"{split}{suffix}" for suffix in SUFFIXES) for split in files}
    _check_splits(folder, source, [split for split, file in files.items() if file], names)
    fields = source.fields
    wanted = {column: column for column in columns} | dict(fields)
    found = {}
    for split, file in files.items():
        if file:
            read = read_jsonl(file, list(dict.fromkeys(wanted.values())))
            ordered = [*fields, *(column for column in columns if column not in fields)]
            found[split] = {column: read[wanted[column]] for column in ordered}
    return found


def _check_splits(
    folder: Path, source: Source, there: Sequence[str], names: Mapping[str, Sequence[str]]
) -> None:
    for split in source.splits:
        if split not in there:
            raise ValueError(
                f"The folder '{folder}' must hold a {split} split. Received: "
                f"{' and '.join(there)} only. Put {' or '.join(names[split])} beside it."
            )


def _read_public(name: str, folder: Path, public: PublicForm, columns: Sequence[str]) -> Found:
    files = public.find(folder)
    _check_splits(folder, SOURCES[name], list(files), public.files)
    check_known(columns, public.columns, "columns", name)
    return public.read(files, columns)


def _not_found(name: str, tried: Sequence[str]) -> FileNotFoundError:
    source = SOURCES[name]
    lines = "".join(f"\n  - {place}" for place in tried)
    files = [f"{split}{SUFFIXES[0]}" for split in source.splits]
    forms = [
        f"{', '.join(files[:-1])} and {files[-1]} (fields {', '.join(source.fields.values())})",
        *(" and ".join(pair) for pair in source.integer_files[:1]),
    ]
    if source.public:
        forms.append(f"{source.public.shown} (from {source.public.home})")
    home = f" The set is at {source.home}." if source.home else ""
    return FileNotFoundError(
        f"Dataset {name!r} must be in one of the places looked at. Received: nothing there:{lines}"
        f"\nPut {', or '.join(forms)}{',' if forms[1:] else ''} into a folder and pass "
        f"path=<folder>, or into ${DATA_VARIABLE}/{source.folders[0]}.{home}"
    )
