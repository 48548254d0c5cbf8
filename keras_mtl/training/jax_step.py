"""Steps on JAX, on one device or under a `keras.distribution`."""

import contextlib
import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils

from keras_mtl.data.mixing.batches import Batches
from keras_mtl.heads import loss_dtype
from keras_mtl.training import aggregation, counting, jax_each, jax_micro, step
from keras_mtl.training.jax_at_features import at_features
from keras_mtl.training.micro_batches import divided
from keras_mtl.training.stateless import scope_of, values_of
from keras_mtl.training.task_sums import task_sums


def train_step(model: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
    """One optimisation step, from state to state; Keras calls it compiled."""
    settings, optimizer = model.settings, model.optimizer
    settings.traces["train"] += 1
    trainable, untrained, slots, metrics = state
    before, rows = untrained, step.rows_of(model, data)
    with keras.StatelessScope(state_mapping=list(zip(optimizer.variables, slots, strict=True))):
        scale = optimizer.scale_loss(1.0)
    of_losses = jax_micro.train if settings.micro_batches > 1 else _train
    train = _train_each if step.needs_each(model) else of_losses
    found, untrained = train(model, rows, trainable, untrained, scale)
    gradients = [None if one is None else one * scale for one in found.gradients]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Gradients do not exist for variables")
        trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
    if model.balancer.needs_losses_after:
        untrained = _after(model, rows, trainable, (before, untrained), found.seen)
    logs, metrics = _count(model, (trainable, untrained, metrics), found.scored, found.sums, found)
    return logs, (trainable, untrained, slots, metrics)


def _train(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """A balancer of losses: one backward pass."""

    def loss(trainable: Any, probe: Any) -> Any:
        with scope_of(model, trainable, untrained, collect_losses=True) as scope:
            scored, penalties = step.forward(model, rows, training=True)
            sums = task_sums(model, scored)
            # Arrays are global under keras.distribution, so sums over rows are global sums.
            scalar, seen = step.objective(
                model, *sums[:2], penalties, lambda value: value, replicas=1, probe=probe
            )
        return scalar * scale, (scored, sums, seen, values_of(scope, model.non_trainable_variables))

    probe = jax.numpy.zeros((len(model.tasks),), loss_dtype())
    (gradients, weights), (scored, sums, seen, untrained) = jax.grad(
        loss, argnums=(0, 1), has_aux=True
    )(trainable, probe)
    gradients = step.without_idle(model, [one / scale for one in gradients])
    balance = (weights / scale, seen.present)
    return step.Trained(gradients, True, scored, sums, seen, balance), untrained


def _train_each(
    model: Any, rows: step.Rows, trainable: Any, untrained: Any, scale: Any
) -> tuple[step.Trained, Any]:
    """The direction of a step from the gradients of its tasks, and the state it leaves."""
    solve, hold = jax_each.at_parameters, jax_each.keep
    if aggregation.level(model) == "features":
        solve = at_features
    if model.settings.micro_batches > 1:
        solve, hold = jax_micro.at_parameters, jax_micro.keep
    every = getattr(model.balancer, "every", 1)
    if every == 1:
        return solve(model, rows, trainable, untrained, scale)
    with scope_of(model, trainable, untrained):
        turn = jax.numpy.mod(jax.numpy.asarray(model.balancer.steps), every) == 0
    return jax.lax.cond(
        turn,
        lambda trainable, untrained: solve(model, rows, trainable, untrained, scale),
        lambda trainable, untrained: hold(model, rows, trainable, untrained, scale),
        trainable,
        untrained,
    )


def _after(
    model: Any, rows: step.Rows, trainable: Any, untrained: tuple[Any, Any], seen: step.Losses
) -> Any:
    """What a balancer learns from the same rows after the update, the same units dropped."""
    before, now = untrained
    if model.settings.micro_batches > 1:
        parts = divided(model, rows)
        total, count, _ = jax_micro.losses(
            model, parts, trainable, before, aggregation.passes_apart(model)
        )
    else:
        with scope_of(model, trainable, before, collect_losses=True):
            scored, _ = aggregation.passes(model, rows, aggregation.passes_apart(model))
            total, count, _ = task_sums(model, scored)
    with scope_of(model, trainable, before):
        losses = step.weighted(model, total / jax.numpy.maximum(count, 1.0), count).losses
    with scope_of(model, trainable, now) as scope:
        model.balancer.after_step(seen.losses, losses, seen.present)
    return values_of(scope, model.non_trainable_variables)


def test_step(model: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
    """Score one batch, from state to state."""
    model.settings.traces["test"] += 1
    trainable, untrained, metrics = state
    with scope_of(model, trainable, untrained, collect_losses=True) as scope:
        scored, _ = step.forward(model, step.rows_of(model, data), training=False)
        sums = task_sums(model, scored)
    untrained = values_of(scope, model.non_trainable_variables)
    logs, metrics = _count(model, (trainable, untrained, metrics), scored, sums, None)
    return logs, (trainable, untrained, metrics)


def make_function(model: Any, step_function: Callable[..., Any], kind: str) -> None:
    """Keras compiles one step per shape by itself here: nothing to replace."""


def training_input(batches: Batches, replicas: int = 1) -> Any:
    """Mixture batches in the form that `fit` takes on this backend."""
    return batches if jax.process_count() == 1 else OwnRows(batches)


def evaluation_input(batches: Batches, replicas: int = 1) -> Any:
    """Mixture batches in the form that `evaluate` takes on this backend."""
    return batches if jax.process_count() == 1 else OwnRows(batches)


class OwnRows(keras.utils.PyDataset):
    """The rows of each batch that are this process's; together the processes have all of it.

    Args:
        batches: The batches of all, the same on every process.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.batches = batches

    @property
    def num_batches(self) -> Any:
        return self.batches.num_batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, step: int) -> Any:
        count, own = jax.process_count(), jax.process_index()

        def part(rows: Any) -> Any:
            share = len(rows) // count
            return rows[own * share : (own + 1) * share]

        return keras.tree.map_structure(part, self.batches[step])


def skip(model: Any, state: Any, iterator: Any) -> tuple[dict[str, Any], Any]:
    """Pass steps by that were done before: their batches are taken, nothing else happens."""
    for _ in itertools.islice(iterator, model.steps_per_execution):
        pass
    return dict(model._passed), state


def replica_count(model: Any) -> int:
    """Devices that share each batch."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return 1
    mesh = distribution.device_mesh
    return int(mesh.shape[mesh.axis_names.index(distribution.batch_dim_name)])


def processes(model: Any) -> tuple[int, int]:
    """The number of this process among those that train the model, and how many there are."""
    return jax.process_index(), jax.process_count()


def any_process(model: Any, wishes: Sequence[bool]) -> tuple[bool, ...]:
    """Of each wish, whether a process has it; all must call this at the same point of a run."""
    found = multihost_utils.process_allgather(np.array(wishes))
    return tuple(np.any(found.reshape(-1, len(wishes)), axis=0).tolist())


def scope(model: Any) -> Any:
    """Where the variables of a model's metrics are made: anywhere, here."""
    return contextlib.nullcontext()


def input_scope() -> Any:
    """Where a model iterates over its input: anywhere, here."""
    return contextlib.nullcontext()


def split_rows(values: Any, rows: Sequence[int]) -> list[Any]:
    """Values `(N, ...)` in parts of so many rows."""
    return list(jax.numpy.split(values, np.cumsum(rows)[:-1]))


def sync(model: Any) -> None:
    """Write the state of a running `fit` back to the variables."""
    if getattr(model, "_jax_state", None):
        model.jax_state_sync()


def _count(
    model: Any, state: tuple[Any, Any, Any], scored: Any, sums: Any, found: step.Trained | None
) -> tuple[dict[str, Any], list[Any]]:
    """Logs, and metric variables with a batch counted in: that of a training step, or any."""
    trainable, untrained, metrics = state
    scoring, weights = model.settings.scoring, model.settings.loss_weights
    mapping = list(zip(model.metrics_variables, metrics, strict=True))
    with scope_of(model, trainable, untrained, more=mapping) as scope:
        counting.update_metrics(model, scored, sums)
        if found is not None and found.gradients and model.settings.self_checks:
            scoring.sums.update_reached(counting.reached(found.gradients))
        if found is not None and scoring.balance is not None:
            scoring.balance.update_state(*found.balance)
        logs = scoring.logs(weights, training=found is not None)
    return logs, values_of(scope, model.metrics_variables)
