"""The text of a run file for files that were looked at."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_mtl.cli.yaml_text import comment, flow, key, printable, scalar
from keras_mtl.data.guessing.guess import Guess
from keras_mtl.data.tables.csv_rows import usual_delimiter
from keras_mtl.data.tables.tables import NullCounts

MOST_SHOWN = 20  # labels counted in a comment
UNEVEN = 10  # times as many rows as the rarest label from which weights are proposed
LONGEST_SEQUENCE = 1000

_HEADER = """\
# What to train: written by `keras-mtl init` from what it saw in the files. It trains as it stands:
#
#     keras-mtl train {name}
#
# A line that begins with `# ` and a key is a default or a proposal: take the `# ` off to set it.
"""
_DEFAULTS = """\
# trunk:
#   kind: lstm  # the shared encoder; `bag` is faster and knows no word order
#   units: 64

# mixture:
#   batch_size: 64  # rows of a step, over all datasets
#   share: proportional  # rows of each dataset in a step; `uniform`: the same for all

# training:
#   epochs: 10  # most passes over the data
#   optimizer: adam  # or {kind: adam, learning_rate: 0.001}
#   balancer: equal  # how the losses of the tasks are weighed against each other
#   early_stopping: {patience: 2}  # stop when validation has not improved for 2 epochs

# seed: 0  # of all random choices; the same seed gives the same run
"""
_SCREEN = [
    "    # screen: {near_duplicates: 0.9, conflicting_labels: true}",
    "    # (near_duplicates takes: pip install 'keras_mtl[cleaning]')",
]
_ENCODINGS = {
    "gb18030": "of Chinese, guessed from the bytes: check that the texts read right",
    "cp1252": "of Western Windows; guessed, as the bytes are no UTF-8: check how accents read",
}


@dataclass(frozen=True)
class Cut:
    """How a validation part is cut from train; `why` it is not done class by class."""

    fraction: float
    stratify: bool
    why: str = ""


@dataclass(frozen=True)
class Looked:
    """A dataset, as it goes into a run file.

    Args:
        guess: How its files are read.
        profile: What `profile` says of it, nothing of train cut for validation.
        cut: How validation is cut, or `None` where it has a file.
    """

    guess: Guess
    profile: Mapping[str, Any]
    cut: Cut | None


def run_file_text(
    looked: Sequence[Looked], names: Mapping[tuple[str, str], str], output: Path
) -> str:
    """Write a run file.

    Args:
        looked: The datasets.
        names: The task of each dataset and label column.
        output: Where the file will be; paths in it are relative to its folder.
    """
    tasks = [
        _task(one, column, names[one.guess.name, column])
        for one in looked
        for column in one.guess.labels
    ]
    parts = [
        _HEADER.format(name=printable(shlex.quote(output.name))),
        "data:\n" + "\n".join(_dataset(one, output.parent) for one in looked),
        "tasks:\n" + "\n".join(tasks),
        _tokenizer(looked),
        _DEFAULTS + f"# output: runs/{output.stem}  # the run folder\n",
    ]
    return "\n".join(parts)


def _dataset(looked: Looked, folder: Path) -> str:
    guess, splits = looked.guess, looked.profile["splits"]
    lines = [f"  {key(guess.name)}"]
    for split, file in guess.files.items():
        rows = splits[split]["rows"] + looked.profile["nulls"][split]["dropped"]
        lines.append(f"    {split}: {scalar(_relative(file, folder))}  # {rows:,} rows")
    lines += [comment(f"Left out: {split}, as {why}.", 4) for split, why in guess.left_out.items()]
    lines += _cut_lines(looked.cut)
    encoding = f"  # {_ENCODINGS[guess.encoding]}" if guess.encoding in _ENCODINGS else ""
    lines.append(f"    encoding: {scalar(guess.encoding)}{encoding}")
    if not guess.jsonl:
        lines.append(_delimiter(guess))
    words = splits["train"]["words"]
    text = f"{{tokens: {scalar(guess.text)}}}" if guess.words else scalar(guess.text)
    lines.append(f"    text: {text}  # median {words['p50']:,} words, longest {words['max']:,}")
    if guess.other_texts:
        others = ", ".join(f"{column!r:.60}" for column in guess.other_texts[:MOST_SHOWN])
        lines.append(comment(f"Texts too, and not read: {others}.", 4))
    lines += [_labels(guess), *_no_labels(guess), *_nulls(guess, looked.profile["nulls"])]
    return "\n".join(lines + _duplicates(looked.profile)) + "\n"


def _cut_lines(cut: Cut | None) -> list[str]:
    if cut is None:
        return []
    if not cut.fraction:
        return [comment(f"No validation part: {cut.why}.", 4), "    validation_fraction: 0"]
    lines = [f"    validation_fraction: {cut.fraction}  # of train, cut off to choose by"]
    if not cut.stratify:
        lines += [comment(f"Cut regardless of class: {cut.why}.", 4), "    stratify: false"]
    return lines


def _delimiter(guess: Guess) -> str:
    if guess.delimiter is not None:
        # JSON knows a tab as \t, as YAML does.
        return f"    delimiter: {scalar(guess.delimiter)}"
    usual = {"a tab" if usual_delimiter(p) == "\t" else "a comma" for p in guess.files.values()}
    return f"    delimiter: null  # the usual one of such a file: {' or '.join(sorted(usual))}"


def _labels(guess: Guess) -> str:
    given = guess.arguments["labels"]
    if isinstance(given, str):
        return f"    labels: {scalar(given)}"
    if isinstance(given, list):
        return f"    labels: {flow(given, 13)}"
    lines = [comment("Named in full, as train does not have all of them:", 4), "    labels:"]
    for column, names in given.items():
        written = "null" if names is None else flow(names, 8)
        lines.append(f"      {key(column)} {written}".replace("\n:", "\n      :"))
    return "\n".join(lines)


def _no_labels(guess: Guess) -> list[str]:
    if not guess.notes:
        return []
    some = [f"{column!r:.60} ({why})" for column, why in list(guess.notes.items())[:MOST_SHOWN]]
    more = len(guess.notes) - len(some)
    text = ", ".join(some) + (f" and {more} more" if more else "")
    return [comment(f"Not taken for labels: {text}.", 4)]


def _nulls(guess: Guess, nulls: Mapping[str, NullCounts]) -> list[str]:
    """Write what becomes of missing values, as counted when the files were read."""
    if guess.nulls == "error":
        return ["    nulls: error  # nothing is missing; a missing value is an error"]
    texts = [_in_rows(guess.text, one["dropped"], split) for split, one in nulls.items()]
    labels = [
        _in_rows(column, rows, split)
        for split, one in nulls.items()
        for column, rows in one["unlabelled"].items()
    ]
    notes = []
    if any(texts):
        without = "such a row is left out, as nothing can be learned without its text"
        notes.append(f"{', '.join(filter(None, texts))}; {without}")
    if any(labels):
        without = "such a row stays, and counts for the tasks whose label it has"
        notes.append(f"{', '.join(filter(None, labels))}; {without}")
    lines = [comment(f"Missing: {note}.", 4) for note in notes]
    return [*lines, f"    nulls: {guess.nulls}"]


def _in_rows(column: str, rows: int, split: str) -> str:
    some = f"{rows:,} {'rows' if rows > 1 else 'row'}"
    return f"{column!r:.60} in {some} of {split}" if rows else ""


def _duplicates(profile: Mapping[str, Any]) -> list[str]:
    found = [
        f"{one['rows']:,} "
        + ("within " if one["in"] == one["of"] else f"of {one['of']} also in ")
        + one["in"]
        for one in profile["duplicates"]
        if one["rows"]
    ]
    if not found:
        return []
    text = f"Duplicate texts: {', '.join(found)}. To leave such rows out of train:"
    return [comment(text, 4), *_SCREEN]


def _task(looked: Looked, column: str, name: str) -> str:
    counts: Mapping[str, int] = looked.profile["labels"][column]["counts"]["train"]
    common = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{label!r:.40} {rows:,}" for label, rows in common[:MOST_SHOWN])
    more = f" and {len(common) - MOST_SHOWN} more" if len(common) > MOST_SHOWN else ""
    lines = [
        f"  {key(name)}",
        f"    data: {scalar(looked.guess.name)}",
        f"    column: {scalar(column)}",
        "    kind: classification",
        comment(f"{len(common)} labels, with their rows in train: {shown}{more}.", 4),
    ]
    (most, rows), (least, fewest) = common[0], [one for one in common if one[1]][-1]
    if rows >= UNEVEN * fewest:
        text = f"{most!r:.40} comes {rows / fewest:,.0f} times as often as {least!r:.40}"
        lines.append(comment(f"{text}; to make labels count alike:", 4))
        lines.append("    # class_weight: balanced")
    return "\n".join(lines) + "\n"


def _tokenizer(looked: Sequence[Looked]) -> str:
    longest = max(one.profile["splits"]["train"]["words"]["p95"] for one in looked)
    length = min(max(longest, 1), LONGEST_SEQUENCE)
    which = "in the dataset of the longest texts, " if len(looked) > 1 else ""
    note = f"Words kept of one text: {which}95 of 100 training texts have no more than {longest:,}"
    note += "." if length >= longest else f"; more than {LONGEST_SEQUENCE:,} would be slow."
    lines = [
        "tokenizer:",
        comment(note, 2),
        f"  sequence_length: {length}",
        "  # vocabulary_size: 20000  # the most frequent words of train; all others are unknown",
        "  # lowercase: true",
    ]
    return "\n".join(lines) + "\n"


def _relative(file: Path, folder: Path) -> str:
    """Write a path as seen from a folder, or in full where that cannot be written."""
    # What `..` leads to depends on links; the last part stays, as it may be a link that tells.
    place = os.path.join(os.path.realpath(file.parent), file.name)
    try:
        relative = os.path.relpath(place, os.path.realpath(folder))
    except ValueError:
        return place
    # A run file's `~` is the home folder.
    return place if relative.startswith("~") else relative.replace(os.sep, "/")
