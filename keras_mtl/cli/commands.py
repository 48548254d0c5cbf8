"""What the commands on runs do; `keras_mtl_cli` declares them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from keras_mtl.cli.data import show_data
from keras_mtl.cli.init import write_run_file
from keras_mtl.cli.tables import figures_table
from keras_mtl.cli.texts import texts_of
from keras_mtl.config import load_config
from keras_mtl.export import export as export_bundle
from keras_mtl.export.bundle import MANIFEST
from keras_mtl.runs import Run
from keras_mtl.runs import train as train_run
from keras_mtl.runs.folder import BUNDLE, CHECKPOINTS, EVALUATION
from keras_mtl.serving import Predictor

_AT_ONCE = 1024  # Texts predicted together.


def train(
    run_file: str,
    changes: tuple[str, ...],
    output: str | None,
    overwrite: bool,
    resume: bool = False,
) -> int:
    """Train; returns the exit status."""
    # The option is relative to where the user stands, the key to the run file.
    more = (
        [f"output={json.dumps(str(Path(output).absolute()), ensure_ascii=False)}"] if output else []
    )
    config = load_config(run_file, [*changes, *more])
    run = train_run(config, overwrite=overwrite, resume=resume)
    info = run.info
    if info["status"] == "interrupted":
        kept = (run.path / CHECKPOINTS / "last.keras").is_file()
        what = "What was learned is in" if kept else "Nothing was learned yet; the folder is"
        click.echo(f"Interrupted. {what} {run.path}; --resume goes on.", err=True)
        return 0 if "stopped_by" in info else 130  # A machine that is taken away is no mistake.
    for split, scores in run.folder.read(EVALUATION)["splits"].items():
        click.echo(figures_table(split, info, scores["logs"]) + "\n")
    click.echo(f"Run folder: {run.path}\nReport: {run.path / 'report.html'}")
    return 0


def transfer(source: str, changes: tuple[str, ...], no_scratch: bool, **options: Any) -> int:
    """Train from a source; returns the exit status."""
    # Relative to where the user stands, the keys of a run file to the file.
    place = str(Path(source).absolute()) if Path(source).exists() else source
    more = [f"transfer.source={json.dumps(place, ensure_ascii=False)}"]
    more += ["transfer.scratch=false"] if no_scratch else []
    return train(changes=(*changes, *more), **options)


def evaluate(run: str, split: str, checkpoint: str, as_json: bool) -> int:
    """Score a run on a split."""
    opened = Run(run)
    scores = opened.evaluate(split, checkpoint)
    for name in scores["changed"]:
        click.echo(f"Dataset {name!r} has other rows than when the run was trained.", err=True)
    if as_json:
        click.echo(json.dumps(scores["logs"]))
    else:
        click.echo(figures_table(split, opened.info, scores["logs"]))
    return 0


def predict(
    run: str, texts: tuple[str, ...], file: str | None, column: str, reads: str, checkpoint: str
) -> int:
    """Predict texts, a JSON object on a line for each."""
    given = texts_of(texts, file, column, reads)
    answer: Any
    if (Path(run) / MANIFEST).is_file():
        answer = Predictor(run)
    else:
        answer = Run(run).predictor(checkpoint)
    # A person, or a slow program, waits for each answer.
    at_once = 1 if not texts and file is None and sys.stdin.isatty() else _AT_ONCE
    for part in _parts(given, at_once):
        for text, predictions in zip(part, answer(part), strict=True):
            key = "text" if isinstance(text, str) else "tokens"
            row = text if isinstance(text, dict) else {key: text}
            line = {**row, "predictions": predictions}
            click.echo(json.dumps(line, ensure_ascii=False))
        sys.stdout.flush()
    return 0


def export(run: str, output: str | None, checkpoint: str, overwrite: bool) -> int:
    """Export a run as a bundle."""
    opened = Run(run)
    path = Path(output) if output else opened.path / BUNDLE
    export_bundle(opened.model(checkpoint), path, overwrite=overwrite)
    click.echo(f"Bundle: {path}")
    return 0


def data(what: str, **options: Any) -> int:
    """Look at a dataset."""
    click.echo(show_data(what, **options))
    return 0


def init(files: tuple[str, ...], **options: Any) -> int:
    """Write a run file."""
    click.echo(write_run_file(files, **options))
    return 0


def _parts(texts: Iterator[Any], at_once: int) -> Iterator[list[Any]]:
    while part := list(islice(texts, at_once)):
        yield part
