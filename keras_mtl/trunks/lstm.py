"""The recurrent trunk."""

from typing import Any

import keras

from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.data.text.word_vectors import WordVectors
from keras_mtl.heads import Pooling
from keras_mtl.trunks.embedding import word_embedding
from keras_mtl.trunks.layers import PaddingMask, ReverseTokens
from keras_mtl.trunks.recurrent import LSTM
from keras_mtl.trunks.vocabulary import at_least_one, share, with_preprocessor


def lstm(
    tokenizer: WordTokenizer | int,
    embedding_dim: int | None = None,
    units: int = 64,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    vectors: WordVectors | None = None,
    train_embedding: bool = True,
    embedding_dropout: float = 0.0,
    dropout: float = 0.0,
    name: str = "trunk",
) -> keras.Model:
    """An embedding and one or more LSTM layers.

    Args:
        tokenizer: The tokenizer whose ids the trunk reads (it becomes the model's
            `preprocessor`), or the number of ids, where 0 is padding.
        embedding_dim: Width of the word vectors; by default 128, or that of `vectors`.
        units: Width of each LSTM, in each direction.
        layers: How many LSTM layers are stacked.
        bidirectional: Read each text in both directions and join the two.
        vectors: Word vectors to begin with, from `WordVectors.read`; random ones when `None`.
        train_embedding: Whether word vectors are trained, or stay as they are.
        embedding_dropout: Share of word-vector channels dropped, the same ones along a text.
        dropout: Share dropped between layers.
        name: Name of the returned model.

    Returns:
        A functional model from `{"token_ids": (B, L)}` to `{"sequence": (B, L, D),
        "padding_mask": (B, L), "last": (B, D), "sequence_1": (B, L, D), ...}`, `D` being
        `units` or twice that. `last` is what each direction knows at its end; `sequence_1` and
        so on is what each layer gives. Features of real tokens do not depend on how far a row
        is padded.

    Raises:
        TypeError: If `tokenizer` is neither a tokenizer nor a number, or `vectors` are none.
        ValueError: If a size or a share is out of range, or `vectors` do not fit.

    Example:
        >>> trunk = lstm(1_000, embedding_dim=8, units=4, bidirectional=True)
        >>> trunk.output["sequence"].shape
        (None, None, 8)
    """
    at_least_one("lstm", units=units, layers=layers)
    share("lstm", embedding_dropout=embedding_dropout, dropout=dropout)
    embedding = word_embedding("lstm", tokenizer, embedding_dim, 128, vectors, train_embedding)
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = PaddingMask(name="padding_mask")(token_ids)
    # No mask goes into the LSTM: padding stands behind the text, so no real token sees it.
    sequence = embedding(token_ids)
    if embedding_dropout:
        sequence = keras.layers.SpatialDropout1D(embedding_dropout, name="embedding_dropout")(
            sequence
        )
    by_layer = {}
    for number in range(1, layers + 1):
        if dropout and number > 1:
            sequence = keras.layers.Dropout(dropout, name=f"dropout_{number}")(sequence)
        sequence, last = _read(sequence, mask, units, bidirectional, f"lstm_{number}")
        by_layer[f"sequence_{number}"] = sequence
    features = {"sequence": sequence, "padding_mask": mask, "last": last, **by_layer}
    trunk = keras.Model({"token_ids": token_ids}, features, name=name)
    return with_preprocessor(trunk, tokenizer)


def _read(sequence: Any, mask: Any, units: int, bidirectional: bool, name: str) -> tuple[Any, Any]:
    """One recurrent layer: its sequence, and what each direction knows at its end."""
    forward = LSTM(units, return_sequences=True, name=name)(sequence)
    last = Pooling("last", name=f"{name}_last")(forward, mask)
    if not bidirectional:
        return forward, last
    reverse = ReverseTokens(name=f"{name}_reverse")
    backward = LSTM(units, return_sequences=True, name=f"{name}_backward")(reverse(sequence, mask))
    first = Pooling("last", name=f"{name}_first")(backward, mask)
    backward = ReverseTokens(name=f"{name}_restore")(backward, mask)
    join = keras.layers.Concatenate(name=f"{name}_both")
    ends = keras.layers.Concatenate(name=f"{name}_ends")
    return join([forward, backward]), ends([last, first])
