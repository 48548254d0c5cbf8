"""The batches of a mixture as a `tf.data.Dataset`."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_mtl.data.mixing.batches import Batches


def training_input(batches: Batches) -> tf.data.Dataset:
    """Mixture batches in the form that `fit` takes on this backend."""
    return _dataset(batches.forward, batches)


def evaluation_input(batches: Batches) -> tf.data.Dataset:
    """Mixture batches in the form that `evaluate` takes on this backend."""
    dataset = _dataset(batches.forward, batches)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))


def _dataset(forward: Callable[[], Iterator[Any]], batches: Batches) -> tf.data.Dataset:
    parcel = Parcel(batches[0])
    dataset = tf.data.Dataset.from_generator(
        lambda: map(parcel.pack, forward()), output_signature=parcel.signature
    )
    dataset = dataset.map(parcel.unpack).prefetch(4)
    # Nothing here can be tuned, and the tuner, which looks at 10 ms, 20 ms, 40 ms and so on,
    # keeps the end of `fit` waiting for its next look: as long as all the training before.
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class Parcel:
    """Batches of one structure as a few flat arrays, and back.

    TensorFlow takes an array from Python in some 60 microseconds, while no other thread can run
    Python. A batch of many tasks has hundreds.

    Args:
        batch: A nested batch, whose arrays tell names, types and numbers of axes of all.
    """

    def __init__(self, batch: Any) -> None:
        self._structure = batch
        leaves = tf.nest.flatten(batch)
        self._axes = [leaf.ndim for leaf in leaves]
        self._types = sorted({leaf.dtype for leaf in leaves}, key=str)
        # For each type the places of its leaves.
        self._places = [
            [place for place, leaf in enumerate(leaves) if leaf.dtype == dtype]
            for dtype in self._types
        ]

    @property
    def signature(self) -> tuple[tf.TensorSpec, ...]:
        """Of what `pack` gives."""
        values = [tf.TensorSpec((None,), dtype) for dtype in self._types]
        return (
            *values,
            tf.TensorSpec((len(self._axes),), "int64"),
            tf.TensorSpec((sum(self._axes),), "int64"),
        )

    def pack(self, batch: Any) -> tuple[np.ndarray, ...]:
        """All values of each type, one leaf behind the other; the leaves' sizes; their shapes."""
        leaves = tf.nest.flatten(batch)
        values = [
            np.concatenate([leaves[place].ravel() for place in places]) for places in self._places
        ]
        sizes = np.array([leaf.size for leaf in leaves], "int64")
        shapes = np.array([size for leaf in leaves for size in leaf.shape], "int64")
        return (*values, sizes, shapes)

    def unpack(self, *parts: Any) -> Any:
        """A nested batch from what `pack` gave, as tensors."""
        *values, sizes, shapes = parts
        shape_of = tf.split(shapes, self._axes)
        leaves: list[Any] = [None] * len(self._axes)
        for places, value in zip(self._places, values, strict=True):
            pieces: Any = tf.split(value, tf.gather(sizes, places), num=len(places))
            for place, piece in zip(places, pieces, strict=True):
                leaf = tf.reshape(piece, shape_of[place])
                leaf.set_shape((None,) * self._axes[place])
                leaves[place] = leaf
        return tf.nest.pack_sequence_as(self._structure, leaves)
