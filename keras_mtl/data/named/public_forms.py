"""The files in which datasets of words are given away, read as columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_mtl.data.tables.conll_rows import conll_rows
from keras_mtl.data.tables.conllu_rows import conllu_rows
from keras_mtl.data.tables.text_files import text_lines

Found = dict[str, dict[str, list[Any]]]

# A character and its place in its word, as in "a0", "b10" or "1" and "2" in "12".
_PLACED = re.compile("(.+?)(0|[1-9][0-9]*)", re.DOTALL)


@dataclass(frozen=True)
class PublicForm:
    """The form in which a dataset is given away.

    Args:
        home: Where it is to be had.
        files: The file that shows that a split is there: the names it may have.
        shown: All of its files, for messages.
        read: Reads the splits, from these files and the further columns asked for.
        columns: The further columns it has.
    """

    home: str
    files: Mapping[str, tuple[str, ...]]
    shown: str
    read: Callable[[Mapping[str, Path], Sequence[str]], Found]
    columns: tuple[str, ...] = ()

    def find(self, folder: Path) -> dict[str, Path]:
        """Return the files of a folder, as far as they are there, plain or as `.gz`."""
        found = {}
        for split, names in self.files.items():
            files = [folder / f"{name}{end}" for name in names for end in ("", ".gz")]
            there = [file for file in files if file.is_file()]
            found.update({split: there[0]} if there else {})
        return found


def read_atis(files: Mapping[str, Path], columns: Sequence[str]) -> Found:
    """Read ATIS: a text on each line of `seq.in`, its tags in `seq.out`, its intent in `label`.

    Args:
        files: The file `seq.in` of each split.
        columns: None.

    Returns:
        Columns `tokens`, `slots` and `intent` of each split.

    Raises:
        ValueError: If the three files have not as many lines, or a line not as many tags as
            words; the message names file and line.
    """
    return {split: _atis_split(file) for split, file in files.items()}


def _atis_split(file: Path) -> dict[str, list[Any]]:
    words, tags, intents = (
        _filled_lines(file.with_name(file.name.replace("seq.in", name)))
        for name in ("seq.in", "seq.out", "label")
    )
    if not len(words) == len(tags) == len(intents):
        raise ValueError(
            f"The files seq.in, seq.out and label of '{file.parent}' must have as many lines. "
            f"Received: {len(words)}, {len(tags)} and {len(intents)}. Fetch them again."
        )
    tokens, slots = [line.split() for line in words], [line.split() for line in tags]
    for line, (one, other) in enumerate(zip(tokens, slots, strict=True), start=1):
        if len(one) != len(other):
            raise ValueError(
                f"'{file.with_name(file.name.replace('seq.in', 'seq.out'))}' must have one tag for "
                f"each word of '{file.name}'. Received: {len(other)} tags and {len(one)} words in "
                f"line {line}. Mend the line."
            )
    return {"tokens": tokens, "slots": slots, "intent": intents}


def _filled_lines(file: Path) -> list[str]:
    """Return the lines of a file, blank ones at its end left out."""
    lines = [line.strip() for line in text_lines(file)]
    while lines and not lines[-1]:
        lines.pop()
    if "" in lines or not lines:
        received = f"a blank line {lines.index('') + 1}" if lines else "an empty file"
        raise ValueError(
            f"'{file}' must hold something on each line. Received: {received}. Fetch it again."
        )
    return lines


def read_ewt(files: Mapping[str, Path], columns: Sequence[str]) -> Found:
    """Read CoNLL-U files.

    Args:
        files: The file of each split.
        columns: Further columns, as `conllu_rows` knows them.

    Returns:
        Columns `tokens`, `upos` and `xpos`, and those asked for, of each split.

    Raises:
        ValueError: As `conllu_rows`.
    """
    wanted = list(dict.fromkeys(["tokens", "upos", "xpos", *columns]))
    found = {}
    for split, file in files.items():
        rows = [values for _, values in conllu_rows(file, wanted)]
        found[split] = dict(zip(wanted, map(list, zip(*rows, strict=True)), strict=True))
    return found


def read_weibo(files: Mapping[str, Path], columns: Sequence[str]) -> Found:
    """Read Weibo NER: a character and its tag on each line.

    Behind each character may stand its place in its word, as in `微0` and `博1`; where all
    characters of all splits have one, it is taken off. Halves of emoji, which are no UTF-8, become
    U+FFFD.

    Args:
        files: The file of each split.
        columns: None.

    Returns:
        Columns `tokens` and `ner` of each split.

    Raises:
        ValueError: As `conll_rows`.
    """
    numbers = {"tokens": 0, "ner": -1}
    found: Found = {}
    for split, file in files.items():
        rows = [values for _, values in conll_rows(file, list(numbers), numbers, replace=True)]
        found[split] = dict(zip(numbers, map(list, zip(*rows, strict=True)), strict=True))
    texts = [text for split in found.values() for text in split["tokens"]]
    if all(_PLACED.fullmatch(token) for text in texts for token in text):
        for text in texts:
            text[:] = [_character(token) for token in text]
    return found


def _character(token: str) -> str:
    placed = _PLACED.fullmatch(token)
    return placed[1] if placed else token
