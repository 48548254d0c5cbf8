"""The section `training` of a run file."""

from __future__ import annotations

from typing import Any

from keras_mtl.config import kinds
from keras_mtl.config.checking import Checker
from keras_mtl.config.run_config import Choice, TrainingSection
from keras_mtl.config.schema import CHECKPOINT, COMPILE, EARLY_STOPPING, RESUME, TRAINING
from keras_mtl.config.yaml_file import Place
from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.training.distribution import KINDS

_PLACE: Place = ("training",)
_BELOW_ONE = ("beta_1", "beta_2", "momentum", "rho", "ema_momentum")


def training_section(checker: Checker, raw: Any, tasks: list[str]) -> TrainingSection | None:
    """Check the section; `None` if it is wrong, which the checker remembers.

    Args:
        checker: Of the run file.
        raw: The section as it stands in the file.
        tasks: Names of the tasks.
    """
    raw = checker.mapping(raw, _PLACE)
    before = len(checker.problems)
    values = checker.section(raw, {**TRAINING, **COMPILE}, _PLACE)
    optimizer = _optimizer(checker, raw.get("optimizer"))
    balancer = checker.choice(
        raw.get("balancer"),
        (*_PLACE, "balancer"),
        lambda name: kinds.named_kind(name, kinds.BALANCERS, ()),
        "equal",
    )
    rules = {
        name: checker.section(raw.get(name), keys, (*_PLACE, name))
        for name, keys in (
            ("early_stopping", EARLY_STOPPING),
            ("checkpoint", CHECKPOINT),
            ("resume", RESUME),
        )
    }
    callbacks = [
        checker.choice(one, (*_PLACE, "callbacks", number), kinds.callback_kind)
        for number, one in enumerate(_list(raw.get("callbacks")))
    ]
    for name in ("epochs", "micro_batches"):
        if values.get(name, 1) < 1:
            checker.problem((*_PLACE, name), f"must be 1 or more. Received: {values[name]}.")
    if values.get("distribute", "auto") not in KINDS:
        checker.problem(
            (*_PLACE, "distribute"),
            f"must be one of {', '.join(KINDS)}. Received: {values['distribute']!r}. "
            f"{nearest(values['distribute'], KINDS)}".rstrip(),
        )
    if len(checker.problems) > before or optimizer is None or balancer is None:
        return None
    return TrainingSection(
        epochs=values["epochs"],
        distribute=values["distribute"],
        optimizer=optimizer,
        balancer=balancer,
        early_stopping=rules["early_stopping"] if raw.get("early_stopping") is not None else None,
        checkpoint=_checkpoint(raw, rules),
        resume=rules["resume"],
        callbacks=tuple(one for one in callbacks if one is not None),
        compile={name: values[name] for name in COMPILE},
    )


def _optimizer(checker: Checker, raw: Any) -> Choice | None:
    """The optimizer; its learning rate may be a schedule with arguments of its own."""
    place: Place = (*_PLACE, "optimizer")
    found = checker.choice(raw, place, kinds.optimizer_kind, "adam")
    for name, value in found.values.items() if found else ():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        # Keras takes them, and trains away from the goal, or to NaN.
        if number and (value < 0 or name in _BELOW_ONE and value >= 1):
            limits = "from 0 to less than 1" if name in _BELOW_ONE else "0 or more"
            checker.problem((*place, name), f"must be {limits}. Received: {value}.")
    return _nested(checker, found)


def _nested(checker: Checker, choice: Choice | None) -> Choice | None:
    if choice is None or not isinstance(choice.values.get("learning_rate"), dict):
        return choice
    schedule = checker.choice(
        choice.values["learning_rate"], (*choice.place, "learning_rate"), kinds.schedule_kind
    )
    return Choice(choice.kind, {**choice.values, "learning_rate": schedule}, choice.place)


def _checkpoint(raw: dict[str, Any], rules: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The best epoch is the one that stopping waits for, unless said.

    A file holds one epoch: where each task stops on its own, that of the best mean of them all.
    """
    if raw.get("early_stopping") is None:
        return rules["checkpoint"]
    awaited = {name: rules["early_stopping"][name] for name in CHECKPOINT}
    if awaited["by"] == "each":
        awaited["by"] = "all"
    return {**awaited, **(raw.get("checkpoint") or {})}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
