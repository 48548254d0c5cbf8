"""The bag of words and word pairs: fast, and hard to beat on long texts."""

import keras

from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.heads import Pooling
from keras_mtl.trunks.layers import HashedBigrams, PaddingMask, word_dropout_layer
from keras_mtl.trunks.vocabulary import (
    at_least_one,
    share,
    vocabulary_size_of,
    with_preprocessor,
)


def bag(
    tokenizer: WordTokenizer | int,
    embedding_dim: int = 64,
    *,
    bigram_dim: int = 4,
    bigram_buckets: int = 2**18,
    word_dropout: float = 0.6,
    dropout: float = 0.3,
    name: str = "trunk",
) -> keras.Model:
    """Vectors of words and of hashed word pairs, added up over a text.

    No order beyond pairs, no loop, little to compute: fastText's classifier, but for three
    things that proved themselves on long texts. Pairs have a narrow vector of their own beside
    that of the word, so there can be many of them and few of their numbers are shared. The sum
    of a text is divided by the square root of its length, not by its length: gradients of rare
    words do not vanish in a long text. Whole words are dropped.

    Args:
        tokenizer: The tokenizer whose ids the trunk reads (it becomes the model's
            `preprocessor`), or the number of ids, where 0 is padding.
        embedding_dim: Width of the vectors of words.
        bigram_dim: Width of the vectors of pairs.
        bigram_buckets: How many vectors the hashed pairs share; 0 leaves pairs out.
        word_dropout: Share of words, and of pairs, dropped in training.
        dropout: Share of the entries of `pooled` dropped in training.
        name: Name of the returned model.

    Returns:
        A functional model from `{"token_ids": (B, L)}` to `{"sequence": (B, L, D),
        "padding_mask": (B, L), "pooled": (B, D)}`: at each token its own vector and that of the
        pair it begins, side by side; and their sum over a text, divided by the square root of
        its tokens, which heads read by default. Features of real tokens do not depend on how
        far a row is padded.

    Raises:
        TypeError: If `tokenizer` is neither a tokenizer nor a number.
        ValueError: If a size or a share is out of range.

    Reference:
        [Joulin et al., 2017](https://arxiv.org/abs/1607.01759)
    """
    at_least_one("bag", embedding_dim=embedding_dim, bigram_dim=bigram_dim)
    share("bag", word_dropout=word_dropout, dropout=dropout)
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = PaddingMask(name="padding_mask")(token_ids)
    words = keras.layers.Embedding(vocabulary_size_of(tokenizer), embedding_dim, name="embedding")
    sequence = words(token_ids)
    if word_dropout:
        sequence = word_dropout_layer(word_dropout, name="word_dropout")(sequence)
    if bigram_buckets:
        numbers = HashedBigrams(bigram_buckets, name="bigrams")(token_ids)
        pairs = keras.layers.Embedding(bigram_buckets + 1, bigram_dim, name="bigram_embedding")
        vectors = pairs(numbers)
        if word_dropout:
            vectors = word_dropout_layer(word_dropout, name="bigram_dropout")(vectors)
        sequence = keras.layers.Concatenate(name="words_and_pairs")([sequence, vectors])
    pooled = Pooling("sqrtn", name="pooled")(sequence, mask)
    if dropout:
        pooled = keras.layers.Dropout(dropout, name="dropout")(pooled)
    features = {"sequence": sequence, "padding_mask": mask, "pooled": pooled}
    trunk = keras.Model({"token_ids": token_ids}, features, name=name)
    return with_preprocessor(trunk, tokenizer)
