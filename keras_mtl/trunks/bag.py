"""The bag of words and word pairs: fast, and hard to beat on long texts."""

from collections.abc import Mapping, Sequence

import keras

from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.data.text.word_vectors import WordVectors
from keras_mtl.names import pooled_name
from keras_mtl.tasks import Task
from keras_mtl.trunks.adapting import check_alike
from keras_mtl.trunks.embedding import word_embedding
from keras_mtl.trunks.layers import HashedBigrams, PaddingMask
from keras_mtl.trunks.vocabulary import at_least_one, share, with_preprocessor
from keras_mtl.trunks.word_weights import Sum, WeightedSums


def bag(
    tokenizer: WordTokenizer | int,
    embedding_dim: int | None = None,
    *,
    tasks: Sequence[str | Task | Sequence[str | Task]] = (),
    bigram_dim: int = 4,
    bigram_buckets: int = 2**19,
    vectors: WordVectors | None = None,
    train_embedding: bool = True,
    word_dropout: float = 0.5,
    dropout: float = 0.3,
    name: str = "trunk",
) -> keras.Model:
    """Vectors of words and of hashed word pairs, added up over a text.

    No order beyond pairs, no loop, little to compute: fastText's classifier, but for what proved
    itself on long texts. Pairs have a narrow vector of their own beside that of the word, so
    there can be many of them and few of their numbers are shared. The sum of a text is divided
    by the square root of its length, not by its length: gradients of rare words do not vanish
    in a long text. Whole words are dropped.

    Tasks share the vectors, but not what matters: to "dull" listens one, to "wheat" another.
    Each of `tasks` has a sum of its own, in which a word weighs as much as it says about the
    labels. `MultiTaskModel.adapt` counts that before training; until then all weigh 1. Tasks whose
    labels mean the same, such as the sentiment of reviews from several shops, are better counted
    together: a list of them within `tasks` shares one sum.

    Args:
        tokenizer: The tokenizer whose ids the trunk reads (it becomes the model's
            `preprocessor`), or the number of ids, where 0 is padding.
        embedding_dim: Width of the vectors of words; by default 64, or that of `vectors`.
        tasks: The tasks, or their names, that get a sum of their own, and lists of those that
            share one; tasks of words and of candidates have no use for one.
        bigram_dim: Width of the vectors of pairs.
        bigram_buckets: How many vectors the hashed pairs share; 0 leaves pairs out.
        vectors: Word vectors to begin with, from `WordVectors.read`; random ones when `None`.
        train_embedding: Whether word vectors are trained, or stay as they are.
        word_dropout: Share of words, and of pairs, dropped in training from the sums.
        dropout: Share of the entries of the sums dropped in training.
        name: Name of the returned model.

    Returns:
        A functional model from `{"token_ids": (B, L)}` to `{"sequence": (B, L, D),
        "padding_mask": (B, L), "pooled": (B, D)}`: at each token its own vector and that of the
        pair it begins, side by side; and the plain sums of a text's words and pairs. For
        each task there is a `"pooled_<task>": (B, D)`, for tasks that share a sum one
        `"pooled_<task>+<task>"`, which their heads read by default; others read `"pooled"`.
        Features do not depend on how far a row is padded.

    Raises:
        TypeError: If `tokenizer` is neither a tokenizer nor a number, `tasks` no tasks, or
            `vectors` none.
        ValueError: If a size or a share is out of range, a task is given twice, tasks that share a
            sum have other labels, or `vectors` do not fit.

    Reference:
        [Joulin et al., 2017](https://arxiv.org/abs/1607.01759); for the weights
        [Wang & Manning, 2012](https://aclanthology.org/P12-2018/).
    """
    at_least_one("bag", bigram_dim=bigram_dim)
    share("bag", word_dropout=word_dropout, dropout=dropout)
    sharing = _sharing(tasks)
    embedding = word_embedding("bag", tokenizer, embedding_dim, 64, vectors, train_embedding)
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = PaddingMask(name="padding_mask")(token_ids)
    words = embedding(token_ids)
    sequence = words
    sums = WeightedSums(embedding.input_dim, sharing, word_dropout, name="word_sums")(
        token_ids, words
    )
    if bigram_buckets:
        numbers = HashedBigrams(bigram_buckets, name="bigrams")(token_ids)
        size = bigram_buckets + 1
        pairs = keras.layers.Embedding(size, bigram_dim, name="bigram_embedding")(numbers)
        of_pairs = WeightedSums(size, sharing, word_dropout, name="bigram_sums")(numbers, pairs)
        sequence = keras.layers.Concatenate(name="words_and_pairs")([sequence, pairs])
        sums = keras.layers.Concatenate(name="sums")([sums, of_pairs])
    if dropout:
        sums = keras.layers.Dropout(dropout, name="dropout")(sums)
    pooled = {"pooled": Sum(0, name="pooled")(sums)}
    for index, names in enumerate(sharing, 1):
        # The name of a layer has no room for fifty tasks, nor for a "+".
        layer = pooled_name(names[:1]) + ("_and_others" if names[1:] else "")
        pooled[pooled_name(names)] = Sum(index, name=layer)(sums)
    features = {"sequence": sequence, "padding_mask": mask, **pooled}
    trunk = keras.Model({"token_ids": token_ids}, features, name=name)
    return with_preprocessor(trunk, tokenizer)


def _sharing(tasks: Sequence[str | Task | Sequence[str | Task]]) -> list[tuple[str, ...]]:
    """The names of the tasks that read each sum."""
    wrong = isinstance(tasks, str | Task | Mapping)  # A mapping would pass as its keys.
    lists = [] if wrong else [[one] if isinstance(one, str | Task) else one for one in tasks]
    if wrong or not all(map(_names_tasks, lists)):
        raise TypeError(
            "`tasks` of 'bag' trunks must be a list of tasks or of their names, or of lists of "
            f"those that share a sum. Received: tasks={tasks!r:.200}."
        )
    found = []
    for one in lists:
        check_alike([task for task in one if isinstance(task, Task)])
        of_texts = [
            task
            for task in one
            if isinstance(task, str) or not (task.of_words or task.reads == "candidates")
        ]
        found.append(tuple(task if isinstance(task, str) else task.name for task in of_texts))
    names = [name for one in found for name in one]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"`tasks` of 'bag' trunks must name each task once. Received twice: {twice}."
        )
    return [one for one in found if one]


def _names_tasks(one: object) -> bool:
    """Whether it is a list of tasks or of their names."""
    if not isinstance(one, list | tuple) or not one:
        return False
    return all(isinstance(task, str | Task) for task in one)
