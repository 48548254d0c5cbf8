"""Losses of which a method takes the logarithm."""

from typing import Any

from keras import ops


class PositiveLosses:
    """What methods share that take the logarithm of a loss: they count what has none.

    `add_state` is that of the balancer, `task_names` its tasks.
    """

    task_names: tuple[str, ...]
    non_positive: Any = None

    def count_from(self, tasks: int) -> None:
        """Make the counter."""
        self.non_positive = self.add_state("non_positive", (tasks,))  # type: ignore[attr-defined]

    def positive(self, losses: Any, present: Any) -> tuple[Any, Any]:
        """Losses that have a logarithm, and who they are of, `(tasks,)` each.

        A task with a loss of 0 or below is counted, and takes no part in the step; in place of the
        losses of who takes none is 1.
        """
        usable = ops.logical_and(present > 0, losses > 0)
        left_out = ops.logical_and(present > 0, ops.logical_not(usable))
        self.non_positive.assign_add(ops.cast(left_out, losses.dtype))
        return ops.where(usable, losses, 1.0), ops.cast(usable, losses.dtype)

    def without_logarithm(self) -> str | None:
        """A message about tasks that had a loss of 0 or below, `None` if there are none."""
        if self.non_positive is None:
            return None
        counts = ops.convert_to_numpy(self.non_positive)
        for number, count in enumerate(counts):
            if count:
                name = self.task_names[number] if self.task_names else number
                return (
                    f"Losses of task {name!r} must be above 0 under {type(self).__name__}, which "
                    f"takes their logarithm. Received: 0 or less in {int(count)} step(s). Use a "
                    "loss that is positive, or another balancer."
                )
        return None
