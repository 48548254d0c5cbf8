"""How tags of words stand for entities, and which tags may follow each other."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from keras import ops

SCHEMES = ("plain", "bio", "bioes")
OUTSIDE = "O"
_PREFIXES = {"bio": "BI", "bioes": "BIES"}


class Entity(NamedTuple):
    """Words `start` to `end` (not included) are an entity of a type."""

    start: int
    end: int
    type: str


class Scheme:
    """The tags of a task, read under a scheme.

    Entities are read as the evaluation of CoNLL-2000 reads them: a tag that continues nothing
    (`I-PER` behind `O` or behind `B-LOC`) begins an entity.

    Args:
        name: `"bio"`, `"bioes"` or `"plain"` (no entities).
        labels: The tags, in class order.
        task: Name of the task, for messages.

    Raises:
        ValueError: If the scheme is unknown or a tag is none of it.

    Example:
        >>> scheme = Scheme("bio", ("O", "B-LOC", "I-LOC"))
        >>> scheme.entities(["O", "B-LOC", "I-LOC", "B-LOC"])
        [Entity(start=1, end=3, type='LOC'), Entity(start=3, end=4, type='LOC')]
        >>> scheme.mistake(["O", "I-LOC"])
        (1, 'O', 'I-LOC')
        >>> scheme.repaired(["O", "I-LOC"])
        ['O', 'B-LOC']
    """

    def __init__(self, name: str, labels: Sequence[str], task: str = "") -> None:
        if name not in SCHEMES:
            raise ValueError(
                f"`scheme` of task {task!r} must be one of {', '.join(map(repr, SCHEMES))}. "
                f"Received: scheme={name!r}."
            )
        self.name = name
        self.labels = tuple(labels)
        wrong = [label for label in labels if label != OUTSIDE and not self._is_tag(label)]
        if name != "plain" and wrong:
            forms = ", ".join(f"'{prefix}-<type>'" for prefix in _PREFIXES[name])
            raise ValueError(
                f"`labels` of task {task!r} must be 'O' or {forms} under scheme={name!r}. "
                f"Received: {wrong[:5]}. Use scheme='plain' for tags that are no entities."
            )

    @property
    def types(self) -> tuple[str, ...]:
        """The types of entities, in the order of their first tags; none under `"plain"`."""
        inside = [label[2:] for label in self.labels if label != OUTSIDE]
        return () if self.name == "plain" else tuple(dict.fromkeys(inside))

    def may_follow(self) -> list[list[bool]] | None:
        """`(C, C)`: whether a tag (across) may stand behind another (down); `None` if all may."""
        if self.name == "plain":
            return None
        return [[self._fits(left, right) for right in self.labels] for left in self.labels]

    def may_begin(self) -> list[bool] | None:
        """`(C,)`: whether a text may begin with a tag; `None` if it may with all."""
        return None if self.name == "plain" else [self._fits(OUTSIDE, tag) for tag in self.labels]

    def may_end(self) -> list[bool] | None:
        """`(C,)`: whether a text may end with a tag; `None` if it may with all."""
        return None if self.name == "plain" else [self._fits(tag, OUTSIDE) for tag in self.labels]

    def mistake(self, tags: Sequence[str]) -> tuple[int, str, str] | None:
        """The first place where a tag may not follow the one before, and both; `None` if none."""
        if self.name == "plain":
            return None
        for place, (left, right) in enumerate(zip([OUTSIDE, *tags], [*tags, OUTSIDE], strict=True)):
            if not self._fits(left, right):
                return place, left, right
        return None

    def repaired(self, tags: Sequence[str]) -> list[str]:
        """Tags of the same entities, each of which may follow the one before."""
        if self.name == "plain":
            return list(tags)
        return self.tags(self.entities(tags), len(tags))

    def tags(self, entities: Iterable[Entity], words: int) -> list[str]:
        """The tags of a text of so many words, from its entities, which do not overlap."""
        found = [OUTSIDE] * words
        for start, end, kind in entities:
            for place in range(start, end):
                found[place] = f"{self._prefix(place, start, end)}-{kind}"
        return found

    def entities(self, tags: Sequence[str]) -> list[Entity]:
        """The entities of one text, from its tags; none under `"plain"`."""
        if self.name == "plain":
            return []
        borders = [self._border(left, right) for left, right in itertools.pairwise(tags)]
        edges = [0, *(place for place, is_one in enumerate(borders, 1) if is_one), len(tags)]
        return [
            Entity(start, end, tags[start][2:])
            for start, end in itertools.pairwise(edges)
            if start < end and tags[start] != OUTSIDE
        ]

    def bounds(self, tags: Any, words: Any) -> tuple[Any, Any]:
        """Where entities begin and end.

        Args:
            tags: int `(B, W)` tag numbers.
            words: `(B, W)` booleans, true at real words, which come first in a row.

        Returns:
            `(B, W)` booleans each: the word begins an entity; it ends one.
        """
        labels = self.labels
        table = [self._border(left, right) for left in labels for right in labels]
        outside = ops.array([label == OUTSIDE for label in labels])
        inside = ops.logical_and(words, ops.logical_not(ops.take(outside, tags, axis=0)))
        borders = ops.take(ops.array(table), tags[:, :-1] * len(labels) + tags[:, 1:], axis=0)
        inner = ops.logical_and(words[:, 1:], words[:, :-1])
        borders = ops.logical_or(borders, ops.logical_not(inner))
        edge = ops.ones_like(inside[:, :1])
        starts = ops.logical_and(inside, ops.concatenate([edge, borders], axis=1))
        ends = ops.logical_and(inside, ops.concatenate([borders, edge], axis=1))
        return starts, ends

    def _border(self, left: str, right: str) -> bool:
        """Whether no entity goes on from a tag to the next."""
        return left[0] in "ES" or right[0] in "BS" or left[2:] != right[2:]

    def _is_tag(self, label: str) -> bool:
        return len(label) > 2 and label[0] in _PREFIXES.get(self.name, "") and label[1] == "-"

    def _fits(self, left: str, right: str) -> bool:
        """Whether a tag may stand behind another, `O` standing for the ends of a text."""
        continues = right[0] in "IE"
        same = left[2:] == right[2:]
        if self.name == "bio":
            return not continues or (left != OUTSIDE and same)
        is_open = left[0] in "BI"
        return continues and same if is_open else not continues

    def _prefix(self, place: int, start: int, end: int) -> str:
        if self.name == "bioes" and end - start == 1:
            return "S"
        if self.name == "bioes" and place == end - 1:
            return "E"
        return "B" if place == start else "I"


def tags_of(types: Sequence[str], scheme: str = "bio") -> tuple[str, ...]:
    """The tags that stand for entities of some types: the labels of a `tagging`, in class order.

    Args:
        types: The types, such as `["PER", "LOC"]`.
        scheme: `"bio"` or `"bioes"`.

    Raises:
        TypeError: If the types are no list of strings.
        ValueError: If there is none, one is empty or there twice, or the scheme has no entities.

    Example:
        >>> tags_of(["PER", "LOC"])
        ('O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC')
    """
    if scheme not in _PREFIXES:
        raise ValueError(
            f"`scheme` of tags_of must be one of {', '.join(map(repr, _PREFIXES))}. Received: "
            f"scheme={scheme!r}. Other tags are no entities: write them out."
        )
    if isinstance(types, str) or not all(isinstance(one, str) for one in types):
        raise TypeError(
            "`types` of tags_of must be a list of names, such as ['PER', 'LOC']. "
            f"Received: types={types!r:.80}."
        )
    if not len(types) or len(set(types)) < len(types) or not all(types):
        raise ValueError(
            "`types` of tags_of must hold at least one name, none of them empty, and each once. "
            f"Received: types={types!r:.80}."
        )
    return (OUTSIDE, *(f"{prefix}-{one}" for one in types for prefix in _PREFIXES[scheme]))
