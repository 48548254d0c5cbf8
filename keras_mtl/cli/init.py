"""`keras-mtl init`: a run file for the user's own files."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from keras_mtl.cli.run_file import Cut, Looked, run_file_text
from keras_mtl.cli.task_names import task_names
from keras_mtl.cli.yaml_text import printable
from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.profile import profile
from keras_mtl.data.datasets.splitting import holdout
from keras_mtl.data.guessing.guess import Guess, guess
from keras_mtl.data.guessing.guess_format import is_jsonl
from keras_mtl.data.guessing.guess_notes import guess_notes
from keras_mtl.data.guessing.split_files import group_files
from keras_mtl.data.tables.text_files import FilePath, existing_file
from keras_mtl.files import write_text

# Shares to cut for validation, the first that can be; a small table needs a larger one.
_CUTS = ((0.1, True), (0.1, False), (0.3, False), (0.5, False))


def write_run_file(
    files: Sequence[FilePath],
    output: FilePath = "run.yaml",
    force: bool = False,
    text: str | None = None,
    labels: Sequence[str] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
) -> str:
    """Look at CSV, TSV and JSON Lines files and write a run file that trains on them.

    Files of one name are splits of one dataset (see `group_files`); each label column is a task.
    The file is written at once or not at all.

    Args:
        files: The files.
        output: The run file; its folder is made if it is not there.
        force: Whether to replace a file that is there.
        text: The text column of all the files, where it is not to be guessed.
        labels: The label columns of all the files, where they are not to be guessed.
        encoding: The encoding of the files, where it is not to be guessed.
        delimiter: What stands between cells, where it is not to be guessed.

    Returns:
        What was found, for the user to read.

    Raises:
        FileExistsError: If the run file is there, without `force`.
        FileNotFoundError: If a file is not there.
        ValueError: If a file is no table, or there are no texts or labels in it.
    """
    target = Path(output)
    _check_output(target, force)
    if not files:
        raise ValueError(
            "`init` must be given the files to train on. Received: none. Name CSV, TSV or JSON "
            "Lines files: keras-mtl init reviews.csv"
        )
    paths = [existing_file(file, "A file of `init`") for file in files]
    for path in paths:
        is_jsonl(path)
    looked = []
    for name, splits in group_files(paths).items():
        found = guess(
            name,
            splits,
            text=text,
            labels=list(labels) or None,
            encoding=encoding,
            delimiter=delimiter,
        )
        looked.append(_look(found))
    names = task_names({one.guess.name: list(one.guess.labels) for one in looked})
    _write(target, run_file_text(looked, names, target.absolute()), force)
    return _told(looked, names, output)


def _look(found: Guess) -> Looked:
    data = found.load()
    cut = None if "validation" in found.files else _validation_cut(data)
    return Looked(found, profile(data), cut)


def _validation_cut(data: Dataset) -> Cut:
    """Find how a validation part can be cut from train."""
    column = next(iter(data.labels))
    why = ""
    for fraction, stratify in _CUTS:
        classes = data.train[column] if stratify else None
        try:
            holdout(len(data.train), fraction, 0, classes)
        except ValueError:
            counts = {name: data.train[column].count(name) for name in data.labels[column]}
            rarest = min((name for name in counts if counts[name]), key=counts.__getitem__)
            why = why or f"too few rows of {column!r:.60} are {rarest!r:.60} ({counts[rarest]})"
        else:
            return Cut(fraction, stratify, why)
    return Cut(0, True, f"{len(data.train)} rows are too few to cut")


def _check_output(target: Path, force: bool) -> None:
    if target.is_dir():
        raise ValueError(
            f"`--output` of init must be the path of a file. Received: the folder '{target}'. "
            "Name a file in it, such as run.yaml."
        )
    if target.exists() and not force:
        raise FileExistsError(
            f"`--output` of init must not be there yet. Received: '{target}', which is. Give "
            "another name, or --force to replace it."
        )


def _write(target: Path, text: str, force: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Again: looking at the files took a while.
    write_text(target, text, may_replace=lambda: _check_output(target, force))


def _told(looked: Sequence[Looked], names: dict[tuple[str, str], str], output: FilePath) -> str:
    lines = []
    for one in looked:
        rows = ", ".join(f"{s['rows']:,} {name}" for name, s in one.profile["splits"].items())
        tasks = ", ".join(
            f"{names[one.guess.name, column]} ({len(space['names'])} labels)"
            for column, space in one.profile["labels"].items()
        )
        lines.append(f"{one.guess.name}: {rows} rows; text {one.guess.text!r}; tasks {tasks}")
        lines += [f"  {printable(note)}" for note in guess_notes(one.guess)]
    return "\n".join([*lines, f"Wrote {output}. Next: keras-mtl train {shlex.quote(str(output))}"])
