"""The command `keras-mtl`.

A module of its own, beside the package: importing `keras_mtl` registers every class that a saved
model may need, and so imports Keras, which takes seconds that `--help` should not. What the
commands do is in `keras_mtl.cli`.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import click

BAD_INPUT = 2
INTERRUPTED = 130  # 128 and the number of the signal, as shells have it.
_FILE = click.Path(dir_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="keras_mtl", prog_name="keras-mtl")
def main() -> None:
    """Train one model on several text tasks, from a run file to a report and a served model.

    The exit status is 0 (after SIGTERM, too), 1 if a run failed, 2 for bad input, and 130 after
    Ctrl-C.
    """


@main.command()
@click.argument("run_file", metavar="RUN.yaml", type=_FILE)
@click.argument("changes", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--output", metavar="FOLDER", help="The run folder, instead of the run file's.")
@click.option("--overwrite", is_flag=True, help="Replace a run that stands in the folder.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder; begin it if none.")
def train(**options: Any) -> None:
    """Train as a run file says.

    Values of the file may be changed: keras-mtl train run.yaml training.epochs=3
    """
    _call("train", **options)


@main.command()
@click.argument("source", metavar="SOURCE")
@click.argument("run_file", metavar="RUN.yaml", type=_FILE)
@click.argument("changes", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--output", metavar="FOLDER", help="The run folder, instead of the run file's.")
@click.option("--overwrite", is_flag=True, help="Replace a run that stands in the folder.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder; begin it if none.")
@click.option("--no-scratch", is_flag=True, help="Do not train from random weights, too.")
def transfer(**options: Any) -> None:
    """Train as a run file says, beginning with what a source learned.

    SOURCE is a run folder, a bundle, a .keras file, a folder of a pretrained model, or a preset.
    How it is thawed says the section `transfer` of the run file.
    """
    _call("transfer", **options)


@main.command()
@click.argument("run", type=click.Path())
@click.option("--split", default="test", show_default=True, help="train, validation or test.")
@click.option("--checkpoint", default="best", show_default=True, help="best or last.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def evaluate(**options: Any) -> None:
    """Score a run on a split of its data."""
    _call("evaluate", **options)


@main.command()
@click.argument("run", type=click.Path())
@click.argument("texts", nargs=-1)
@click.option("--file", "-f", type=_FILE, help="A text on each line, or a .csv or .jsonl file.")
@click.option("--column", default="text", show_default=True, help="The column of the texts.")
@click.option("--checkpoint", default="best", show_default=True, help="best or last.")
@click.option(
    "--reads",
    type=click.Choice(["text", "pair", "candidates"]),
    default="text",
    show_default=True,
    help="What a row has: else sentence1 and sentence2, or query and candidates.",
)
def predict(**options: Any) -> None:
    """Predict texts with a run or a bundle.

    JSON lines come out. Texts are arguments, or a file, or the lines of standard input.
    """
    _call("predict", **options)


@main.command()
@click.argument("run", type=click.Path())
@click.option("--output", metavar="FOLDER", help="The bundle; by default `bundle` in the run.")
@click.option("--checkpoint", default="best", show_default=True, help="best or last.")
@click.option("--overwrite", is_flag=True, help="Replace a bundle that stands there.")
def export(**options: Any) -> None:
    """Export a run as a bundle to serve."""
    _call("export", **options)


@main.command()
@click.argument("what", metavar="NAME|FILE")
@click.option("--text", metavar="COLUMN", help="The text column of a file; guessed by default.")
@click.option("--label", "labels", metavar="COLUMN", multiple=True, help="A label column; guessed.")
@click.option("--delimiter", help="What stands between cells; guessed by default.")
@click.option("--encoding", help="The encoding of a file; guessed by default.")
@click.option("--validation", type=_FILE, help="The file of the validation rows.")
@click.option("--test", type=_FILE, help="The file of the test rows.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def data(**options: Any) -> None:
    """Look at a dataset.

    Shows counts, label balance, lengths, duplicates, missing values and examples.
    """
    _call("data", **options)


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option("--output", default="run.yaml", show_default=True, type=_FILE, help="The run file.")
@click.option("--force", is_flag=True, help="Replace a run file that is there.")
@click.option("--text", metavar="COLUMN", help="The text column of the files; guessed by default.")
@click.option("--label", "labels", metavar="COLUMN", multiple=True, help="A label column; guessed.")
@click.option("--delimiter", help="What stands between cells; guessed by default.")
@click.option("--encoding", help="The encoding of the files; guessed by default.")
def init(**options: Any) -> None:
    """Write a run file for your files.

    Looks at CSV, TSV or JSON Lines files and writes a commented file that trains on them.
    """
    _call("init", **options)


def _call(command: str, **options: Any) -> None:
    """Run a command, and leave with its status."""
    try:
        with _quiet():
            from keras_mtl.cli import find_devices, run_command

            find_devices()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (ImportError, ValueError) as error:
        backend = os.environ.get("KERAS_BACKEND", "tensorflow")
        click.echo(f"Error: The Keras backend {backend!r} cannot be loaded: {error}", err=True)
        sys.exit(BAD_INPUT)
    sys.exit(run_command(command, options))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what TensorFlow's libraries print when they are loaded, unless that fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        stderr = os.dup(2)
    except OSError:  # Closed by whoever started us.
        yield
        return
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except Exception:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


if __name__ == "__main__":
    main()
