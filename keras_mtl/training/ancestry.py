"""Where the training of a trunk began: weights of one ancestor may be averaged, others not."""

import hashlib
from typing import Any

import keras


def digest_of(trunk: keras.Model) -> str:
    """A checksum of a trunk's weights, by path and value."""
    found = hashlib.blake2b(digest_size=16)
    for variable in trunk.weights:
        found.update(variable.path.encode())
        found.update(keras.ops.convert_to_numpy(variable).tobytes())
    return found.hexdigest()


def note_ancestor(model: Any) -> None:
    """Keep, when a model's training first begins, which weights its trunk began with."""
    if model.ancestor is None:
        model.ancestor = digest_of(model.trunk)
