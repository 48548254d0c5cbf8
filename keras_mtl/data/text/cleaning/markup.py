"""Tags and entities."""

import dataclasses
from typing import Any

import keras

from keras_mtl.data.text import text_rules
from keras_mtl.data.text.cleaning.patterns import substituted
from keras_mtl.data.text.cleaning.step import CleaningStep


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class StripMarkup(CleaningStep):
    """Resolves `&amp;` and the like, and turns tags such as `<br />` into a space.

    By the patterns of the tokenizer, which has `markup="remove"` for the same.

    Call arguments:
        text: Any text.

    Returns:
        The text, changed.

    Example:
        >>> StripMarkup()("R&amp;D<br />is <b>fun</b>")
        'R&D is  fun '
    """

    def __call__(self, text: str) -> str:
        return strip_markup(text)

    def in_graph(self, texts: Any) -> Any:
        """The same for string `(B,)`, as TensorFlow operations."""
        from keras_mtl.data.text.graph_text import substituted as substituted_in_graph

        return substituted_in_graph(texts, text_rules.MARKUP)


def strip_markup(text: str) -> str:
    """`text` with a space for each tag, and entities resolved."""
    return substituted(text, text_rules.MARKUP)
