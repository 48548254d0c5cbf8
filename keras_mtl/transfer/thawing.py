"""Callbacks that thaw a model while it trains."""

from typing import Any

import keras

from keras_mtl.training.selecting import What, groups_of, select
from keras_mtl.transfer.freezing import check_model, freeze, thaw


class GradualThaw(keras.callbacks.Callback):
    """Train the heads first, then one more group of layers each epoch, from the top.

    The first epochs train the heads alone, the trunk frozen; then its highest group joins them, and
    so on down to the words. What is trained depends on the number of the epoch alone, so a `fit`
    that begins at a later epoch, or was restored, begins where it was. `trainable(model)` shows the
    groups.

    Args:
        epochs: Epochs before each next group is thawed.
        but: What stays frozen all along, as for `freeze`; nothing by default.

    Raises:
        ValueError: If `epochs` is below 1; in `fit`, if `but` matches nothing.

    Reference:
        [Howard & Ruder, 2018](https://aclanthology.org/P18-1031/), section 3.3
    """

    def __init__(self, epochs: int = 1, but: What = ()) -> None:
        super().__init__()
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise ValueError(
                "`epochs` of GradualThaw must be a whole number of 1 or more. Received: "
                f"epochs={epochs!r}."
            )
        self.epochs = epochs
        self.but = but

    def on_train_begin(self, logs: Any = None) -> None:
        check_model(self.model, "GradualThaw")
        kept = select(self.model, self.but, "`but` of GradualThaw") if self.but != () else {}
        self._kept = {id(layer) for layer in kept.values()}
        if kept:
            freeze(self.model, list(kept))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        trunk = groups_of(self.model)[:-1]
        still = len(trunk) - epoch // self.epochs
        frozen = [one.name for one in trunk[: max(still, 0)]]
        thawed = [one.name for one in trunk[max(still, 0) :]]
        if frozen:
            freeze(self.model, frozen)
        if thawed:
            self._thaw(thawed)

    def _thaw(self, groups: list[str]) -> None:
        chosen = select(self.model, groups, "`groups`")
        names = [path for path, layer in chosen.items() if id(layer) not in self._kept]
        if names:
            thaw(self.model, names)


class ThawAt(keras.callbacks.Callback):
    """Thaw parts of a model after some epochs.

    Args:
        epoch: How many epochs are trained before.
        what: What is thawed then, as for `thaw`.

    Raises:
        ValueError: If `epoch` is negative; in `fit`, if `what` matches nothing.
    """

    def __init__(self, epoch: int, what: What = "trunk") -> None:
        super().__init__()
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
            raise ValueError(
                "`epoch` of ThawAt must be a number of epochs, 0 or more. Received: "
                f"epoch={epoch!r}."
            )
        self.epoch, self.what = epoch, what
        self._done = False

    def on_train_begin(self, logs: Any = None) -> None:
        select(check_model(self.model, "ThawAt"), self.what, "`what` of ThawAt")
        self._done = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        # A `fit` that begins later finds what was thawed before it.
        if epoch >= self.epoch and not self._done:
            thaw(self.model, self.what)
            self._done = True
