"""Small letters."""

import dataclasses
from typing import Any

import keras

from keras_mtl.data.text.cleaning.patterns import small_characters, small_letters
from keras_mtl.data.text.cleaning.step import CleaningStep


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Lowercase(CleaningStep):
    """Writes all letters small, by the table of the tokenizer: one character for one.

    Call arguments:
        text: Any text.

    Returns:
        The text, changed.

    Example:
        >>> Lowercase()("Ein ÄRGERNIS")
        'ein ärgernis'
    """

    def __call__(self, text: str) -> str:
        return small_letters(text)

    def in_graph(self, texts: Any) -> Any:
        """The same for string `(B,)`, as TensorFlow operations."""
        from keras_mtl.data.text.graph_text import mapped

        return mapped(texts, small_characters())
