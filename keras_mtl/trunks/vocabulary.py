"""What a trunk asks of a tokenizer."""

from numbers import Integral

import keras

from keras_mtl.data.text.tokenizer import WordTokenizer


def vocabulary_size_of(tokenizer: WordTokenizer | int) -> int:
    """Rows of the embedding, for a tokenizer or for a plain number of ids.

    Raises:
        TypeError: If it is neither.
        ValueError: If the number is below 2.
    """
    if isinstance(tokenizer, Integral) and not isinstance(tokenizer, bool):
        size = int(tokenizer)
    elif hasattr(tokenizer, "vocabulary_size"):
        size = tokenizer.vocabulary_size
    else:
        raise TypeError(
            "`tokenizer` of a trunk must be a tokenizer, or the number of token ids. "
            f"Received: {tokenizer!r} of type {type(tokenizer).__name__}."
        )
    if size < 2:
        raise ValueError(
            "`tokenizer` of a trunk must know at least the ids 0 (padding) and 1. "
            f"Received: vocabulary_size={size}."
        )
    return size


def at_least_one(trunk: str, **sizes: int) -> None:
    """Check the sizes that a trunk is given, by the name of the argument.

    Raises:
        ValueError: If one is below 1.
    """
    for argument, size in sizes.items():
        if size < 1:
            raise ValueError(
                f"`{argument}` of {trunk!r} trunks must be at least 1. Received: {argument}={size}."
            )


def share(trunk: str, **shares: float) -> None:
    """Check the shares that a trunk drops, by the name of the argument.

    Raises:
        ValueError: If one is outside [0, 1).
    """
    for argument, value in shares.items():
        if not 0.0 <= value < 1.0:
            raise ValueError(
                f"`{argument}` of {trunk!r} trunks must be a share in [0, 1). "
                f"Received: {argument}={value!r}."
            )


def with_preprocessor(trunk: keras.Model, tokenizer: WordTokenizer | int) -> keras.Model:
    """Remember the tokenizer on the trunk, so that a model built on it can read text."""
    trunk.preprocessor = None if isinstance(tokenizer, Integral) else tokenizer
    return trunk
