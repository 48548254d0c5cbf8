"""F1 over entities, for tags given as numbers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.tasks.schemes import Scheme


@keras.saving.register_keras_serializable(package="keras_mtl")
class EntityF1(keras.metrics.Metric):
    """Micro F1 over entities: one counts as found if its type, first and last word are right.

    Tags are read as by `Scheme`, which is how CoNLL-2000 and `seqeval` count. The counts are
    exact over all rows and replicas, not a mean over batches.

    Args:
        labels: The tags, in class order.
        scheme: `"bio"` or `"bioes"`.

    Call arguments:
        y_true: `(B, W)` tag numbers.
        y_pred: `(B, W, C)` probabilities or scores.
        sample_weight: `(B, W)`, above 0 at the words that count.
    """

    # Tags of a row belong together; other metrics of words get all words one by one.
    reads_rows = True

    def __init__(self, labels: Sequence[str], scheme: str = "bio", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scheme = Scheme(scheme, labels)
        self._direction = "up"  # Keras's word for: more is better.
        self.hits, self.actual, self.predicted = (
            self.add_variable((), initializer="zeros", name=name)
            for name in ("hits", "actual", "predicted")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        actual = ops.maximum(ops.cast(y_true, "int32"), 0)
        predicted = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        counted = ops.ones_like(actual) if sample_weight is None else sample_weight
        words = ops.greater(counted, 0)
        starts, ends = self.scheme.bounds(actual, words)
        guessed, guessed_ends = self.scheme.bounds(predicted, words)
        same_start = ops.equal(_latest(starts), _latest(guessed))
        same_end = ops.logical_and(ends, guessed_ends)
        same = ops.logical_and(same_start, self._same_types(actual, predicted))
        hits = ops.logical_and(same_end, same)
        for counter, found in ((self.hits, hits), (self.actual, starts), (self.predicted, guessed)):
            counter.assign_add(ops.sum(ops.cast(found, self.dtype)))

    def result(self) -> Any:
        either = self.actual + self.predicted
        return 2.0 * self.hits / ops.where(either > 0, either, 1.0)

    def get_config(self) -> dict[str, Any]:
        own = {"labels": list(self.scheme.labels), "scheme": self.scheme.name}
        return {**super().get_config(), **own}

    def _same_types(self, left: Any, right: Any) -> Any:
        names = sorted({label[2:] for label in self.scheme.labels})
        types = ops.array([names.index(label[2:]) for label in self.scheme.labels])
        return ops.equal(ops.take(types, left, axis=0), ops.take(types, right, axis=0))


def _latest(starts: Any) -> Any:
    """`(B, W)`: where the last start up to each word is."""
    places = ops.cast(starts, "int32") * ops.arange(1, starts.shape[1] + 1, dtype="int32")
    return ops.associative_scan(ops.maximum, places, axis=1)
