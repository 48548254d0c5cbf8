"""The convolutional trunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.data.text.word_vectors import WordVectors
from keras_mtl.heads import Pooling
from keras_mtl.trunks.embedding import word_embedding
from keras_mtl.trunks.layers import ClearPadding, PaddingMask
from keras_mtl.trunks.vocabulary import at_least_one, share, with_preprocessor


def cnn(
    tokenizer: WordTokenizer | int,
    embedding_dim: int | None = None,
    filters: int = 100,
    *,
    widths: Sequence[int] = (3, 4, 5),
    dilations: Sequence[int] = (1,),
    vectors: WordVectors | None = None,
    train_embedding: bool = True,
    embedding_dropout: float = 0.0,
    dropout: float = 0.0,
    name: str = "trunk",
) -> keras.Model:
    """Convolutions of several widths side by side, over the vectors of words.

    A convolution of width 3 looks for patterns of three neighbours. Texts are told by the
    strongest match of each pattern, words by those around them. One layer is Kim's classifier.
    To tag words, or Chinese characters, `widths=(3,), dilations=(1, 2, 4)` lets each see seven
    on either side at little cost; what a further layer finds is added to what it reads.

    Args:
        tokenizer: The tokenizer whose ids the trunk reads (it becomes the model's
            `preprocessor`), or the number of ids, where 0 is padding.
        embedding_dim: Width of the word vectors; by default 128, or that of `vectors`.
        filters: How many patterns of each width.
        widths: How many neighbouring tokens a pattern has, one or several.
        dilations: A layer for each number: 1 reads neighbours, 2 every second token, 4 every
            fourth.
        vectors: Word vectors to begin with, from `WordVectors.read`; random ones when `None`.
        train_embedding: Whether word vectors are trained, or stay as they are.
        embedding_dropout: Share of word-vector channels dropped, the same ones along a text.
        dropout: Share dropped between layers.
        name: Name of the returned model.

    Returns:
        A functional model from `{"token_ids": (B, L)}` to `{"sequence": (B, L, D),
        "padding_mask": (B, L), "pooled": (B, D), "sequence_1": (B, L, D), ...}`, `D` being
        `filters` times the number of `widths`. `pooled` is the largest of each feature over the
        real tokens; `sequence_1` and so on is what each layer gives. Features of real tokens do
        not depend on how far a row is padded.

    Raises:
        TypeError: If `tokenizer` is neither a tokenizer nor a number, or `vectors` are none.
        ValueError: If a size or a share is out of range, or `vectors` do not fit.

    Example:
        >>> trunk = cnn(1_000, embedding_dim=8, filters=4, widths=(2, 3))
        >>> trunk.output["sequence"].shape, trunk.output["pooled"].shape
        ((None, None, 8), (None, 8))

    Reference:
        [Kim, 2014](https://aclanthology.org/D14-1181/); for dilations
        [Strubell et al., 2017](https://aclanthology.org/D17-1283/)
    """
    at_least_one("cnn", filters=filters)
    share("cnn", embedding_dropout=embedding_dropout, dropout=dropout)
    widths, dilations = _sizes(widths=widths), _sizes(dilations=dilations)
    embedding = word_embedding("cnn", tokenizer, embedding_dim, 128, vectors, train_embedding)
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = PaddingMask(name="padding_mask")(token_ids)
    sequence = embedding(token_ids)
    if embedding_dropout:
        drop = keras.layers.SpatialDropout1D(embedding_dropout, name="embedding_dropout")
        sequence = drop(sequence)
    layers = {}
    for number, dilation in enumerate(dilations, start=1):
        if dropout and number > 1:
            sequence = keras.layers.Dropout(dropout, name=f"dropout_{number}")(sequence)
        sequence = _convolved(sequence, mask, filters, widths, dilation, number)
        layers[f"sequence_{number}"] = sequence
    pooled = Pooling("max", name="pooled")(sequence, mask)
    features = {"sequence": sequence, "padding_mask": mask, "pooled": pooled, **layers}
    trunk = keras.Model({"token_ids": token_ids}, features, name=name)
    return with_preprocessor(trunk, tokenizer)


def _convolved(
    sequence: Any, mask: Any, filters: int, widths: Sequence[int], dilation: int, number: int
) -> Any:
    """One layer: the patterns of all widths at each token; from the second on, added to its input.

    What stands at padding is set to 0 before, as beyond both ends of a text: so the last words
    see the same however far a row is padded.
    """
    clear = ClearPadding(name=f"clear_{number}")(sequence, mask)
    found = [
        keras.layers.Conv1D(
            filters,
            width,
            padding="same",
            dilation_rate=dilation,
            activation="relu",
            name=f"convolution_{number}_{width}",
        )(clear)
        for width in widths
    ]
    joined = found[0]
    if len(found) > 1:
        joined = keras.layers.Concatenate(name=f"convolutions_{number}")(found)
    return joined if number == 1 else keras.layers.Add(name=f"add_{number}")([clear, joined])


def _sizes(**given: Any) -> tuple[int, ...]:
    """The numbers of an argument, seen to be different and at least 1; dilations may be the same.

    Raises:
        ValueError: If they are not.
    """
    ((argument, values),) = given.items()
    found = tuple(values) if isinstance(values, Sequence) and not isinstance(values, str) else ()
    whole = all(isinstance(one, int) and not isinstance(one, bool) and one >= 1 for one in found)
    if not found or not whole or (argument == "widths" and len(set(found)) < len(found)):
        each = ", each once" if argument == "widths" else ""
        raise ValueError(
            f"`{argument}` of 'cnn' trunks must be whole numbers of at least 1{each}. "
            f"Received: {argument}={values!r}. Write ({3 if each else 1},) for one."
        )
    return found
