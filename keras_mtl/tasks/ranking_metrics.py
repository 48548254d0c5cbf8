"""How well candidates are ranked."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mtl")
class ReciprocalRank(keras.metrics.Mean):
    """The mean over queries of 1 over the rank of the first relevant candidate (MRR).

    Among equal scores relevant candidates rank last: a model that says nothing earns nothing.

    Call arguments:
        y_true: `(B, K)` relevance, above 0 where relevant; below 0 where a row has no candidate.
        y_pred: `(B, K)` scores.
        sample_weight: `(B,)`, how much a query counts.
    """

    _direction = "up"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(reciprocal_ranks(y_true, y_pred), sample_weight)


@keras.saving.register_keras_serializable(package="keras_mtl")
class DiscountedGain(keras.metrics.Mean):
    """The mean over queries of the normalised discounted cumulative gain (nDCG).

    A candidate of relevance `r` at rank `p` gains `r / log2(p + 1)`; equal scores share the mean of
    their ranks' discounts, as in scikit-learn. The gain is divided by that of the best ranking.

    Call arguments:
        y_true: As of `ReciprocalRank`.
        y_pred: As of `ReciprocalRank`.
        sample_weight: As of `ReciprocalRank`.

    Reference:
        [Järvelin & Kekäläinen, 2002](https://doi.org/10.1145/582415.582418)
    """

    _direction = "up"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(normalised_gains(y_true, y_pred), sample_weight)


def reciprocal_ranks(relevance: Any, scores: Any) -> Any:
    """`(B,)`, as `ReciprocalRank` says; 0 where nothing is relevant."""
    relevance = ops.cast(relevance, scores.dtype)
    relevant = relevance > 0
    lowest = ops.min(scores) - 1.0
    best = ops.max(ops.where(relevant, scores, lowest), axis=1, keepdims=True)
    others = ops.logical_and(relevance >= 0, ops.logical_not(relevant))
    before = ops.sum(ops.cast(ops.logical_and(others, scores >= best), scores.dtype), axis=1)
    return ops.where(ops.any(relevant, axis=1), 1.0 / (1.0 + before), 0.0)


def normalised_gains(relevance: Any, scores: Any) -> Any:
    """`(B,)`, as `DiscountedGain` says; 0 where nothing is relevant."""
    relevance = ops.cast(relevance, scores.dtype)
    there = relevance >= 0
    gains = ops.where(there, relevance, 0.0)
    best = _gain(gains, gains, there)
    found = _gain(gains, scores, there)
    return ops.where(best > 0, found / ops.where(best > 0, best, 1.0), 0.0)


def _gain(gains: Any, scores: Any, there: Any) -> Any:
    """Discounted gain of each row, `(B,)`."""
    places = ops.shape(scores)[1]
    ranks = ops.cast(ops.arange(1, places + 1), scores.dtype)
    discounts = math.log(2.0) / ops.log(ranks + 1.0)
    until = ops.concatenate([ops.zeros((1,), scores.dtype), ops.cumsum(discounts)])
    one, other = ops.expand_dims(scores, 2), ops.expand_dims(scores, 1)
    counted = ops.expand_dims(there, 1)
    above, equal = (
        ops.sum(ops.cast(ops.logical_and(counted, which), "int32"), axis=2)
        for which in (other > one, ops.equal(other, one))
    )
    equal = ops.maximum(equal, 1)
    last = ops.minimum(above + equal, places)
    mean = (ops.take(until, last) - ops.take(until, above)) / ops.cast(equal, scores.dtype)
    return ops.sum(gains * mean, axis=1)
