"""A trained model with other tasks: one more, or one less."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras_mtl import balancing
from keras_mtl.tasks import Task
from keras_mtl.training.trainable import carry_optimizer, follow_optimizer


def with_tasks(model: Any, tasks: Sequence[Task], loss_weights: Mapping[str, float]) -> Any:
    """A model with the trunk of another, and its heads of the tasks that both have.

    Args:
        model: The model; the new one shares its trunk.
        tasks: The tasks of the new one.
        loss_weights: Task name to weight, for tasks that the old one has not.

    Returns:
        The new model, compiled as the old one is, if it is.
    """
    model.adapter.sync(model)
    with model.adapter.scope(model):
        found = type(model)(model.trunk, tasks, preprocessor=model.preprocessor, name=model.name)
        found.ancestor = model.ancestor
        for name in found.heads.keys() & model.heads.keys():
            head, old = found.heads[name], model.heads[name]
            head.set_weights(old.get_weights())
            head.trainable = old.trainable
        if model.settings is not None:
            _compile(found, model, loss_weights)
    return found


def _compile(found: Any, model: Any, loss_weights: Mapping[str, float]) -> None:
    given = model._compile_arguments
    arguments = dict(given)
    for name in ("loss", "metrics"):
        if given[name]:
            arguments[name] = {key: one for key, one in given[name].items() if key in found.heads}
    weights = {**given["loss_weights"], **loss_weights}
    arguments["loss_weights"] = {name: weights[name] for name in found.heads}
    # What a balancer has learned is of other tasks.
    arguments["balancer"] = _anew(model.balancer)
    # The balancer's variables are there only then, and the optimizer has to count them as new.
    found.compile(**{**arguments, "optimizer": "sgd"})
    arguments["optimizer"] = follow_optimizer(model.optimizer, found.trainable_variables)
    found.compile(**arguments)
    carry_optimizer(model.optimizer, found.optimizer)


def _anew(balancer: Any) -> Any:
    return balancing.get(type(balancer).from_config(balancer.get_config()))
