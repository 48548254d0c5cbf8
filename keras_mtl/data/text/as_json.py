"""What every tokenizer does with its JSON."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Self


class AsJson(ABC):
    """A tokenizer that its configuration, or its JSON, describes in full."""

    @abstractmethod
    def to_json(self) -> str:
        """The tokenizer as JSON; the same text for the same tokenizer."""

    @classmethod
    @abstractmethod
    def from_json(cls, text: str) -> Self:
        """The tokenizer that `to_json` describes. Raises `ValueError` if the text is none."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The tokenizer that `get_config` describes."""
        return cls(**config)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of `to_json`: equal for tokenizers that give equal ids."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def save(self, path: str | Path) -> None:
        """Writes `to_json` to a file."""
        Path(path).write_text(self.to_json(), encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads what `save` wrote. Raises `ValueError` as `from_json`."""
        return cls.from_json(Path(path).read_text(encoding="utf-8"))
