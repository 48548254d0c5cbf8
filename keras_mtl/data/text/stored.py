"""Tokenizers in files."""

import json
from pathlib import Path

from keras_mtl.data.text.subwords import SubwordTokenizer
from keras_mtl.data.text.tokenizer import WordTokenizer


def load_tokenizer(path: str | Path) -> WordTokenizer | SubwordTokenizer:
    """Reads what `save` of a tokenizer wrote, of either class.

    Raises:
        ValueError: If the file was not written by one.
    """
    text = Path(path).read_text(encoding="utf-8")
    return SubwordTokenizer.from_json(text) if _subwords(text) else WordTokenizer.from_json(text)


def is_subword_tokenizer(path: str | Path) -> bool:
    """Whether a file was written by a `SubwordTokenizer`, which is not made here."""
    return _subwords(Path(path).read_text(encoding="utf-8"))


def _subwords(text: str) -> bool:
    content = json.loads(text)
    return isinstance(content, dict) and "subwords" in content
