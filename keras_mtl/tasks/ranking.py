"""Candidates of a query, put in order."""

import dataclasses
from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import CandidatesHead, loss_dtype
from keras_mtl.missing import is_missing
from keras_mtl.tasks.label_names import (
    check_choice,
    check_hidden_dim,
    check_layer,
    check_pooling,
    check_share,
)
from keras_mtl.tasks.pairs import decided
from keras_mtl.tasks.ranking_metrics import (
    DiscountedGain,
    ReciprocalRank,
    normalised_gains,
    reciprocal_ranks,
)
from keras_mtl.tasks.review import Review, Table
from keras_mtl.tasks.task import Task, Word

# Where a row has fewer candidates than others.
ABSENT = -1.0
LOSSES = ("listwise", "pairwise")


@keras.saving.register_keras_serializable(package="keras_mtl")
@dataclasses.dataclass(frozen=True)
class Ranking(Task):
    """A task that orders the candidates of a query; made by `ranking`."""

    reads: ClassVar[str] = "candidates"

    loss_kind: str = "listwise"
    joint: bool | None = None
    pooling: str | None = None
    hidden_dim: int | None = None
    dropout: float = 0.0
    layer: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "loss", self.loss_kind, LOSSES)
        check_pooling(self.name, self.pooling)
        check_share(self.name, dropout=self.dropout)
        check_hidden_dim(self.name, self.hidden_dim)
        check_layer(self.name, self.layer)

    @property
    def apart(self) -> bool:
        return not self.joint

    def decided(self, reads_pairs: bool) -> Task:
        found: Task = decided(self, reads_pairs)
        return found

    def head(self) -> keras.layers.Layer:
        return CandidatesHead(
            bool(self.joint),
            self.pooling,
            self.hidden_dim,
            self.dropout,
            self.name,
            self.layer,
            name=f"{self.name}_head",
        )

    def prediction(self) -> keras.layers.Layer:
        return keras.layers.Identity(name=self.name, dtype=loss_dtype())

    def loss(self, labels: Any, scores: Any) -> Any:
        if len(labels.shape) != 2:
            raise ValueError(
                f"Labels of task {self.name!r} must be the relevance of each candidate, of shape "
                f"(B, K). Received: shape {tuple(labels.shape)}."
            )
        relevance = ops.cast(labels, scores.dtype)
        if self.loss_kind == "listwise":
            return listwise_losses(relevance, scores)
        return pairwise_losses(relevance, scores)

    def outside(self, labels: Any) -> Any:
        values = ops.cast(labels, loss_dtype())
        sound = ops.logical_or(ops.equal(values, ABSENT), values >= 0)
        sound = ops.logical_and(sound, values < float("inf"))
        whole = ops.logical_and(ops.all(sound, axis=-1), ops.any(values > 0, axis=-1))
        return ops.logical_not(whole)

    def metrics(self) -> list[keras.metrics.Metric]:
        return [ReciprocalRank(name="mrr"), DiscountedGain(name="ndcg")]

    def encode(self, values: Sequence[Any], where: str) -> tuple[np.ndarray, np.ndarray]:
        rows = [
            None if is_missing(value) else self._relevance(value, where, row)
            for row, value in enumerate(values)
        ]
        most = max((len(row) for row in rows if row is not None), default=1)
        labels = np.full((len(rows), most), ABSENT, np.float32)
        weights = np.zeros(len(rows), np.float32)
        for number, row in enumerate(rows):
            if row is not None:
                labels[number, : len(row)] = row
                weights[number] = 1.0
        return labels, weights

    def decode(self, prediction: np.ndarray, words: Sequence[Word] = ()) -> dict[str, Any]:
        scores = prediction[: len(words)]
        order = np.argsort(-scores, kind="stable").tolist()
        return {
            "ranking": [
                {"candidate": place, "text": words[place].text, "score": float(scores[place])}
                for place in order
            ]
        }

    def review(self, labels: np.ndarray, weights: np.ndarray, predictions: np.ndarray) -> Review:
        known = weights > 0
        predictions = predictions.astype(float)
        sound = np.isfinite(predictions).all(axis=-1)
        scores = np.where(sound[:, None], predictions, 0.0).astype(np.float32)
        there = labels != ABSENT
        shown = np.where(there, scores, -np.inf)
        best, wanted = shown.argmax(axis=-1), np.where(there, labels, -1).argmax(axis=-1)
        rows = np.arange(len(labels))
        top = np.where(there, labels, -1).max(axis=-1, initial=-1)
        right = known & sound & (labels[rows, best] == top)
        losses, ranks, gains = (
            np.asarray(ops.convert_to_numpy(one), float)
            for one in (
                self.loss(ops.array(labels), ops.array(scores)),
                reciprocal_ranks(ops.array(labels), ops.array(scores)),
                normalised_gains(ops.array(labels), ops.array(scores)),
            )
        )
        judged = known & sound
        mean = (lambda values: float(values[judged].mean())) if judged.any() else lambda _: None
        return Review(
            rows=int(known.sum()),
            table=Table(
                ("queries", "best first", "MRR", "nDCG"),
                ((int(known.sum()), mean(right), mean(ranks), mean(gains)),),
            ),
            matrix=None,
            badness=np.where(judged, np.maximum(losses, 0.0), 0.0),
            expected=_names(wanted, known),
            predicted=_names(best, sound),
            right=right,
        )

    def _relevance(self, value: Any, where: str, row: int) -> np.ndarray:
        values = list(value) if isinstance(value, list | tuple | np.ndarray) else [None]
        numbers = [isinstance(one, Real) and not isinstance(one, bool) for one in values]
        found = np.array(values, np.float64) if all(numbers) else np.array([np.nan])
        if not (np.isfinite(found) & (found >= 0)).all() or not (found > 0).any():
            raise ValueError(
                f"Labels of task {self.name!r} must be a list with the relevance of each "
                "candidate, finite numbers of 0 or more, one of them above 0; or None for the "
                f"whole row. Received: {value!r:.80} in row {row} of {where}."
            )
        return found


def listwise_losses(relevance: Any, scores: Any) -> Any:
    """Cross-entropy of a softmax over the candidates with their relevance, `(B,)` (ListNet)."""
    gains = ops.maximum(relevance, 0.0)
    total = ops.sum(gains, axis=-1, keepdims=True)
    targets = gains / ops.where(total > 0, total, 1.0)
    return -ops.sum(targets * ops.log_softmax(scores), axis=-1)


def pairwise_losses(relevance: Any, scores: Any) -> Any:
    """The mean over pairs of unlike relevance of `log(1 + exp(s_worse - s_better))`, `(B,)`."""
    better, worse = ops.expand_dims(relevance, 2), ops.expand_dims(relevance, 1)
    counts = ops.cast(ops.logical_and(better > worse, worse >= 0), scores.dtype)
    apart = ops.expand_dims(scores, 1) - ops.expand_dims(scores, 2)
    losses = ops.sum(counts * ops.softplus(apart), axis=(1, 2))
    return losses / ops.maximum(ops.sum(counts, axis=(1, 2)), 1.0)


def ranking(
    name: str,
    column: str | None = None,
    *,
    loss: str = "listwise",
    joint: bool | None = None,
    pooling: str | None = None,
    hidden_dim: int | None = None,
    dropout: float = 0.0,
    layer: int | None = None,
) -> Ranking:
    """Declare a task that orders the candidates of a query.

    Rows have the columns `query` and `candidates`, a list of texts; their label is the relevance
    of each candidate, 0 for none. The loss of a task stays a mean over queries.

    A pretrained trunk reads the query with each candidate as one text of two segments (`joint`);
    other trunks read each text by itself, and the head compares them as in `pair_classification`.

    The model's output is `(B, K)`, a score for each candidate, the higher the better.

    Args:
        name: Name of the task and of the model's output.
        column: Column of the dataset with the relevance; by default `name`.
        loss: `"listwise"`: cross-entropy of a softmax over all candidates (ListNet).
            `"pairwise"`: logistic loss of each pair of candidates of unlike relevance (RankNet).
        joint: Whether the trunk reads query and candidate as one; by default if it can.
        pooling: As in `classification`.
        hidden_dim: Width of a hidden layer in the head; linear when `None`.
        dropout: Share of the features dropped in training.
        layer: Which layer of the trunk the head reads, counted from 1; the last when `None`.

    Returns:
        A frozen task.

    Raises:
        ValueError: If a name or an option is not usable.

    Example:
        >>> ranking("answers", loss="pairwise").reads
        'candidates'

    Reference:
        [Cao et al., 2007](https://doi.org/10.1145/1273496.1273513),
        [Burges et al., 2005](https://doi.org/10.1145/1102351.1102363)
    """
    return Ranking(name, column or name, loss, joint, pooling, hidden_dim, dropout, layer)


def _names(numbers: np.ndarray, there: np.ndarray) -> tuple[str, ...]:
    return tuple(
        f"candidate {number}" if one else "" for number, one in zip(numbers, there, strict=True)
    )
