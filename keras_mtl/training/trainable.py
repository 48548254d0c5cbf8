"""A model that goes on training after parts of it were frozen or thawed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras

from keras_mtl.training.clipping import inner_optimizer
from keras_mtl.training.copying import copy_value
from keras_mtl.training.grouped_optimizer import GroupedOptimizer
from keras_mtl.training.loss_weights import change_training_weights, training_weights


def follow_trainable(model: Any, begun: Mapping[str, int] | None = None) -> None:
    """Compile a model anew for what is trainable now; the training goes on where it was.

    The optimizer is a new one, of the same kind, with the step count, the schedule and what it
    keeps for each variable that it goes on training. Variables thawed after the first step get
    counts of their own (`GroupedOptimizer`). The balancer and the weights of the tasks stay. Works
    inside of `fit`, between two steps. Nothing is done to a model that is not compiled.
    """
    if model.settings is None:
        return
    before, weights = model.settings, training_weights(model)
    running, stops = model.train_function is not None, model.stop_training
    optimizer, balancer = model.optimizer, model.balancer
    with model.adapter.scope(model):
        new = follow_optimizer(optimizer, model.trainable_variables, begun)
        arguments = {"optimizer": new, "balancer": _follow_balancer(balancer)}
        model.compile(**{**model._compile_arguments, **arguments})
        carry_optimizer(optimizer, model.optimizer)
    if model.balancer is not balancer:
        _assign(balancer.state.variables, model.balancer.state.variables)
    model.settings.task_shares, model.settings.cache = before.task_shares, before.cache
    change_training_weights(model, weights)
    model.stop_training = stops
    if running:
        model.make_train_function(force=True)


def follow_optimizer(
    optimizer: Any, variables: Sequence[Any], begun: Mapping[str, int] | None = None
) -> Any:
    """An optimizer of the same kind for other variables, not built yet.

    Those that are new after the first step count their steps from now on.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        inner = follow_optimizer(optimizer.inner_optimizer, variables, begun)
        config = optimizer.get_config()
        own = {key: config[key] for key in ("name", "initial_scale", "dynamic_growth_steps")}
        return type(optimizer)(inner, **own)
    if begun is None:
        known = _known(optimizer)
        step = int(keras.ops.convert_to_numpy(optimizer._iterations))
        old = dict(getattr(optimizer, "begun", {}))
        new = {one.path: old.get(one.path, 0) if _key(one) in known else step for one in variables}
        begun = {path: number for path, number in new.items() if number}
    if isinstance(optimizer, GroupedOptimizer):
        return GroupedOptimizer.from_config({**optimizer.get_config(), "begun": begun})
    if not begun:
        return _like(optimizer)
    return GroupedOptimizer(_like(optimizer), decay_all=True, begun=begun, name=optimizer.name)


def carry_optimizer(old: Any, new: Any) -> None:
    """Give a new optimizer the state that an old one has of the same variables.

    Args:
        old: The old optimizer, built.
        new: The new one, built: of the same kind, in groups or not.
    """
    if isinstance(old, keras.optimizers.LossScaleOptimizer):
        _assign([old.step_counter, old.dynamic_scale], [new.step_counter, new.dynamic_scale])
    old, new = inner_optimizer(old), inner_optimizer(new)
    wholes, groups = list(_wholes(old)), list(_groups(old))
    for parts, sources in ((_wholes(new), wholes), (_groups(new), groups)):
        for part in parts:
            _carry(part, sources)
    if new.use_ema:
        known = _known(old)
        averages = zip(new._trainable_variables, new._model_variables_moving_average, strict=True)
        for variable, average in averages:
            # Keras begins an average at the first value, but at the first step only.
            if average is not None and _key(variable) not in known:
                copy_value(average, variable)


class _Part(NamedTuple):
    """What an optimizer keeps of some variables: for each of them, and for all of them by name."""

    members: frozenset[tuple[str, Any]]
    slots: dict[tuple[str, str], Any]
    shared: dict[str, Any]


def _wholes(optimizer: Any) -> Iterator[_Part]:
    if isinstance(optimizer, GroupedOptimizer):
        yield _part(optimizer._variables, optimizer._trainable_variables)
    else:
        yield _part(optimizer.variables, optimizer._trainable_variables)


def _groups(optimizer: Any) -> Iterator[_Part]:
    if isinstance(optimizer, GroupedOptimizer):
        yield from (_part(one.variables, members) for one, members in optimizer.groups)
    else:
        yield from _wholes(optimizer)


def _part(kept: Sequence[Any], members: Sequence[Any]) -> _Part:
    paths = {one.path.replace("/", "_") + "_": one.path for one in members}
    by_length = sorted(paths, key=len, reverse=True)
    slots, shared = {}, {}
    for one in kept:
        owner = next((prefix for prefix in by_length if one.name.startswith(prefix)), None)
        if owner is None:
            shared[one.name] = one
        else:
            slots[paths[owner], one.name.removeprefix(owner)] = one
    return _Part(frozenset(map(_key, members)), slots, shared)


def _carry(part: _Part, sources: Sequence[_Part]) -> None:
    for source in sources:
        for key in part.slots.keys() & source.slots.keys():
            if part.slots[key].shape == source.slots[key].shape:
                copy_value(part.slots[key], source.slots[key])
        if part.members & source.members:
            for name in part.shared.keys() & source.shared.keys():
                copy_value(part.shared[name], source.shared[name])


def _known(optimizer: Any) -> set[tuple[str, Any]]:
    """What tells the variables of an optimizer: a balancer of other tasks has other shapes."""
    return {_key(one) for one in optimizer._trainable_variables}


def _key(variable: Any) -> tuple[str, Any]:
    return variable.path, tuple(variable.shape)


def _like(optimizer: Any) -> Any:
    """Another optimizer with the same settings, those that Keras keeps nowhere included."""
    found = type(optimizer).from_config(optimizer.get_config())
    for kept in ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern"):
        if hasattr(optimizer, kept):
            setattr(found, kept, getattr(optimizer, kept))
    return found


def _follow_balancer(balancer: Any) -> Any:
    """The balancer itself, or a new one where it keeps gradients of what was trained before."""
    if isinstance(balancer, keras.layers.Layer) or not balancer.keeps_gradients:
        return balancer
    found = type(balancer).from_config(balancer.get_config())
    found.loss_balancer = balancer.loss_balancer
    return found


def _assign(sources: Sequence[Any], targets: Sequence[Any]) -> None:
    known = {(one.name, tuple(one.shape)): one for one in sources}
    for target in targets:
        source = known.get((target.name, tuple(target.shape)))
        if source is not None:
            copy_value(target, source)
