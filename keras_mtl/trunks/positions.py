"""Where a token stands in its text."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_mtl.data.text.tokenizer import WordTokenizer

_DEFAULT = 512
# Beside vectors of words with a standard deviation of 1.
_SPREAD = 0.2


def positions_of(tokenizer: WordTokenizer | int, sequence_length: int | None) -> int:
    """How many places of a text a trunk knows.

    Raises:
        ValueError: If there are fewer than the tokens that the tokenizer keeps.
    """
    kept = getattr(tokenizer, "sequence_length", None)
    if sequence_length is None:
        return kept or _DEFAULT
    least = kept or 1
    if sequence_length < least:
        raise ValueError(
            f"`sequence_length` of 'transformer' trunks must be at least {least}"
            f"{', as many tokens as the tokenizer keeps of a text' if kept else ''}. "
            f"Received: {sequence_length=}. Texts are cut by the tokenizer: give it a smaller "
            "sequence_length, or leave that of the trunk out."
        )
    return sequence_length


@keras.saving.register_keras_serializable(package="keras_mtl")
class Positions(keras.layers.Layer):
    """Add to each token the vector of its place in the text, which is learned.

    Args:
        sequence_length: How many places there are.

    Call arguments:
        sequence: `(B, L, D)`, with L of at most `sequence_length`.

    Returns:
        `(B, L, D)`.

    Raises:
        ValueError: If the texts are longer; where a graph learns of it only when it runs, the
            backend's own error.
    """

    def __init__(self, sequence_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sequence_length = sequence_length

    def build(self, sequence_shape: Any) -> None:
        self.table = self.add_weight(
            shape=(self.sequence_length, sequence_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=_SPREAD),
            name="table",
        )
        self.built = True

    def call(self, sequence: Any) -> Any:
        length = ops.shape(sequence)[1]
        if isinstance(length, int) and length > self.sequence_length:
            raise ValueError(
                f"`token_ids` of a 'transformer' trunk must have at most {self.sequence_length} "
                f"places in a row, padding included. Received: {length}. Cut the texts, or build "
                f"the trunk with sequence_length={length}."
            )
        # Not `table[:length]`, which would be shorter than a sequence that is too long.
        table = ops.convert_to_tensor(self.table)
        return sequence + ops.slice(table, (0, 0), (length, sequence.shape[-1]))

    def compute_output_shape(self, sequence_shape: Any) -> Any:
        return sequence_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sequence_length": self.sequence_length}
