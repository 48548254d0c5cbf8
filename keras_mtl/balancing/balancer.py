"""What every way of trading off losses shares."""

import abc
from typing import Any

import keras

from keras_mtl.heads import loss_dtype


class LossBalancer(keras.layers.Layer, abc.ABC):
    """From the tasks' losses to the one scalar that is minimised.

    A balancer is maths on small arrays: it never sees a model, and the step never knows
    which balancer it runs. What it learns or keeps are Keras variables made in `build`, so
    they are trained, saved and restored with the model.

    Call arguments:
        losses: `(tasks,)`, the mean loss of each task times its loss weight; 0 where absent.
        present: `(tasks,)`, 1 for a task with labels in this batch and a loss weight above 0,
            else 0.

    Returns:
        The scalar to minimise.
    """

    def __init__(self, **kwargs: Any) -> None:
        # Never in half precision, whatever the global policy: float16 ends at 65,504.
        super().__init__(**{"dtype": loss_dtype(), **kwargs})

    @abc.abstractmethod
    def call(self, losses: Any, present: Any) -> Any:
        """The scalar to minimise."""
