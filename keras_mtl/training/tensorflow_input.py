"""The batches of a mixture as a `tf.data.Dataset`."""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_mtl.data.mixing.batches import Batches

# Where the parts of a batch that is still packed stand in it.
_PACKED = "packed by keras_mtl"
# Structures of packed batches by number; one for all parcels of the same.
_STRUCTURES: dict[str, int] = {}


class Feed(NamedTuple):
    """What a step is handed, and what it makes a nested batch of.

    Args:
        kind: Names, types and shapes: what a compiled step is made for.
        any_shape: Names and types: what a step for all shapes is made for.
        arguments: What the step is called with.
        batch: From `arguments` to a nested batch, where all have the shapes of these.
        batch_of_any_shape: The same whatever the shapes.
    """

    kind: Any
    any_shape: Any
    arguments: tuple[Any, ...]
    batch: Callable[..., Any]
    batch_of_any_shape: Callable[..., Any]


def training_input(batches: Batches, replicas: int = 1) -> tf.data.Dataset:
    """Mixture batches in the form that `fit` takes on this backend."""
    return _dataset(batches.forward, batches, replicas)


def evaluation_input(batches: Batches, replicas: int = 1) -> tf.data.Dataset:
    """Mixture batches in the form that `evaluate` takes on this backend."""
    dataset = _dataset(batches.forward, batches, replicas)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))


def feed_of(data: Any) -> Feed:
    """A batch of `training_input`, or of any other dataset."""
    if isinstance(data, dict) and _PACKED in data:
        (number,) = data[_PACKED]
        return _PARCELS[number].feed(data[_PACKED][number])

    def same(batch: Any) -> Any:
        return batch

    return Feed(_kind_of(data), (), (data,), same, same)


@contextlib.contextmanager
def input_scope() -> Iterator[None]:
    """Where a model iterates over its input.

    Under a strategy TensorFlow makes a dataset for each replica, with a tuner that has nothing to
    tune and is waited for (see `_untuned`); options of the whole dataset do not reach it. Where
    the function that makes them, which is not public, is gone, all is as TensorFlow has it.
    """
    try:
        from tensorflow.python.data.ops import multi_device_iterator_ops as made_by
    except ImportError:
        made_by = None
    make = getattr(made_by, "_create_device_dataset", None)
    if make is None:
        yield
        return

    def untuned(*arguments: Any, **options: Any) -> Any:
        return make(*arguments, **options).with_options(_untuned())

    made_by._create_device_dataset = untuned
    try:
        yield
    finally:
        made_by._create_device_dataset = make


def _kind_of(data: Any) -> tuple[Any, ...]:
    """Names, types and shapes of a batch on every replica."""
    return tuple(
        (path, part.dtype, tuple(part.shape))
        for path, leaf in keras.tree.flatten_with_path(data)
        if leaf is not None
        for part in (leaf.values if hasattr(leaf, "values") else (leaf,))
    )


def _dataset(
    forward: Callable[[], Iterator[Any]], batches: Batches, replicas: int
) -> tf.data.Dataset:
    parcel = Parcel(batches[0])

    def named(parts: Any) -> Any:
        return {_PACKED: {parcel.number: parts}}

    if replicas == 1:  # The step unpacks them: what a few arrays are is soon told.
        dataset = tf.data.Dataset.from_generator(
            lambda: map(named, map(parcel.pack, forward())),
            output_signature=named(parcel.signature),
        )
    else:  # Each replica is to get its rows.
        dataset = tf.data.Dataset.from_generator(
            lambda: map(parcel.pack, forward()), output_signature=parcel.signature
        ).map(parcel.unpack)
    return dataset.prefetch(4).with_options(_untuned())


def _untuned() -> tf.data.Options:
    """Options for a dataset in which nothing can be tuned.

    The tuner, which looks at 10 ms, 20 ms, 40 ms and so on, up to a minute, keeps the end of `fit`
    waiting for its next look: as long as all the training before.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


class Parcel:
    """Batches of one structure as a few flat arrays, and back.

    TensorFlow takes an array from Python in some 60 microseconds, while no other thread can run
    Python. A batch of many tasks has hundreds.

    Args:
        batch: A nested batch, whose arrays tell names, types and numbers of axes of all.
    """

    def __init__(self, batch: Any) -> None:
        self._structure = tf.nest.map_structure(lambda _: 0, batch)
        leaves = tf.nest.flatten(batch)
        self._axes = [leaf.ndim for leaf in leaves]
        self._types = sorted({leaf.dtype for leaf in leaves}, key=str)
        layout = repr(tf.nest.map_structure(lambda leaf: f"{leaf.dtype} {leaf.ndim}", batch))
        self.number = str(_STRUCTURES.setdefault(layout, len(_STRUCTURES)))
        _PARCELS.setdefault(self.number, self)
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

    def feed(self, parts: tuple[Any, ...]) -> Feed:
        """What `pack` gave, for a step."""
        shapes = parts[-1].numpy()

        def unpack(*parts: Any) -> Any:
            return self.unpack_as(shapes, *parts)

        return Feed((self.number, shapes.tobytes()), (self.number,), parts, unpack, self.unpack)

    def unpack_as(self, shapes: np.ndarray, *parts: Any) -> Any:
        """A nested batch whose leaves have these shapes, from what `pack` gave."""
        values = parts[: len(self._types)]
        ends = np.cumsum(self._axes)
        shape_of = [
            tuple(map(int, shapes[end - axes : end]))
            for end, axes in zip(ends, self._axes, strict=True)
        ]
        leaves: list[Any] = [None] * len(self._axes)
        for places, value in zip(self._places, values, strict=True):
            pieces = tf.split(value, [math.prod(shape_of[place]) for place in places])
            for place, piece in zip(places, pieces, strict=True):
                leaves[place] = tf.reshape(piece, shape_of[place])
        return tf.nest.pack_sequence_as(self._structure, leaves)


# Kept for good: a few names for each structure that was ever trained on.
_PARCELS: dict[str, Parcel] = {}
