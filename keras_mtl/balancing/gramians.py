"""What methods on a Gramian have in common."""

from typing import Any

import keras
from keras import ops

from keras_mtl.heads import loss_dtype


def normalised(gramian: Any, present: Any = None) -> tuple[Any, Any]:
    """A Gramian of tasks that take part, whose trace is their number.

    So that no method needs to know how large gradients are: the weights of `G` and of `c * c * G`
    are the same.

    Args:
        gramian: `(tasks, tasks)`, an array of any kind.
        present: `(tasks,)`, 1 for a task that takes part, else 0; all when `None`.

    Returns:
        The Gramian, where an absent task has 1 on the diagonal and 0 beside it (never a row of
        zeros, which no solver likes), and all is 0 among tasks without a gradient; and `present`.
    """
    gramian = ops.cast(ops.convert_to_tensor(gramian), loss_dtype())
    tasks = gramian.shape[0]
    present = ops.ones((tasks,)) if present is None else ops.convert_to_tensor(present)
    present = ops.cast(present, loss_dtype())
    both = ops.expand_dims(present, 0) * ops.expand_dims(present, 1) > 0
    gramian = ops.where(both, gramian, 0.0)
    scale = ops.trace(gramian) / ops.maximum(ops.sum(present), 1.0)
    gramian = gramian / ops.where(scale > 0, scale, 1.0)
    return ops.where(both, gramian, ops.eye(tasks, dtype=loss_dtype())), present


def masked(gramian: Any, present: Any = None) -> tuple[Any, Any, Any]:
    """As `normalised`, with zeros for absent tasks, which no inverse of the rest looks at.

    Returns:
        The Gramian; `present`; and what it was divided by.
    """
    whole = ops.cast(ops.convert_to_tensor(gramian), loss_dtype())
    gramian, present = normalised(whole, present)
    both = ops.expand_dims(present, 0) * ops.expand_dims(present, 1)
    scale = ops.sum(ops.diagonal(whole) * present) / ops.maximum(ops.sum(present), 1.0)
    return gramian * both, present, ops.where(scale > 0, scale, 1.0)


def task_values(values: Any, gramian: Any) -> Any:
    """Values `(tasks,)`; ones where none are given."""
    if values is None:
        return ops.ones((gramian.shape[0],), loss_dtype())
    return ops.cast(ops.convert_to_tensor(values), loss_dtype())


def unit_diagonal(gramian: Any) -> tuple[Any, Any]:
    """The cosines between gradients, `(tasks, tasks)`, and 1 over their lengths; 0 of a zero one.

    Single precision knows each product to so many digits, whatever its size, and so the cosines;
    what a sum over gradients of unlike length says of the short ones is lost in it.
    """
    norms = ops.sqrt(ops.diagonal(gramian))
    inverse = ops.where(norms > 0, 1.0 / ops.where(norms > 0, norms, 1.0), 0.0)
    return gramian * ops.expand_dims(inverse, 0) * ops.expand_dims(inverse, 1), inverse


def eigen(gramian: Any) -> tuple[Any, Any, Any]:
    """Eigenvalues in ascending order, eigenvectors as columns, and which values are not 0.

    Of gradients of unlike length the small eigenvalues drown in single precision: TensorFlow takes
    double (JAX has none unless it is told to), and how many are 0 is seen from the cosines.
    """
    double = keras.backend.backend() == "tensorflow"
    found = ops.eigh(ops.cast(gramian, "float64" if double else loss_dtype()))
    values, vectors = (ops.cast(one, loss_dtype()) for one in found)
    spread = ops.eigh(unit_diagonal(gramian)[0])[0]
    none = ops.sum(ops.cast(spread <= smallest_known(spread), "int32"))
    known = ops.logical_and(ops.arange(values.shape[0], dtype="int32") >= none, values > 0)
    return values, vectors, known


def inverse_of_range(gramian: Any, values: Any) -> Any:
    """`G+ v`: the pseudoinverse, with what single precision cannot tell from 0 left out."""
    eigenvalues, vectors, known = eigen(gramian)
    inverse = ops.where(known, 1.0 / ops.where(known, eigenvalues, 1.0), 0.0)
    return ops.matmul(vectors, inverse * ops.matmul(ops.transpose(vectors), values))


def smallest_known(eigenvalues: Any) -> Any:
    """The eigenvalue below which there is only rounding."""
    return ops.max(eigenvalues) * (eigenvalues.shape[0] * 1e-6)
