"""Which tokenizers are BERT's, and what they make of each character.

BERT's tokenizer looks at one character at a time: it drops it, writes it anew (small, without its
accent), or makes it a word by itself, whatever stands beside it. So a table of all characters says
everything that comes before the pieces. It is not written down here but asked of the tokenizer,
whose library has Unicode tables of its own.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import tokenizers

from keras_mtl.data.text.ragged import Int32, Ragged
from keras_mtl.data.text.subwords import SubwordTokenizer

# Code points are looked up by page and place in it, as most pages are like many others.
PAGE = 256
PAGES = 0x110000 // PAGE
# In a target: the character itself.
ITSELF = -1
_SPACE = ord(" ")
_SAME, _APART, _GONE = (ITSELF,), (_SPACE, ITSELF, _SPACE), ()
# Bytes of all added tokens: they become one pattern, for which RE2 has 8 MB (see `stop_words`).
_MOST_ADDED = 12_000
_PARTS = {
    "model": "WordPiece",
    "normalizer": "BertNormalizer",
    "pre_tokenizer": "BertPreTokenizer",
}
# With one of them an added token is not looked for in the text as it stands, or not everywhere.
_OPTIONS = ("normalized", "single_word", "lstrip", "rstrip")

_Words = Callable[[str], list[str]]
_Target = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class CharacterTable:
    """What each character becomes; a space ends a word.

    Args:
        pages: int32 `(PAGES,)`, for each page of code points a row of `kinds`.
        kinds: int32 `(rows, PAGE)`, for each place of a page a row of `targets`.
        targets: Code points, `ITSELF` for the character that is looked up.
    """

    pages: Int32
    kinds: Int32
    targets: Ragged


@dataclasses.dataclass(frozen=True)
class BertRules:
    """All that BERT's tokenizer knows, but for the ids around a text.

    Args:
        characters: What each character becomes.
        pieces: Piece to id, those inside words with `prefix`.
        added: Token that is read wherever it stands in a text, such as `[SEP]`, to id.
        prefix: What marks a piece inside a word.
        unknown: The id of a word that is no row of pieces.
        most_characters: A word of more is unknown.
    """

    characters: CharacterTable
    pieces: dict[str, int]
    added: dict[str, int]
    prefix: str
    unknown: int
    most_characters: int


def is_bert(tokenizer: SubwordTokenizer) -> bool:
    """Whether a tokenizer is WordPiece behind BERT's own normalizer and cutter.

    Those of `SubwordTokenizer.wordpiece` are. Of others, such as a `tokenizer.json`, added tokens
    must be read as they stand in the text, and in all places.

    Example:
        >>> is_bert(SubwordTokenizer.wordpiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "wine"]))
        True
    """
    content = _content(tokenizer)
    model, added = content["model"], content["added_tokens"]
    return (
        _parts(content) == _PARTS
        and model["unk_token"] in model["vocab"]
        and not any(one[option] for one in added for option in _OPTIONS)
        and sum(len(one["content"].encode()) for one in added) <= _MOST_ADDED
    )


def parts_of(tokenizer: SubwordTokenizer) -> dict[str, str | None]:
    """The kinds of the parts of a tokenizer that decide over pieces."""
    return _parts(_content(tokenizer))


def bert_rules(tokenizer: SubwordTokenizer) -> BertRules:
    """The rules of a tokenizer that `is_bert`, with ids in which 0 is padding."""
    content = _content(tokenizer)
    model = content["model"]
    most = model["max_input_chars_per_word"]
    own = tokenizer.own_id
    return BertRules(
        _character_table(json.dumps([content["normalizer"], content["pre_tokenizer"]])),
        # A longer one is never found: its word is unknown.
        {piece: own(number) for piece, number in model["vocab"].items() if len(piece) <= most},
        {one["content"]: own(one["id"]) for one in content["added_tokens"]},
        model["continuing_subword_prefix"],
        own(model["vocab"][model["unk_token"]]),
        most,
    )


def _content(tokenizer: SubwordTokenizer) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(tokenizer.get_config()["tokenizer"])
    return content


def _parts(content: dict[str, Any]) -> dict[str, str | None]:
    return {part: (content[part] or {}).get("type") for part in _PARTS}


# Asking takes a second; the tokenizers of most models are alike in it.
@lru_cache(maxsize=4)
def _character_table(parts: str) -> CharacterTable:
    normalized, words = _asked(*json.loads(parts))
    targets: dict[_Target, int] = {}
    kinds: dict[tuple[int, ...], int] = {}
    pages = []
    for page in range(PAGES):
        found = _page(page, normalized, words)
        kind = tuple(targets.setdefault(one, len(targets)) for one in found)
        # One for all of them, or one for each.
        pages.append(kinds.setdefault(kind * (PAGE // len(kind)), len(kinds)))
    return CharacterTable(
        np.array(pages, np.int32), np.array(list(kinds), np.int32), Ragged.from_rows(targets)
    )


def _asked(normalizer: dict[str, Any], pre_tokenizer: dict[str, Any]) -> tuple[Any, _Words]:
    """Text to normalized text, and text to words."""
    parts = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    found = tokenizers.Tokenizer.from_str(
        json.dumps(
            {**json.loads(tokenizers.Tokenizer(tokenizers.models.WordPiece()).to_str()), **parts}
        )
    )
    normalized, cut = found.normalizer.normalize_str, found.pre_tokenizer.pre_tokenize_str
    return normalized, lambda text: [word for word, _ in cut(normalized(text))]


def _page(number: int, normalized: Callable[[str], str], words: _Words) -> list[_Target]:
    """What each character of a page becomes; one target where it is the same for all."""
    codes = range(number * PAGE, (number + 1) * PAGE)
    if 0xD800 <= codes[0] < 0xE000:  # Half surrogate pairs, which no text has in UTF-8.
        return [_SAME]
    text = "".join(map(chr, codes))
    found = normalized(text)
    if not found:
        return [_GONE]
    if found == text and words(text) == [text]:
        return [_SAME]
    if found == "".join(f" {character} " for character in text):
        return [_APART]
    return [_target(character, words) for character in text]


def _target(character: str, words: _Words) -> _Target:
    # Between two letters, which stay as they are, a space is seen too.
    found = " ".join(words(f"a{character}a"))[1:-1]
    if found == character:
        return _SAME
    return _APART if found == f" {character} " else tuple(map(ord, found))
