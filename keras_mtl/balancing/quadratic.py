"""Small quadratic problems with bounds, solved exactly in a fixed number of steps."""

from typing import Any

from keras import ops

from keras_mtl.heads import loss_dtype

# Relative to the diagonal; what single precision cannot tell from 0.
RIDGE = 1e-6
# A diagonal entry below counts as this one.
_SHORTEST = 1e-12


def nonnegative(gramian: Any, linear: Any) -> Any:
    """Minimise `z' G z / 2 + c' z` over `z >= 0`, for several `c` at once.

    An active set method: one entry after the other becomes free, the one that promises most, and
    goes back to 0 where the minimum over the free ones would make it negative (Lawson and Hanson).
    Each step is a solve of `(T, T)`. It ends when nothing changes, which is soon where few
    entries are free; three steps for each entry are more than were ever needed.

    Args:
        gramian: `(T, T)`, positive semidefinite with a diagonal around 1.
        linear: `(N, T)`.

    Returns:
        `(N, T)`.
    """
    size = gramian.shape[0]
    eye = ops.eye(size, dtype=loss_dtype())
    # The same problem in units in which the diagonal is 1, so that the ridge and what counts as 0
    # are as small for a short gradient; and `z` is as large as `c`.
    unit = ops.rsqrt(ops.maximum(ops.diagonal(gramian), _SHORTEST))
    gramian = gramian * ops.expand_dims(unit, 0) * ops.expand_dims(unit, 1) + RIDGE * eye
    linear = linear * unit
    largest = ops.max(ops.abs(linear), axis=1, keepdims=True)
    linear = linear / ops.where(largest > 0, largest, 1.0)

    def step(found: Any, free: Any, _: Any) -> Any:
        target = ops.where(free > 0, _free_minimum(gramian, linear, free, eye), 0.0)
        inside = ops.all(ops.where(free > 0, target > 0, True), axis=1, keepdims=True)
        moved, kept = _towards(found, target, free)
        found = ops.where(inside, target, moved)
        slope = ops.matmul(found, gramian) + linear
        promise = ops.where(free > 0, 0.0, -slope)
        best = ops.one_hot(ops.argmax(promise, axis=1), size, dtype=loss_dtype())
        worth = ops.max(promise, axis=1, keepdims=True) > RIDGE
        grown = ops.where(worth, ops.maximum(free, best), free)
        changes = ops.any(ops.logical_or(worth, ops.logical_not(inside)))
        return found, ops.where(inside, grown, kept), changes

    start = (ops.zeros_like(linear), ops.zeros_like(linear), ops.convert_to_tensor(True))
    found, *_ = ops.while_loop(
        lambda *state: state[-1], step, start, maximum_iterations=3 * size + 1
    )
    return found * largest * unit


def _free_minimum(gramian: Any, linear: Any, free: Any, eye: Any) -> Any:
    """The minimum over the free entries, all others 0, `(N, T)`."""
    both = ops.expand_dims(free, 1) * ops.expand_dims(free, 2)
    matrix = ops.where(both > 0, ops.expand_dims(gramian, 0), ops.expand_dims(eye, 0))
    return ops.squeeze(ops.solve(matrix, ops.expand_dims(-linear * free, 2)), 2)


def _towards(found: Any, target: Any, free: Any) -> tuple[Any, Any]:
    """As far towards a target as no entry gets negative, and what stays free then."""
    leaving = ops.logical_and(free > 0, target <= 0)
    way = ops.where(leaving, found / ops.maximum(found - target, 1e-30), 1.0)
    share = ops.min(way, axis=1, keepdims=True)
    moved = found + share * (target - found)
    stays = ops.logical_and(free > 0, ops.logical_not(ops.logical_and(leaving, way <= share)))
    return ops.where(stays, ops.maximum(moved, 0.0), 0.0), ops.cast(stays, loss_dtype())
