"""`keras-mtl data`: what a dataset looks like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_mtl.cli.data_tables import profile_text
from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.data.datasets.profile import profile
from keras_mtl.data.guessing.guess import Guess, guess
from keras_mtl.data.guessing.guess_format import CSV_SUFFIXES, JSONL_SUFFIXES
from keras_mtl.data.guessing.guess_notes import guess_notes
from keras_mtl.data.named.sources import DEMO_ROWS, SOURCES, TFDS, load_dataset


def show_data(
    what: str,
    *,
    text: str | None = None,
    labels: Sequence[str] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
    validation: str | None = None,
    test: str | None = None,
    as_json: bool = False,
) -> str:
    """Describe a dataset: rows, words, labels, duplicates, missing values, examples.

    Args:
        what: A name of `load_dataset`, or the CSV, TSV or JSON Lines file of the training rows.
        text: The text column of a file, or of a `tfds:` set; of a file it is guessed by default.
        labels: The label columns of these; guessed by default, and there may be none.
        delimiter: What stands between the cells of a file; guessed by default.
        encoding: The encoding of a file; guessed by default.
        validation: The file of the validation rows.
        test: The file of the test rows.
        as_json: Whether to write the profile as JSON.

    Returns:
        Tables for a person to read, or JSON. A file is shown as it is, none of it cut for
        validation; of a named dataset, validation is what training would cut.

    Raises:
        ValueError: If there is no such dataset, or a file is no table, or has no texts.
        FileNotFoundError: If a file, or the data of a name, is not there.
    """
    files = {"validation": validation, "test": test}
    form = {"delimiter": delimiter, "encoding": encoding}
    notes: list[str] = []
    if _is_file(what):
        found = guess(
            Path(what).name,
            {"train": what, **{split: file for split, file in files.items() if file is not None}},
            text=text,
            labels=list(labels) or None,
            must_have_labels=False,
            **form,
        )
        data, notes = found.load(), _told(found, text is None, not labels)
    else:
        data = _named(what, {"text": text, "labels": list(labels) or None}, {**files, **form})
    result = profile(data)
    if as_json:
        return json.dumps(result, ensure_ascii=False, indent=2)
    return profile_text(result, notes)


def _is_file(what: str) -> bool:
    endings = CSV_SUFFIXES + JSONL_SUFFIXES
    return what.lower().removesuffix(".gz").endswith(endings) or Path(what).exists()


def _named(what: str, columns: Mapping[str, Any], options: Mapping[str, Any]) -> Dataset:
    """Load a dataset by name.

    Args:
        what: The name.
        columns: Its `text` and `labels`, for a set of TensorFlow Datasets.
        options: Those for files.
    """
    known = (*SOURCES, *DEMO_ROWS)
    tfds = what.startswith(TFDS)
    if what not in known and not tfds:
        raise ValueError(
            f"`data` must be given a dataset ({', '.join(known)}, {TFDS}<name>) or a file "
            f"that ends in {', '.join(CSV_SUFFIXES + JSONL_SUFFIXES)}. Received: {what!r}. "
            f"{nearest(what, known)}".rstrip()
        )
    checked = options if tfds else {**columns, **options}
    given = [name.replace("labels", "label") for name, value in checked.items() if value]
    if given:
        raise ValueError(
            "Options of `data` for files must be left out for a dataset by name. Received: "
            f"{', '.join(f'--{name}' for name in given)} with {what!r}. Leave them out, or give a "
            "file."
        )
    return load_dataset(what, **columns)


def _told(found: Guess, text: bool, labels: bool) -> list[str]:
    """Tell what was guessed, and what was left out."""
    usual = "the usual delimiter"
    between = f"delimiter {found.delimiter!r}" if found.delimiter else usual
    kind = "JSON Lines" if found.jsonl else between
    notes = [f"Read as {found.encoding}, {kind}."]
    if text:
        notes.append(f"Taken for the texts: {found.text!r:.60}. Another column: --text COLUMN")
    if labels:
        names = ", ".join(f"{column!r:.60}" for column in found.labels) or "no column"
        notes.append(f"Taken for labels: {names}. Others: --label COLUMN")
        skipped = [f"{column!r:.60} ({why})" for column, why in found.notes.items()][:10]
        notes += [f"Not taken for labels: {', '.join(skipped)}"] if skipped else []
    return notes + guess_notes(found)
