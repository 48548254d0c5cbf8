"""The heads of tasks that compare texts."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_mtl.heads.chain import NEVER
from keras_mtl.heads.pooled import PooledHead
from keras_mtl.heads.precision import loss_dtype

# Squared lengths below count as this one, so that a zero vector has a gradient.
_TINY = 1e-12


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
        self.build_scores((None, 4 * built_width(self, features_shape)))
        self.built = True

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        if _is_one({name: one.shape for name, one in features.items()}):
            return super().call(features, training=training)
        vectors = vectors_of_texts(self, features)
        return self.score(compare(vectors[:, 0], vectors[:, -1]), training)


@keras.saving.register_keras_serializable(package="keras_mtl")
class CosineHead(PooledHead):
    """A score of two texts from the cosine of their vectors, by a learned line.

    Args:
        same: Score of vectors of one direction, before training.
        unlike: Score of vectors at a right angle, before training.
        pooling: As in `PooledHead`.
        dropout: As in `PooledHead`; of each text's vector.
        task: As in `PooledHead`.
        layer: As in `PooledHead`.

    Call arguments:
        features: `{"sequence": (B, T, L, D), "padding_mask": (B, T, L)}`: the first and the last
            text of a row are compared.

    Returns:
        Scores `(B, 1)` in float32.

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084)
    """

    def __init__(
        self,
        same: float = 1.0,
        unlike: float = 0.0,
        pooling: str | None = None,
        dropout: float = 0.0,
        task: str | None = None,
        layer: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(1, pooling, None, dropout, task, layer, **kwargs)
        self.same = same
        self.unlike = unlike
        self.scores.kernel_initializer = keras.initializers.Constant(same - unlike)
        self.scores.bias_initializer = keras.initializers.Constant(unlike)

    def build(self, features_shape: dict[str, Any]) -> None:
        self.dropout.build((None, None, built_width(self, features_shape)))
        self.scores.build((None, 1))
        self.built = True

    def call(self, features: dict[str, Any], training: bool | None = None) -> Any:
        vectors = self.dropout(vectors_of_texts(self, features), training=training)
        return self.scores(cosine(vectors[:, 0], vectors[:, -1]))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["units"], config["hidden_dim"]
        return {**config, "same": self.same, "unlike": self.unlike}


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
        width = built_width(self, features_shape)
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


def cosine(one: Any, other: Any) -> Any:
    """The cosine of the angle between vectors `(B, D)`, `(B, 1)` in float32; 0 of a zero vector."""
    one, other = (ops.cast(each, loss_dtype()) for each in (one, other))
    products = ops.sum(one * other, axis=-1, keepdims=True)
    squares = [ops.sum(ops.square(each), axis=-1, keepdims=True) for each in (one, other)]
    # Each by itself: the product of two small squares would be none.
    of_one, of_other = (ops.rsqrt(ops.maximum(square, _TINY)) for square in squares)
    return products * of_one * of_other


def built_width(head: PooledHead, features_shape: Mapping[str, Any]) -> int:
    """Build the pooling of a head of several texts; the width of each text's vector."""
    flat = {name: (None, *shape[2:]) for name, shape in features_shape.items()}
    head.pooling.build(flat[head._sequence(flat)])
    width: int = head._pooled_shape(flat)[-1]
    return width


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
