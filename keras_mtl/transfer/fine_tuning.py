"""The whole road in one call: load, train the heads, thaw, train the rest."""

import dataclasses
from typing import Any, Literal

import keras

from keras_mtl.transfer.freezing import check_model, freeze
from keras_mtl.transfer.load_report import LoadReport
from keras_mtl.transfer.loading import load_source
from keras_mtl.transfer.thawing import GradualThaw

Thaw = Literal["gradually", "at_once", "never"]


@dataclasses.dataclass(frozen=True)
class FineTuned:
    """What `fine_tune` did.

    Args:
        report: What became of each variable of the source.
        history: The history of the training.
        scratch: That of the same training from the weights that the model had before, or `None`.
    """

    report: LoadReport
    history: dict[str, list[float]]
    scratch: dict[str, list[float]] | None = None

    def __str__(self) -> str:
        best = {name: (min if name.endswith("loss") else max) for name in self.history}
        lines = [str(self.report), f"{'best of its epochs':<32}  {'transferred':>11}  from scratch"]
        for name, values in self.history.items():
            if name.startswith("val_") or not any(one.startswith("val_") for one in self.history):
                other = f"{best[name](self.scratch[name]):12.4f}" if self.scratch else ""
                lines.append(f"{name:<32}  {best[name](values):11.4f}  {other}".rstrip())
        return "\n".join(lines)


def fine_tune(
    model: Any,
    source: Any,
    x: Any,
    y: Any = None,
    *,
    epochs: int = 4,
    thaw: Thaw = "gradually",
    epochs_per_group: int = 1,
    scratch: bool = False,
    validation_data: Any = None,
    callbacks: Any = (),
    load: dict[str, Any] | None = None,
    **options: Any,
) -> FineTuned:
    """Load a source into a model, train its heads first and then the rest.

    Args:
        model: A compiled `MultiTaskModel`.
        source: As for `load_source`.
        x: Training rows, as for `fit`.
        y: Labels, where `x` is no mixture.
        epochs: Epochs in all.
        thaw: `"gradually"`: the heads first, then a group of layers more, from the top, as
            `GradualThaw`; `"at_once"`: all from the start; `"never"`: the heads alone
            (`cache_features=True` then runs the trunk once for each text).
        epochs_per_group: With `"gradually"`, epochs before the next group.
        scratch: Whether a copy of the model is trained from its own weights, too, on the same
            rows, to be compared.
        validation_data: As for `fit`.
        callbacks: As for `fit`; the copy gets none of them.
        load: Further arguments of `load_source`, such as `{"new_words": "random"}`.
        **options: Further arguments of `fit`.

    Returns:
        Report and histories; printed, they stand side by side.

    Raises:
        TypeError: If `model` is no MultiTaskModel.
        ValueError: If `thaw` is unknown, the model is not compiled, or the source does not fit.
    """
    check_model(model, "fine_tune")
    if thaw not in ("gradually", "at_once", "never"):
        raise ValueError(
            "`thaw` of `fine_tune` must be 'gradually', 'at_once' or 'never'. "
            f"Received: thaw={thaw!r}."
        )
    if model.settings is None:
        raise ValueError("Call `compile` before `fine_tune`: the model is not compiled yet.")
    given = {"epochs": epochs, "validation_data": validation_data, **options}
    twin = _copy(model) if scratch else None
    report = load_source(model, source, **(load or {}))
    own: list[keras.callbacks.Callback] = []
    if thaw == "gradually":
        own = [GradualThaw(epochs_per_group)]
    elif thaw == "never":
        freeze(model, "trunk")
    history = model.fit(x, y, callbacks=[*own, *keras.tree.flatten(callbacks or [])], **given)
    plain = None
    if twin is not None:
        given.pop("cache_features", None)  # Its trunk is trained.
        plain = twin.fit(x, y, **given).history
    return FineTuned(report, history.history, plain)


def _copy(model: Any) -> Any:
    """A model of its own with the same weights, compiled alike."""
    found = type(model).from_config(model.get_config())
    found.trunk.set_weights(model.trunk.get_weights())
    for name, head in found.heads.items():
        head.set_weights(model.heads[name].get_weights())
    found.ancestor = None
    found.compile_from_config(model.get_compile_config())
    return found
