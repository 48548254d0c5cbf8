"""One tag for each word of a text."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import BestPath, ChainHead, WordHead, chain_losses, loss_dtype
from keras_mtl.missing import is_missing
from keras_mtl.tasks.entity_f1 import EntityF1
from keras_mtl.tasks.entity_review import entity_table
from keras_mtl.tasks.label_names import (
    check_hidden_dim,
    check_layer,
    check_share,
    checked_labels,
    outside,
    unknown_label,
)
from keras_mtl.tasks.label_review import by_text, label_review
from keras_mtl.tasks.review import Review
from keras_mtl.tasks.schemes import OUTSIDE, Scheme
from keras_mtl.tasks.spans import entities_of
from keras_mtl.tasks.task import Task, Word


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Tagging(Task):
    """A task with one tag per word; made by `tagging`."""

    of_words: ClassVar[bool] = True
    # A random field sums over the tags of words that do not count.
    blank: ClassVar[int] = -1

    labels: tuple[str, ...] = ()
    scheme: str = "bio"
    crf: bool = False
    repair: bool = False
    hidden_dim: int | None = None
    dropout: float = 0.0
    layer: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "labels", checked_labels(self.name, self.labels))
        self._scheme()
        check_share(self.name, dropout=self.dropout)
        check_hidden_dim(self.name, self.hidden_dim)
        check_layer(self.name, self.layer)

    @property
    def num_classes(self) -> int:
        """How many tags there are to choose from."""
        return len(self.labels)

    def head(self) -> keras.layers.Layer:
        arguments = (self.num_classes, self.hidden_dim, self.dropout, self.layer)
        if not self.crf:
            return WordHead(*arguments, name=f"{self.name}_head")
        scheme = self._scheme()
        rules = (scheme.may_follow(), scheme.may_begin(), scheme.may_end())
        return ChainHead(*arguments, *rules, name=f"{self.name}_head")

    def prediction(self) -> keras.layers.Layer:
        if self.crf:
            return BestPath(name=self.name, dtype=loss_dtype())
        return keras.layers.Softmax(name=self.name, dtype=loss_dtype())

    def loss(self, labels: Any, scores: Any) -> Any:
        if len(labels.shape) != 2:
            raise ValueError(
                f"Labels of task {self.name!r} must be tag numbers of shape (B, W), one for each "
                f"word. Received: shape {tuple(labels.shape)}."
            )
        tags = ops.cast(labels, "int32")
        if self.crf:
            return chain_losses(**scores, tags=tags)
        targets = ops.one_hot(ops.maximum(tags, 0), self.num_classes, dtype=scores.dtype)
        return -ops.sum(targets * ops.log_softmax(scores), axis=-1)

    def outside(self, labels: Any) -> Any:
        return outside(labels, self.num_classes)

    def metrics(self) -> list[keras.metrics.Metric]:
        found: list[keras.metrics.Metric] = [
            keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        ]
        if self.scheme != "plain":
            found.append(EntityF1(self.labels, self.scheme, name="f1"))
        return found

    def encode(self, values: Sequence[Any], where: str) -> tuple[Any, Any]:
        numbers = {label: number for number, label in enumerate(self.labels)}
        scheme = self._scheme()
        labels, weights = [], []
        for row, value in enumerate(values):
            tags = self._tags_of(value, where, row)
            if None not in tags:
                tags = self._checked(scheme, tags, where, row)
            unknown = [tag for tag in tags if tag is not None and tag not in numbers]
            if unknown:
                raise ValueError(unknown_label(self.name, self.labels, unknown[0], where, row))
            known = np.array([tag is not None for tag in tags], bool)
            labels.append(np.array([numbers.get(tag or "", 0) for tag in tags], np.int32))
            weights.append(known.astype(np.float32))
        return labels, weights

    def from_spans(
        self, spans: Sequence[Any], words: Sequence[Word], text: str, where: str
    ) -> list[str]:
        scheme = self._scheme()
        if self.scheme == "plain":
            raise ValueError(
                f"Task {self.name!r} must have a scheme of entities to read spans of characters. "
                f"Received: scheme='plain', and {spans!r:.80} in {where}. Pass scheme='bio', and "
                "labels from `tasks.tags_of`; or give one tag for each word."
            )
        entities = entities_of(spans, words, text, scheme.types, f"task {self.name!r}", where)
        return scheme.tags(entities, len(words))

    def decode(self, prediction: np.ndarray, words: Sequence[Word] = ()) -> dict[str, Any]:
        of_words = prediction[: len(words)]
        best = of_words.argmax(axis=-1)
        scores = of_words.max(axis=-1, initial=0.0)
        tags = [self.labels[number] for number in best]
        found: dict[str, Any] = {"words": [word.text for word in words], "tags": tags}
        if self.scheme != "plain":
            found["entities"] = [
                {
                    "type": kind,
                    **_passage(words[start:end]),
                    "words": [start, end],
                    "score": float(scores[start:end].mean()),
                }
                for start, end, kind in self._scheme().entities(tags)
            ]
        return found

    def review(self, labels: Any, weights: Any, predictions: np.ndarray) -> Review:
        lengths = np.array([len(row) for row in labels])
        # Words that were cut off have no prediction: 0 for every tag.
        total, tags = int(lengths.sum()), predictions.shape[-1]
        of_words, end = np.zeros((total, tags), predictions.dtype), 0
        for row, length in zip(predictions, lengths, strict=True):
            of_words[end : end + min(length, len(row))] = row[:length]
            end += length
        by_word = label_review(
            self.labels,
            np.concatenate([*labels, np.zeros(0, np.int32)]),
            np.concatenate([*weights, np.zeros(0, np.float32)]),
            of_words,
        )
        found = by_text(by_word, lengths)
        if self.scheme == "plain":
            return found
        table = entity_table(self._scheme(), *self._tags_read(labels, weights, predictions))
        return dataclasses.replace(found, table=table)

    def _tags_read(
        self, labels: Any, weights: Any, predictions: np.ndarray
    ) -> tuple[list[list[str]], list[list[str]]]:
        """True and predicted tags of each text, in which words that do not count are outside."""
        actual, predicted = [], []
        for row, known, values in zip(labels, weights, predictions, strict=True):
            guesses = [self.labels[number] for number in values[: len(row)].argmax(axis=-1)]
            guesses += [OUTSIDE] * (len(row) - len(guesses))  # Cut off: nothing was predicted.
            there = np.asarray(known) > 0
            actual.append(
                [self.labels[n] if t else OUTSIDE for n, t in zip(row, there, strict=True)]
            )
            predicted.append([g if t else OUTSIDE for g, t in zip(guesses, there, strict=True)])
        return actual, predicted

    def _scheme(self) -> Scheme:
        return Scheme(self.scheme, self.labels, self.name)

    def _tags_of(self, value: Any, where: str, row: int) -> list[str | None]:
        if is_missing(value):
            return []
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise ValueError(
                f"The tags of task {self.name!r} must be a list, one tag for each word, or None. "
                f"Received: {value!r:.80} in row {row} of {where}. Beside a text, a list of "
                "entities with `start`, `end` and `type` does as well."
            )
        return [None if is_missing(tag) else tag for tag in value]

    def _checked(self, scheme: Scheme, tags: list[Any], where: str, row: int) -> list[Any]:
        wrong = None if set(tags) - set(self.labels) else scheme.mistake(tags)
        if wrong is None:
            return tags
        if self.repair:
            return scheme.repaired(tags)
        place, left, right = wrong
        raise ValueError(
            f"Each tag of task {self.name!r} must be one that scheme={self.scheme!r} allows behind "
            f"the tag before. Received: {right!r} behind {left!r} at word {place} in row {row} of "
            f"{where}. Mend the row, or pass repair=True: a tag that continues nothing then begins "
            "an entity, which leaves the entities as evaluation counts them."
        )


def tagging(
    name: str,
    labels: Sequence[str],
    column: str | None = None,
    *,
    scheme: str = "bio",
    crf: bool = False,
    repair: bool = False,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    layer: int | None = None,
) -> Tagging:
    """Declare a task with one tag per word.

    Rows have words (a column `tokens`), and a list of as many tags. The first token of a word
    carries its tag; the others, and padding, have weight 0. The loss is a mean over labelled
    words.

    The model's output is `(B, W, num_classes)`, `W` being the width of the batch: probabilities of
    the tags of each word. With `crf=True` it is the most probable sequence of tags (Viterbi),
    each with its probability, and 0 for the others.

    Args:
        name: Name of the task and of the model's output.
        labels: The tags in class order, at least two; under `"bio"` and `"bioes"` with prefixes
            (`"O"`, `"B-PER"`, `"I-PER"`).
        column: Column of the dataset with the tags; by default `name`.
        scheme: `"bio"` or `"bioes"` for entities, `"plain"` for tags such as parts of speech.
        crf: Whether tags depend on each other: a linear-chain conditional random field, in which
            what the scheme forbids does not occur. Without it each word's most probable tag is
            taken, and a tag that continues nothing is read as the begin of an entity.
        repair: Accept rows whose tags break the scheme: their entities are kept, their tags
            rewritten. Else they raise.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of the features dropped in training.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.

    Returns:
        A frozen task.

    Raises:
        TypeError: If labels are not strings.
        ValueError: If a name, a label or an option is not usable.

    Example:
        >>> task = tagging("slots", labels=("O", "B-city", "I-city"), crf=True)
        >>> task.num_classes, task.scheme
        (3, 'bio')
    """
    return Tagging(
        name,
        column or name,
        checked_labels(name, labels),
        scheme,
        crf,
        repair,
        hidden_dim,
        dropout,
        layer,
    )


def _passage(words: Sequence[Word]) -> dict[str, Any]:
    """The text of some words, and where it stands in a text that was not given as words."""
    first, last = words[0], words[-1]
    if first.source is None:
        return {"text": " ".join(word.text for word in words)}
    return {"text": first.source[first.start : last.end], "start": first.start, "end": last.end}
