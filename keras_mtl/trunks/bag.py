"""The bag of words and word pairs: the fast baseline."""

import keras

from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.trunks.layers import HashedBigrams, PaddingMask
from keras_mtl.trunks.vocabulary import at_least_one, vocabulary_size_of, with_preprocessor


def bag(
    tokenizer: WordTokenizer | int,
    embedding_dim: int = 64,
    *,
    bigram_buckets: int = 2**16,
    embedding_dropout: float = 0.0,
    name: str = "trunk",
) -> keras.Model:
    """Vectors of words and of hashed word pairs, to be averaged by the heads.

    With the heads' default pooling, the mean, this is the classifier of fastText: no order
    beyond pairs, no loop, little to compute.

    Args:
        tokenizer: The tokenizer whose ids the trunk reads (it becomes the model's
            `preprocessor`), or the number of ids, where 0 is padding.
        embedding_dim: Width of the vectors.
        bigram_buckets: How many vectors the hashed pairs share; 0 leaves pairs out.
        embedding_dropout: Share of vector entries dropped in training.
        name: Name of the returned model.

    Returns:
        A functional model from `{"token_ids": (B, L)}` to `{"sequence": (B, L, D),
        "padding_mask": (B, L)}`: at each token the sum of its own vector and of the vector
        of the pair it begins. Features of real tokens do not depend on how far a row is padded.

    Raises:
        TypeError: If `tokenizer` is neither a tokenizer nor a number.
        ValueError: If a size is out of range.

    Reference:
        [Joulin et al., 2017](https://arxiv.org/abs/1607.01759)
    """
    at_least_one("bag", embedding_dim=embedding_dim)
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = PaddingMask(name="padding_mask")(token_ids)
    words = keras.layers.Embedding(vocabulary_size_of(tokenizer), embedding_dim, name="embedding")
    sequence = words(token_ids)
    if bigram_buckets:
        numbers = HashedBigrams(bigram_buckets, name="bigrams")(token_ids)
        pairs = keras.layers.Embedding(bigram_buckets + 1, embedding_dim, name="bigram_embedding")
        sequence = keras.layers.Add(name="words_and_pairs")([sequence, pairs(numbers)])
    if embedding_dropout:
        sequence = keras.layers.Dropout(embedding_dropout, name="embedding_dropout")(sequence)
    features = {"sequence": sequence, "padding_mask": mask}
    trunk = keras.Model({"token_ids": token_ids}, features, name=name)
    return with_preprocessor(trunk, tokenizer)
