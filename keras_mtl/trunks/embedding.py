"""The vectors of words that a trunk begins with."""

from __future__ import annotations

import keras

from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.data.text.word_vectors import WordVectors, checked_vectors
from keras_mtl.trunks.vocabulary import at_least_one, vocabulary_size_of


def word_embedding(
    trunk: str,
    tokenizer: WordTokenizer | int,
    embedding_dim: int | None,
    default: int,
    vectors: WordVectors | None,
    train_embedding: bool,
) -> keras.layers.Embedding:
    """The layer from token ids to vectors, its weights random or those given.

    Args:
        trunk: Name of the trunk, for messages.
        tokenizer: The tokenizer, or the number of ids.
        embedding_dim: Width of the vectors, or `None` for that of `vectors`, else the default.
        default: That width.
        vectors: Vectors to begin with, or `None`.
        train_embedding: Whether they are trained.

    Raises:
        TypeError: If `tokenizer` or `vectors` is something else.
        ValueError: If the width or the vocabulary are not those of `vectors`, or random vectors
            would stay random.
    """
    size = vocabulary_size_of(tokenizer)
    if embedding_dim is not None:
        at_least_one(trunk, embedding_dim=embedding_dim)
    if vectors is None:
        if not train_embedding:
            raise ValueError(
                f"`train_embedding` of {trunk!r} trunks must be True where there are no `vectors`: "
                "random ones would stay random. Received: train_embedding=False. Pass vectors."
            )
        return keras.layers.Embedding(size, embedding_dim or default, name="embedding")
    dim = checked_vectors(vectors, tokenizer, f"{trunk!r} trunks").dim
    if embedding_dim not in (None, dim):
        raise ValueError(
            f"`embedding_dim` of {trunk!r} trunks must be that of `vectors`, {dim}. "
            f"Received: {embedding_dim=}. Leave it out."
        )
    layer = keras.layers.Embedding(size, dim, weights=vectors.matrix, name="embedding")
    layer.trainable = train_embedding
    return layer
