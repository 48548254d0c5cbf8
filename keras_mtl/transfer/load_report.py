"""What became of each variable when a source was loaded."""

import dataclasses

from keras_mtl.transfer.matching import SKIPPED
from keras_mtl.transfer.words import Words


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What became of one variable.

    Args:
        path: Its layer and its name.
        status: `"loaded"` as it was, `"remapped"` by words, or `"skipped"`.
        why: Why it was skipped, or what was moved.
        numbers: How many numbers it has.
    """

    path: str
    status: str
    why: str
    numbers: int


@dataclasses.dataclass(frozen=True)
class LoadReport:
    """What `load_source` did; printed, it is a table.

    Args:
        source: The name of the source.
        variables: What became of each variable.
        words: How the vocabularies meet; `None` where they are the same, or there are none.
    """

    source: str
    variables: tuple[Loaded, ...]
    words: Words | None = None

    @property
    def coverage(self) -> float:
        """The share of the trunk's numbers that came from the source."""
        trunk = [one for one in self.variables if one.path.startswith("trunk/")]
        taken = sum(one.numbers for one in trunk if one.status != SKIPPED)
        return taken / max(sum(one.numbers for one in trunk), 1)

    def __str__(self) -> str:
        width = max((len(one.path) for one in self.variables), default=0)
        lines = [
            f"{one.path:<{width}}  {one.status:<8}  {one.numbers:>11,}  {one.why}".rstrip()
            for one in self.variables
        ]
        lines.append(f"{self.coverage:.1%} of the trunk's numbers are from {self.source}.")
        if self.words is not None:
            lines.append(
                f"{self.words.shared:,} of {self.words.target:,} words ({self.words.fraction:.1%}) "
                f"are among the {self.words.source:,} of the source; new words begin at "
                f"{'the mean of its words' if self.words.new == 'mean' else 'random'}."
            )
        return "\n".join(lines)
