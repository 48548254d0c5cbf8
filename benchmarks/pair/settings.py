"""What is trained: the same in every competitor."""

import dataclasses

# Stream, as `load_dataset` knows it, to the task on it.
TASKS = {"imdb": "sentiment", "reuters": "topic"}
# Length classes are twentieths of the rows: an epoch of so many steps compiles each of them.
WARM_UP = 20
# Of the hash of a word pair; the package's own, so that all have the same collisions.
PAIR_FACTOR = 31 * 527


@dataclasses.dataclass(frozen=True)
class Settings:
    """Model and training.

    Args:
        model: Name of the trunk, one of `costs.FLOPS_PER_TOKEN`.
        bidirectional: Whether the LSTM reads in both directions.
        vocabulary_size: Words in the embedding.
        sequence_length: Most tokens of a text.
        truncation: Which tokens of a longer text are kept.
        embedding_dim: Width of the word vectors.
        units: Width of the LSTM, in each direction.
        pair_dim: Width of the bag's vectors of word pairs.
        pair_buckets: How many of them there are.
        word_dropout: Share of the words, and of the pairs, that the bag drops.
        dropout: Share of the bag's features dropped.
        batch_size: Rows of a step, over both tasks.
        length_classes: The most padded lengths that the package may compile.
        learning_rate: Of Adam.
        epsilon: Of Adam; `None` is the framework's own.
        seed: Decides weights and orders.
    """

    model: str = "lstm"
    bidirectional: bool = False
    vocabulary_size: int = 20_000
    sequence_length: int = 400
    truncation: str = "head"
    embedding_dim: int = 128
    units: int = 64
    pair_dim: int = 4
    pair_buckets: int = 2**19
    word_dropout: float = 0.5
    dropout: float = 0.3
    batch_size: int = 64
    length_classes: int = 4
    learning_rate: float = 1e-3
    epsilon: float | None = None
    seed: int = 0

    @property
    def width(self) -> int:
        """Width of what the heads read."""
        if self.model == "bag":
            return self.embedding_dim + self.pair_dim
        return self.units * (1 + self.bidirectional)

    def adam(self, learning_rate, epsilon):
        """Arguments of a framework's Adam, by the names that it has for them."""
        given = {learning_rate: self.learning_rate, epsilon: self.epsilon}
        return {name: value for name, value in given.items() if value is not None}


# Name of a model to what it is measured with: the bag as in `examples/imdb_reuters.py`. Only the
# package's weighs words for each task; the others are the plain bag, as one would write it.
MODELS = {
    "lstm": Settings(),
    "bag": Settings(
        model="bag",
        vocabulary_size=7_000,
        sequence_length=800,
        truncation="head_tail",
        embedding_dim=64,
        learning_rate=6e-3,
        epsilon=3e-5,
    ),
}
