"""What is frozen stays as it is: without dropout, without moving averages, to the last bit."""

import functools
import hashlib
import inspect
from collections.abc import Iterator
from typing import Any

import keras

from keras_mtl.training.checks import SelfCheckError

_PLAIN = "_keras_mtl_frozen"  # Marks a `call` that was put in the place of a frozen layer's own.


def follow_frozen(model: Any) -> None:
    """Let frozen layers run in inference mode, and only these.

    Keras passes `training=True` to a frozen layer, too, and only normalisation by batches knows
    better: dropout would go on. The layers inside of a frozen one ask the context, so each has it
    said.
    """
    for layer in _layers(model):
        frozen, marked = not layer.trainable, hasattr(layer.__dict__.get("call"), _PLAIN)
        if frozen and not marked and "training" in inspect.signature(layer.call).parameters:
            layer.call = _without_training(layer.call)
        elif marked and not frozen:
            del layer.call


def frozen_variables(model: Any) -> dict[str, Any]:
    """The variables of frozen layers by path, those that only steer chance left out."""
    return {
        variable.path: variable
        for layer in _layers(model)
        if not layer.trainable
        for variable in layer.weights
    }


class FrozenChecks(keras.callbacks.Callback):
    """See at the end of each epoch that what is frozen is the same to the last bit.

    Args:
        adapter: The backend's module of steps.
    """

    def __init__(self, adapter: Any) -> None:
        super().__init__()
        self.adapter = adapter
        self._before: dict[str, bytes] = {}

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:  # Not at the beginning of the epoch: callbacks freeze and thaw there.
            self._before = self._digests()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        after = self._digests()
        changed = [
            path for path, digest in after.items() if self._before.get(path, digest) != digest
        ]
        if changed:
            raise SelfCheckError(
                f"Frozen variables must stay as they are. Received: {', '.join(changed[:3])} "
                f"({len(changed)} in all) changed in epoch {epoch + 1}. Something else than the "
                "optimizer writes them: a callback, a layer of your own, or a second `fit`."
            )

    def _digests(self) -> dict[str, bytes]:
        frozen = frozen_variables(self.model)
        if not frozen:
            return {}
        self.adapter.sync(self.model)
        return {path: _digest(variable) for path, variable in frozen.items()}


def _digest(variable: Any) -> bytes:
    array = keras.ops.convert_to_numpy(variable)
    return hashlib.blake2b(array.tobytes(), digest_size=16).digest()


def _layers(model: Any) -> Iterator[keras.layers.Layer]:
    """All layers of the trunk and of the heads, those inside of others, too."""
    for one in (model.trunk, *model.heads.values()):
        yield from one._flatten_layers()


def _without_training(call: Any) -> Any:
    takes = list(inspect.signature(call).parameters)

    @functools.wraps(call)
    def frozen_call(*args: Any, **kwargs: Any) -> Any:
        place = takes.index("training")
        if place < len(args):
            return call(*args[:place], False, *args[place + 1 :], **kwargs)
        return call(*args, **{**kwargs, "training": False})

    setattr(frozen_call, _PLAIN, True)
    return frozen_call
