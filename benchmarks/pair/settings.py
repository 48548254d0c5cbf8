"""What is trained: the same in every competitor."""

import dataclasses

# Stream, as `load_dataset` knows it, to the task on it.
TASKS = {"imdb": "sentiment", "reuters": "topic"}
# Length classes are twentieths of the rows: an epoch of so many steps compiles each of them.
WARM_UP = 20


@dataclasses.dataclass(frozen=True)
class Settings:
    """Model and training.

    Args:
        model: Name of the trunk, one of `costs.FLOPS_PER_TOKEN`.
        bidirectional: Whether the LSTM reads in both directions.
        vocabulary_size: Words in the embedding.
        sequence_length: Most tokens of a text.
        embedding_dim: Width of the word vectors.
        units: Width of the LSTM, in each direction.
        batch_size: Rows of a step, over both tasks.
        length_classes: The most padded lengths that the package may compile.
        learning_rate: Of Adam.
        seed: Decides weights and orders.
    """

    model: str = "lstm"
    bidirectional: bool = False
    vocabulary_size: int = 20_000
    sequence_length: int = 400
    embedding_dim: int = 128
    units: int = 64
    batch_size: int = 64
    length_classes: int = 4
    learning_rate: float = 1e-3
    seed: int = 0

    @property
    def width(self) -> int:
        """Width of the features of a token."""
        return self.units * (1 + self.bidirectional)
