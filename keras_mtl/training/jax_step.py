"""Steps on JAX, on one device or under a `keras.distribution`."""

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

import jax
import keras

from keras_mtl.data.mixing.batches import Batches
from keras_mtl.training import step
from keras_mtl.training.task_sums import task_sums


def train_step(model: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
    """One optimisation step, from state to state; Keras calls it compiled."""
    settings, optimizer = model.settings, model.optimizer
    settings.traces["train"] += 1
    trainable, untrained, slots, metrics = state

    def loss(trainable: Any) -> Any:
        with _scope(model, trainable, untrained, collect_losses=True) as scope:
            scored, penalties = step.forward(model, data, training=True)
            sums = task_sums(model, scored)
            # Arrays are global under keras.distribution, so sums over rows are global sums.
            scalar = step.objective(model, *sums[:2], penalties, lambda value: value, replicas=1)
        with keras.StatelessScope(state_mapping=list(zip(optimizer.variables, slots, strict=True))):
            scalar = optimizer.scale_loss(scalar)
        return scalar, (scored, sums, _values(scope, model.non_trainable_variables))

    gradients, (scored, sums, untrained) = jax.grad(loss, has_aux=True)(trainable)
    gradients = step.without_idle(model, gradients)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Gradients do not exist for variables")
        trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
    logs, metrics = _count(model, trainable, untrained, metrics, (scored, sums), gradients)
    return logs, (trainable, untrained, slots, metrics)


def test_step(model: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
    """Score one batch, from state to state."""
    model.settings.traces["test"] += 1
    trainable, untrained, metrics = state
    with _scope(model, trainable, untrained, collect_losses=True) as scope:
        scored, _ = step.forward(model, data, training=False)
        sums = task_sums(model, scored)
    untrained = _values(scope, model.non_trainable_variables)
    logs, metrics = _count(model, trainable, untrained, metrics, (scored, sums), None)
    return logs, (trainable, untrained, metrics)


def make_function(model: Any, step_function: Callable[..., Any], kind: str) -> None:
    """Keras compiles one step per shape by itself here: nothing to replace."""


def training_input(batches: Batches) -> Any:
    """Mixture batches in the form that `fit` takes on this backend."""
    return batches


def evaluation_input(batches: Batches) -> Any:
    """Mixture batches in the form that `evaluate` takes on this backend."""
    return batches


def replica_count(model: Any) -> int:
    """Devices that share each batch."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return 1
    mesh = distribution.device_mesh
    return int(mesh.shape[mesh.axis_names.index(distribution.batch_dim_name)])


def scope(model: Any) -> Any:
    """Where the variables of a model's metrics are made: anywhere, here."""
    return contextlib.nullcontext()


def sync(model: Any) -> None:
    """Write the state of a running `fit` back to the variables."""
    if getattr(model, "_jax_state", None):
        model.jax_state_sync()


def _scope(model: Any, trainable: Any, untrained: Any, **options: Any) -> keras.StatelessScope:
    mapping = [
        *zip(model.trainable_variables, trainable, strict=True),
        *zip(model.non_trainable_variables, untrained, strict=True),
    ]
    return keras.StatelessScope(state_mapping=mapping, **options)


def _values(scope: keras.StatelessScope, variables: Any) -> list[Any]:
    found = [scope.get_current_value(variable) for variable in variables]
    return [
        variable.value if value is None else value
        for variable, value in zip(variables, found, strict=True)
    ]


def _count(
    model: Any, trainable: Any, untrained: Any, metrics: Any, counted: Any, gradients: Any
) -> tuple[dict[str, Any], list[Any]]:
    """Logs, and metric variables with a batch counted in."""
    mapping = [
        *zip(model.metrics_variables, metrics, strict=True),
        *zip(model.trainable_variables, trainable, strict=True),
        *zip(model.non_trainable_variables, untrained, strict=True),
    ]
    with keras.StatelessScope(state_mapping=mapping) as scope:
        step.update_metrics(model, *counted)
        if gradients and model.settings.self_checks:
            model.settings.scoring.sums.update_reached(step.reached(gradients))
        logs = model.get_metrics_result()
    return logs, _values(scope, model.metrics_variables)
