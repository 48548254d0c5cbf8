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
    content = json.loads(text)
    subwords = isinstance(content, dict) and "subwords" in content
    return SubwordTokenizer.from_json(text) if subwords else WordTokenizer.from_json(text)
