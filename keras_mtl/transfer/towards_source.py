"""Weights that are drawn back to where they began, not to zero."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.heads import loss_dtype
from keras_mtl.training.selecting import What, layers_of, select
from keras_mtl.transfer.freezing import check_model


class TowardsStart(keras.regularizers.Regularizer):
    """Half the squared distance of a variable to a value, times a strength.

    Args:
        start: The value.
        strength: What the half of the squared distance is multiplied by.
    """

    def __init__(self, start: Any, strength: float) -> None:
        # A variable, so that a compiled step does not have it as a constant.
        self.start = keras.Variable(start, trainable=False, name="start")
        self.strength = float(strength)

    def __call__(self, x: Any) -> Any:
        away = ops.cast(x, loss_dtype()) - ops.cast(self.start, loss_dtype())
        return 0.5 * self.strength * ops.sum(ops.square(away))


def l2_sp(
    model: Any, strength: float = 0.01, head_strength: float = 0.01, what: What = "trunk"
) -> int:
    """Draw what was learned from a source back to it, as it stands now: L2-SP.

    Adds `strength / 2 * |w - w0|^2` over the variables of `what`, `w0` being their values now, and
    `head_strength / 2 * |w|^2` over those of the heads that are not of it. A penalty is added to
    what a step minimises, not to the losses in the logs. Call it after `load_source` and before
    `fit`; it is not saved with the model: call it again after loading.

    Args:
        model: A `MultiTaskModel`.
        strength: Of the pull towards the source, 0 or more.
        head_strength: Of the pull of the new heads towards zero, 0 or more.
        what: What came from the source, as for `freeze`.

    Returns:
        How many variables are drawn back to a source.

    Raises:
        TypeError: If `model` is no MultiTaskModel.
        ValueError: If `what` matches nothing or a strength is negative.

    Reference:
        [Li et al., 2018](https://arxiv.org/abs/1802.01483)
    """
    check_model(model, "l2_sp")
    for name, value in (("strength", strength), ("head_strength", head_strength)):
        if not 0 <= value < float("inf"):
            raise ValueError(
                f"`{name}` of `l2_sp` must be a number of 0 or more. Received: {name}={value!r}."
            )
    chosen = select(model, what, "`what` of `l2_sp`")
    drawn = 0
    for path, layer in layers_of(model).items():
        for variable in layer.trainable_variables:
            if path in chosen:
                variable.regularizer = TowardsStart(
                    np.array(ops.convert_to_numpy(variable)), strength
                )
                drawn += 1
            elif path.startswith("heads/"):
                # Keras's own is `l2 * |w|^2`, without the half.
                variable.regularizer = keras.regularizers.L2(head_strength / 2)
    if model.train_function is not None:
        model.adapter.sync(model)
        model.make_train_function(force=True)
    return drawn
