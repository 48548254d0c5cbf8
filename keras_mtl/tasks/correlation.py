"""Correlations of predicted scores with those of the labels, exact over rows and replicas."""

from typing import Any

import keras
from keras import ops

from keras_mtl.devices import all_rows


class _Correlation(keras.metrics.Metric):
    """What both have in common: scores as rows, and a better direction."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._direction = "up"  # Keras's word for: more is better.

    def _rows(self, y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """Labels, predictions and weights of all replicas, `(N,)` each; 0 without a weight."""
        labels, predictions = (
            ops.reshape(ops.cast(y, self.dtype), (-1,)) for y in (y_true, y_pred)
        )
        weights = ops.ones_like(labels) if sample_weight is None else sample_weight
        weights = ops.reshape(ops.cast(weights, self.dtype), (-1,))
        pairs = ops.stack([labels, predictions], axis=-1)
        # A row that does not count may hold anything, NaN too.
        pairs = ops.where(ops.expand_dims(weights, -1) > 0, pairs, 0.0)
        rows = all_rows(ops.concatenate([pairs, ops.expand_dims(weights, -1)], axis=-1))
        return rows[:, 0], rows[:, 1], rows[:, 2]

    def _same_everywhere(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> Any:
        # Every replica sees the rows of all, so their values are equal and must not be added up.
        return self.add_variable(
            shape, initializer="zeros", dtype=dtype, aggregation="only_first_replica", name=name
        )


@keras.saving.register_keras_serializable(package="keras_mtl")
class PearsonCorrelation(_Correlation):
    """How close labels and predictions are to a straight line, in [-1, 1].

    Means and moments about them are merged batch by batch (Chan et al., 1979), which keeps the
    digits that sums of squares lose where the scores are far from 0. It is the figure of all rows,
    not a mean over batches. 0 where labels or predictions are all the same.

    Call arguments:
        y_true: `(B,)` or `(B, 1)` scores.
        y_pred: `(B,)` or `(B, 1)` scores.
        sample_weight: `(B,)`, how much a row counts.
    """

    def __init__(self, name: str = "pearson", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.count = self._same_everywhere("count", ())
        self.means = self._same_everywhere("means", (2,))
        self.moments = self._same_everywhere("moments", (3,))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        labels, predictions, weights = self._rows(y_true, y_pred, sample_weight)
        pairs = ops.stack([labels, predictions])
        count = ops.sum(weights)
        total = self.count + count
        own = ops.sum(pairs * weights, axis=1) / _divisor(count)
        centred = pairs - ops.expand_dims(own, -1)
        moved = own - self.means
        share = count / _divisor(total)
        between = _products(moved) * self.count * share
        within = ops.sum(_products(centred) * weights, axis=1)
        self.moments.assign(self.moments + within + between)
        self.means.assign(self.means + moved * share)
        self.count.assign(total)

    def result(self) -> Any:
        return _correlation(self.moments + 0.0)


@keras.saving.register_keras_serializable(package="keras_mtl")
class SpearmanCorrelation(_Correlation):
    """How well predictions put rows into the order of their labels, in [-1, 1].

    The Pearson correlation of ranks; rows of one score have the mean of their ranks. Ranks need
    all rows at once: the last `capacity` are kept, so the figure is exact up to so many, and of
    more it is that of the last. 0 where labels or predictions are all the same.

    Args:
        capacity: How many rows are kept. They are sorted at every step.

    Call arguments:
        y_true: `(B,)` or `(B, 1)` scores.
        y_pred: `(B,)` or `(B, 1)` scores.
        sample_weight: `(B,)`; rows above 0 count, all alike.

    Raises:
        ValueError: If `capacity` is below 2.
    """

    def __init__(self, capacity: int = 8192, name: str = "spearman", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if capacity < 2:
            raise ValueError(
                "`capacity` of a SpearmanCorrelation must be at least 2 rows. "
                f"Received: capacity={capacity!r}."
            )
        self.capacity = capacity
        # The place behind the last one takes what does not count.
        self.kept = self._same_everywhere("kept", (capacity + 1, 2))
        self.seen = self._same_everywhere("seen", (), "int32")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        labels, predictions, weights = self._rows(y_true, y_pred, sample_weight)
        counts = ops.cast(weights > 0, "int32")
        rows = ops.sum(counts)
        number = ops.cumsum(counts) - 1
        # Of a batch with more rows than are kept the last ones stay.
        stays = ops.logical_and(counts > 0, number >= rows - self.capacity)
        places = ops.where(stays, (self.seen + number) % self.capacity, self.capacity)
        kept = ops.scatter_update(
            ops.convert_to_tensor(self.kept),
            ops.expand_dims(places, -1),
            ops.stack([labels, predictions], axis=-1),
        )
        self.kept.assign(kept)
        seen = self.seen + rows
        full = self.capacity + seen % self.capacity  # Far from where int32 ends.
        self.seen.assign(ops.where(seen > self.capacity, full, seen))

    def result(self) -> Any:
        rows = ops.minimum(ops.convert_to_tensor(self.seen), self.capacity)
        there = ops.arange(self.capacity, dtype="int32") < rows
        kept = ops.transpose(ops.convert_to_tensor(self.kept)[:-1])
        ranks = ops.stack([self._ranks(kept[0], there, rows), self._ranks(kept[1], there, rows)])
        weights = ops.cast(there, self.dtype)
        # The mean of all ranks is known, and so is exact.
        centred = (ranks - (ops.cast(rows, self.dtype) + 1.0) / 2.0) * weights
        found = _correlation(ops.sum(_products(centred), axis=1))
        # NaN has no rank: of a model that diverged the figure is NaN too.
        return found + ops.sum(kept * 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "capacity": self.capacity}

    def _ranks(self, values: Any, there: Any, rows: Any) -> Any:
        """Ranks from 1 `(capacity,)`, the mean of them for equal values; any where no row is."""
        ordered = ops.sort(ops.where(there, values, float("inf")))
        before = ops.searchsorted(ordered, values, side="left")
        upto = ops.minimum(ops.searchsorted(ordered, values, side="right"), rows)
        return (ops.cast(before + upto, self.dtype) + 1.0) / 2.0


def _products(pairs: Any) -> Any:
    """`x * x`, `y * y` and `x * y` of `(2, ...)`."""
    x, y = pairs[0], pairs[1]
    return ops.stack([x * x, y * y, x * y])


def _correlation(products: Any) -> Any:
    """From `(3,)` sums of products about the means."""
    scale = ops.sqrt(products[0]) * ops.sqrt(products[1])
    nothing = ops.equal(scale, 0.0)  # Not `scale > 0`, which would make 0 of NaN.
    found = products[2] / ops.where(nothing, 1.0, scale)
    return ops.where(nothing, 0.0, ops.clip(found, -1.0, 1.0))


def _divisor(count: Any) -> Any:
    return ops.where(count > 0, count, 1.0)
