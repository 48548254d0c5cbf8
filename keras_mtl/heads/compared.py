"""The heads of tasks that compare texts."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_mtl.heads.chain import NEVER
from keras_mtl.heads.pooled import PooledHead


@keras.saving.register_keras_serializable(package="keras_mtl")
class PairHead(PooledHead):
    """Scores of a pair of texts, from the features of both or from those of the pair as one.

    Read by themselves, texts of the vectors `u` and `v` are compared by `[u, v, |u - v|, u * v]`.

    Args:
        units: How many scores.
        pooling: As in `PooledHead`.
        hidden_dim: As in `PooledHead`.
        dropout: As in `PooledHead`.
        task: As in `PooledHead`.
        layer: As in `PooledHead`.

    Call arguments:
        features: As of `PooledHead`, of pairs that the trunk reads as one; or with an axis of
            texts behind that of rows, `{"sequence": (B, T, L, D), "padding_mask": (B, T, L)}`:
            the first and the last text of a row are compared.

    Returns:
        Scores, `(B, units)` in float32.

    Reference:
        [Conneau et al., 2017](https://arxiv.org/abs/1705.02364)
    """

    def build(self, features_shape: dict[str, Any]) -> None:
        if _is_one(features_shape):
            super().build(features_shape)
            return
        flat = _flat_shapes(features_shape)
        self.pooling.build(flat[self._sequence(flat)])
        self.build_scores((None, 4 * self._pooled_shape(flat)[-1]))
        self.built = True

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        if _is_one({name: one.shape for name, one in features.items()}):
            return super().call(features, training=training)
        vectors = vectors_of_texts(self, features)
        return self.score(compare(vectors[:, 0], vectors[:, -1]), training)


@keras.saving.register_keras_serializable(package="keras_mtl")
class CandidatesHead(PooledHead):
    """A score for each candidate of a query.

    Args:
        joint: Whether the trunk reads the query with each candidate as one, or each text by itself.
        pooling: As in `PooledHead`.
        hidden_dim: As in `PooledHead`.
        dropout: As in `PooledHead`.
        task: As in `PooledHead`.
        layer: As in `PooledHead`.

    Call arguments:
        features: `{"sequence": (B, T, L, D), "padding_mask": (B, T, L)}`: of the `K` candidates
            (`joint`), or of the query and behind it of its candidates.

    Returns:
        Scores `(B, K)` in float32; far below all others where a row has no such candidate.
    """

    has_bias = False  # The same number added to all scores changes no order.

    def __init__(
        self,
        joint: bool = False,
        pooling: str | None = None,
        hidden_dim: int | None = None,
        dropout: float = 0.0,
        task: str | None = None,
        layer: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(1, pooling, hidden_dim, dropout, task, layer, **kwargs)
        self.joint = joint

    def build(self, features_shape: dict[str, Any]) -> None:
        flat = _flat_shapes(features_shape)
        self.pooling.build(flat[self._sequence(flat)])
        width = self._pooled_shape(flat)[-1]
        self.build_scores((None, None, width if self.joint else 4 * width))
        self.built = True

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        vectors = vectors_of_texts(self, features)
        there = ops.any(ops.cast(features["padding_mask"], "bool"), axis=-1)
        if not self.joint:
            queries, vectors, there = vectors[:, :1], vectors[:, 1:], there[:, 1:]
            vectors = compare(ops.broadcast_to(queries, ops.shape(vectors)), vectors)
        scores = ops.squeeze(self.score(vectors, training), -1)
        return ops.where(there, scores, ops.cast(NEVER, scores.dtype))

    def compute_output_spec(self, features: dict[str, Any], training: bool | None = None) -> Any:
        shape = (features["padding_mask"].shape[0], None)
        return keras.KerasTensor(shape, dtype=self.scores.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["units"]
        return {**config, "joint": self.joint}


def compare(one: Any, other: Any) -> Any:
    """What two vectors `(..., D)` say of each other, `(..., 4 * D)`."""
    return ops.concatenate([one, other, ops.abs(one - other), one * other], axis=-1)


def vectors_of_texts(head: PooledHead, features: Mapping[str, Any]) -> Any:
    """A vector for each of several texts, `(B, T, D)`."""
    texts = ops.shape(features["padding_mask"])[1]
    flat = {name: flat_texts(feature) for name, feature in features.items()}
    vectors = head.vectors(flat)
    return ops.reshape(vectors, (-1, texts, vectors.shape[-1]))


def flat_texts(feature: Any) -> Any:
    """`(B, T, ...)` as `(B * T, ...)`."""
    shape = ops.shape(feature)
    return ops.reshape(feature, (shape[0] * shape[1], *shape[2:]))


def _is_one(shapes: Mapping[str, Any]) -> bool:
    """Whether features are of one text a row."""
    return len(shapes["padding_mask"]) == 2


def _flat_shapes(shapes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (None, *shape[2:]) for name, shape in shapes.items()}
