"""Reading CoNLL-U files, the form of Universal Dependencies, sentence by sentence.

A row has the syntactic words of a sentence, those that are numbered 1, 2, 3. Lines of a token of
several words (`1-2`, such as "don't" for "do" and "n't") and of empty nodes (`8.1`, words that
are understood) are checked and passed over.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_mtl.data.tables.text_files import text_lines

# The parts of speech of Universal Dependencies, in class order.
UPOS = tuple(
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()
)
# Column of a split to column of a line.
FIELDS = {
    "tokens": 1,
    "lemmas": 2,
    "upos": 3,
    "xpos": 4,
    "feats": 5,
    "head": 6,
    "deprel": 7,
    "deps": 8,
    "misc": 9,
}
# Column of a split to the comment of a sentence.
COMMENTS = {"text": "text", "id": "sent_id"}
WIDTH = 10
NO_VALUE = "_"

_WORD = re.compile("[1-9][0-9]*")
_SEVERAL = re.compile("([1-9][0-9]*)-([1-9][0-9]*)")
_EMPTY_NODE = re.compile(r"([0-9]+)\.[1-9][0-9]*")


@dataclass
class _Sentence:
    """A sentence as far as it was read: its comments, and lines and fields of its words."""

    line: int
    comments: dict[str, str] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    words: list[list[str]] = field(default_factory=list)
    # The last word that another line refers to, and that line.
    reach: int = 0
    passed: int = 0


def conllu_rows(
    path: Path, columns: Sequence[str], encoding: str = "utf-8"
) -> Generator[tuple[int, list[Any]], None, None]:
    """Read some columns of a CoNLL-U file, sentence by sentence.

    `_` stands for no value and becomes `None`, but as a word, and as the lemma of such a word.

    Args:
        path: The file; read as gzip if its name ends in `.gz`.
        columns: Names of `FIELDS`, for each word a string (`head`: the number of a word from 1, 0
            for the root); and of `COMMENTS`, a string.
        encoding: The encoding of the text.

    Yields:
        The line a sentence starts in, counted from 1, and its values in the order of `columns`.

    Raises:
        ValueError: If a line has not 10 columns between tabs, ids do not count 1, 2, 3, a column
            that is read is empty, a head is no word, a comment that is asked for is missing, or
            the file has no word; the message names file and line.
    """
    found = words_left_out = False
    for sentence in _sentences(path, encoding):
        blank = all(word[FIELDS["tokens"]] == NO_VALUE for word in sentence.words)
        words_left_out = blank and (words_left_out or not found)
        found = True
        yield sentence.line, [_values(path, sentence, column) for column in columns]
    if not found or words_left_out:
        received = "'_' for every word" if found else "none"
        fix = "Merge the texts in, as its read-me says" if found else "Fetch the file again"
        raise ValueError(f"'{path}' must hold sentences with words. Received: {received}. {fix}.")


def _sentences(path: Path, encoding: str) -> Iterator[_Sentence]:
    sentence: _Sentence | None = None
    number = 0
    for number, raw in enumerate(text_lines(path, encoding), start=1):
        line = raw.rstrip("\r\n")
        if not line:
            if sentence is not None and _is_whole(path, sentence):
                yield sentence
            sentence = None
            continue
        sentence = sentence or _Sentence(number)
        if line.startswith("#") and not sentence.words:
            key, _, value = line[1:].partition("=")
            sentence.comments.setdefault(key.strip(), value.strip())
        else:
            _add(path, sentence, number, line)
    if sentence is not None and _is_whole(path, sentence):
        yield sentence


def _add(path: Path, sentence: _Sentence, number: int, line: str) -> None:
    """Add the line of a word; pass over that of a token of several, or of an empty node."""
    fields = line.split("\t")
    if len(fields) != WIDTH:
        spaced = len(line.split()) == WIDTH
        fix = "Put tabs where spaces are" if spaced else f"Mend the line; {NO_VALUE} is no value"
        raise ValueError(
            f"Every word of '{path}' must have {WIDTH} columns, with tabs between. Received: "
            f"{len(fields)} in line {number}, {line!r:.60}. {fix}."
        )
    last = len(sentence.words)
    if _WORD.fullmatch(fields[0]) and int(fields[0]) == last + 1:
        sentence.lines.append(number)
        sentence.words.append(fields)
        return
    several, node = _SEVERAL.fullmatch(fields[0]), _EMPTY_NODE.fullmatch(fields[0])
    if several and sentence.reach <= last == int(several[1]) - 1 < int(several[2]):
        sentence.reach = int(several[2])
    elif not node or int(node[1]) != last:
        raise ValueError(
            f"Words of '{path}' must be numbered 1, 2, 3 in each sentence. Received: "
            f"{fields[0]!r:.20} in line {number}, after {last or 'none'}. Mend the number, or put "
            "a blank line between sentences."
        )
    sentence.passed = number


def _is_whole(path: Path, sentence: _Sentence) -> bool:
    """Tell whether a sentence has words; comments may stand alone."""
    words = len(sentence.words)
    if sentence.reach > words or (sentence.passed and not words):
        raise ValueError(
            f"'{path}' must have the words that a line such as {sentence.passed} refers to. "
            f"Received: {words} words in the sentence of line {sentence.line}, of "
            f"{sentence.reach or 1} at least. Mend the numbers, or fetch the file again."
        )
    return bool(words)


def _values(path: Path, sentence: _Sentence, column: str) -> Any:
    if column in COMMENTS:
        key = COMMENTS[column]
        if not sentence.comments.get(key):
            raise ValueError(
                f"'{path}' must have a comment '# {key} = ...' for each sentence, to be read as "
                f"{column!r}. Received: none in the sentence of line {sentence.line}. Leave "
                f"{column!r} out of `columns`."
            )
        return sentence.comments[key]
    place = FIELDS[column]
    values: list[Any] = []
    for number, word in zip(sentence.lines, sentence.words, strict=True):
        if not word[place].strip():
            raise ValueError(
                f"Column {column!r} of '{path}' must not be empty. Received: an empty cell in line "
                f"{number}. Write {NO_VALUE} for no value."
            )
        value = _value(word, column)
        head = column == "head"
        values.append(_head(path, value, number, len(sentence.words)) if head else value)
    return values


def _value(word: Sequence[str], column: str) -> str | None:
    value = word[FIELDS[column]]
    underscore = column == "tokens" or (column == "lemmas" and word[FIELDS["tokens"]] == NO_VALUE)
    return value if underscore or value != NO_VALUE else None


def _head(path: Path, value: str | None, line: int, words: int) -> int | None:
    if value is None:
        return None
    head = int(value) if value.isascii() and value.isdecimal() else -1
    if not 0 <= head <= words:
        raise ValueError(
            f"Column 'head' of '{path}' must hold the number of a word of the sentence, or 0. "
            f"Received: {value!r:.20} in line {line}, of {words} words. Mend the line."
        )
    return head
