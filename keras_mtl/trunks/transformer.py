"""The Transformer trunk, to be trained from scratch."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.data.text.word_vectors import WordVectors
from keras_mtl.trunks.embedding import word_embedding
from keras_mtl.trunks.layers import PaddingMask
from keras_mtl.trunks.positions import Positions, positions_of
from keras_mtl.trunks.vocabulary import at_least_one, share, with_preprocessor


def transformer(
    tokenizer: WordTokenizer | int,
    embedding_dim: int | None = None,
    hidden_dim: int = 128,
    *,
    layers: int = 2,
    heads: int = 4,
    intermediate_dim: int | None = None,
    sequence_length: int | None = None,
    vectors: WordVectors | None = None,
    train_embedding: bool = True,
    dropout: float = 0.1,
    name: str = "trunk",
) -> keras.Model:
    """Layers of self-attention: each token reads all others of its text.

    Made to be trained from scratch, at a constant learning rate: features are normalised before
    each part of a layer and once at the end (pre-norm), which needs no warm-up. It asks for more
    data than the other trunks; with few rows take a pretrained one.

    Args:
        tokenizer: The tokenizer whose ids the trunk reads (it becomes the model's
            `preprocessor`), or the number of ids, where 0 is padding.
        embedding_dim: Width of the word vectors; by default `hidden_dim`, or that of `vectors`.
            If it is not `hidden_dim`, a linear layer leads from one to the other.
        hidden_dim: Width of a token's features, a multiple of `heads`.
        layers: How many layers are stacked.
        heads: How many ways of reading there are side by side in a layer.
        intermediate_dim: Width of the hidden layer behind each attention; by default four times
            `hidden_dim`.
        sequence_length: The most tokens of a text, each of whose places has a vector of its own;
            a longer one is an error. By default as many as the tokenizer keeps, or 512 for a
            number of ids.
        vectors: Word vectors to begin with, from `WordVectors.read`; random ones when `None`.
        train_embedding: Whether word vectors are trained, or stay as they are.
        dropout: Share dropped in training, of the embedded tokens, of the attention and of what
            each part of a layer adds.
        name: Name of the returned model.

    Returns:
        A functional model from `{"token_ids": (B, L)}` to `{"sequence": (B, L, D),
        "padding_mask": (B, L), "sequence_1": (B, L, D), ...}`, `D` being `hidden_dim`: the last
        layer's features, and those of each layer by its number. All of them went through the same
        last normalisation. Features of real tokens do not depend on how far a row is padded.

    Raises:
        TypeError: If `tokenizer` is neither a tokenizer nor a number, or `vectors` are none.
        ValueError: If a size or a share is out of range, or `vectors` do not fit.

    Example:
        >>> trunk = transformer(1_000, hidden_dim=8, heads=2)
        >>> trunk.output["sequence"].shape, sorted(trunk.output)[2:]
        ((None, None, 8), ['sequence_1', 'sequence_2'])

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762); for the place of the
        normalisation [Xiong et al., 2020](https://arxiv.org/abs/2002.04745)
    """
    inner = 4 * hidden_dim if intermediate_dim is None else intermediate_dim
    at_least_one(
        "transformer", hidden_dim=hidden_dim, layers=layers, heads=heads, intermediate_dim=inner
    )
    share("transformer", dropout=dropout)
    if hidden_dim % heads:
        raise ValueError(
            "`hidden_dim` of 'transformer' trunks must be a multiple of `heads`. "
            f"Received: {hidden_dim=}, {heads=}."
        )
    embedding = word_embedding(
        "transformer", tokenizer, embedding_dim, hidden_dim, vectors, train_embedding
    )
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = PaddingMask(name="padding_mask")(token_ids)
    sequence = embedding(token_ids)
    if embedding.output_dim != hidden_dim:
        sequence = keras.layers.Dense(hidden_dim, use_bias=False, name="projection")(sequence)
    # So that places weigh as much beside vectors of a file as beside random ones.
    sequence = _norm("embedding")(sequence)
    sequence = Positions(positions_of(tokenizer, sequence_length), name="positions")(sequence)
    sequence = keras.layers.Dropout(dropout, name="embedding_dropout")(sequence)
    seen = ops.expand_dims(mask, 1)  # (B, 1, L): by every token of the row.
    found = []
    for number in range(1, layers + 1):
        sequence = _layer(sequence, seen, heads, inner, dropout, f"layer_{number}")
        found.append(sequence)
    last_norm = _norm("last")
    by_layer = {f"sequence_{number}": last_norm(one) for number, one in enumerate(found, start=1)}
    features = {"sequence": by_layer[f"sequence_{layers}"], "padding_mask": mask, **by_layer}
    trunk = keras.Model({"token_ids": token_ids}, features, name=name)
    return with_preprocessor(trunk, tokenizer)


def _layer(sequence: Any, seen: Any, heads: int, inner: int, dropout: float, name: str) -> Any:
    """Self-attention, then two dense layers at each token; each adds to what it reads."""
    width = sequence.shape[-1]
    # Without biases: that of the keys would change nothing, and the norm before has one.
    attention = keras.layers.MultiHeadAttention(
        heads, width // heads, dropout=dropout, use_bias=False, name=f"{name}_attention"
    )
    normal = _norm(f"{name}_attention")(sequence)
    read = attention(normal, normal, attention_mask=seen)
    sequence = _added(sequence, read, dropout, f"{name}_attention")
    normal = _norm(f"{name}_dense")(sequence)
    hidden = keras.layers.Dense(inner, activation="gelu", name=f"{name}_hidden")(normal)
    found = keras.layers.Dense(width, name=f"{name}_dense")(hidden)
    return _added(sequence, found, dropout, f"{name}_dense")


def _norm(name: str) -> keras.layers.LayerNormalization:
    return keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm")


def _added(sequence: Any, found: Any, dropout: float, name: str) -> Any:
    if dropout:
        found = keras.layers.Dropout(dropout, name=f"{name}_dropout")(found)
    return keras.layers.Add(name=f"{name}_add")([sequence, found])
