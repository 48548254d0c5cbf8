"""Keras's `compile`, for several tasks, and what of it a model is asked for later."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras

from keras_mtl import balancing
from keras_mtl.tasks import Task
from keras_mtl.training.backends import adapter
from keras_mtl.training.balance_logs import BalanceSums
from keras_mtl.training.checks import trainable_paths
from keras_mtl.training.clipping import inner_optimizer
from keras_mtl.training.frozen import follow_frozen
from keras_mtl.training.loss_weights import (
    change_training_weights,
    checked_loss_weights,
    idle_paths,
    training_weights,
)
from keras_mtl.training.micro_batches import check_accumulation, check_parts
from keras_mtl.training.scoring import Scoring
from keras_mtl.training.step import StepSettings


class CompiledModel(keras.Model):
    """A model with a trunk and a head per task, and how it is to be trained.

    It hands Keras no losses and no metrics: the step, its losses and its metrics are its own,
    on every backend.

    A subclass sets `tasks`, `trunk`, `preprocessor`, and `heads` and `predictions` (layers by
    task name).
    """

    tasks: tuple[Task, ...]
    trunk: keras.Model
    heads: dict[str, keras.layers.Layer]
    predictions: dict[str, keras.layers.Layer]
    preprocessor: Any
    balancer: balancing.LossBalancer | balancing.GradientAggregator | None = None
    balancer_layers: Sequence[keras.layers.Layer] = ()
    settings: Any = None  # A StepSettings, once compiled.
    ancestor: str | None = None  # A checksum of the trunk as its training began.
    train_function: Any = None
    test_function: Any = None

    @property
    def adapter(self) -> Any:
        """The module that runs steps on this backend."""
        return adapter()

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Mapping[str, Any] | None = None,
        loss_weights: Mapping[str, float] | None = None,
        metrics: Mapping[str, Any] | None = None,
        *,
        balancer: Any = "equal",
        log_gradients: bool = False,
        self_checks: bool = True,
        micro_batches: int = 1,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Literal["auto"] | bool = "auto",
    ) -> None:
        """Configure training.

        Args:
            optimizer: A Keras optimizer or its name. Its clipping acts on the gradient of the
                whole batch, on one device and on several.
            loss: Task name to a Keras loss on predictions, in place of the task's own. A
                task's loss is the sum of `weight * loss` over the labelled rows, divided by
                their number (plain Keras divides by all rows).
            loss_weights: Task name to a weight of 0 or more; 1 where not named. Variables that
                only a task of weight 0 uses are left as they are.
            metrics: Task name to Keras metrics, or names of the task's own, in place of the
                task's own. They count labelled rows only.
            balancer: How tasks are traded off: a name such as `"equal"`, a `LossBalancer` or a
                `GradientAggregator` (see `keras_mtl.balancing`).
            log_gradients: Log the norms and cosines of the tasks' gradients under a balancer of
                losses, too, which needs them for nothing else: a step then costs more.
            self_checks: Watch for labels outside the label space, losses that are not finite,
                tasks without labels and variables without gradients.
            micro_batches: In how many parts the rows of a training step pass through the model,
                one after another, where all at once need too much memory (gradient accumulation).
                The gradient is that of the whole batch, unlike that of an optimizer's
                `gradient_accumulation_steps`, which takes the mean of the parts' means; batch
                normalisation and dropout see a part at a time. Where the weights of a step are
                made of its losses it takes a pass more, without a way back.
            run_eagerly: As in Keras.
            steps_per_execution: As in Keras.
            jit_compile: As in Keras.

        Raises:
            ValueError: If a dictionary names an unknown task, a weight is negative, or
                `micro_batches` is not a number of parts.
        """
        names = [task.name for task in self.tasks]
        weights = checked_loss_weights(loss_weights, names)
        # Some optimizers look at the model, to know which rate each of its parts has; now, so that
        # nothing is changed yet where a name of theirs is wrong.
        getattr(inner_optimizer(optimizer), "for_model", lambda model: None)(self)
        balancer = balancing.get(balancer)
        check_parts(micro_batches, balancer)
        check_accumulation(optimizer, self.replicas)
        self._set_balancer(balancer)
        whole = not isinstance(self.balancer, balancing.LossBalancer) or log_gradients
        balance = None
        if whole or not isinstance(self.balancer, balancing.EqualWeighting):
            balance = BalanceSums(names, gradients=whole)
        super().compile(
            optimizer=optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        scoring = Scoring(self.tasks, loss, metrics, len(self.trainable_variables), balance)
        self.settings = StepSettings(
            scoring,
            loss_weights=tuple(weights.values()),
            training_weights=tuple(weights.values()),
            trained=trainable_paths(self),
            task_shares=(1.0,) * len(names),
            idle=idle_paths(self, weights),
            self_checks=self_checks,
            log_gradients=log_gradients,
            micro_batches=micro_batches,
        )
        self.optimizer.build(self.trainable_variables)
        follow_frozen(self)
        self._compile_arguments = {
            "optimizer": self.optimizer,
            "loss": loss,
            "loss_weights": weights,
            "metrics": metrics,
            "balancer": self.balancer,
            "log_gradients": log_gradients,
            "self_checks": self_checks,
            "micro_batches": micro_batches,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }

    def set_loss_weights(self, loss_weights: Mapping[str, float] | None) -> None:
        """Train with other loss weights from the next step on, such as 0 for a task that is done.

        Set while `fit` runs, by a callback, they last until that `fit` ends; else until
        `compile`. `loss` in the logs and a saved model keep the weights of `compile`, and the
        optimizer keeps its state. Each change compiles the step anew.

        Args:
            loss_weights: Task name to a weight of 0 or more; a task that is not named keeps its
                weight. `None`: those of `compile`.

        Raises:
            ValueError: If a task is unknown, a weight is negative, or all would be 0.
        """
        self._need_compile("set_loss_weights")
        weights = self._compile_arguments["loss_weights"]
        if loss_weights is not None:
            weights = checked_loss_weights(loss_weights, list(weights), training_weights(self))
        change_training_weights(self, weights)

    @property
    def compilations(self) -> dict[str, int]:
        """How many training and test steps were compiled since `compile`."""
        return dict(self.settings.traces) if self.settings else {"train": 0, "test": 0}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Everything that the logs are made of."""
        return self.settings.scoring.all_metrics if self.settings else []

    def get_metrics_result(self) -> dict[str, Any]:
        settings = self.settings
        return settings.scoring.logs(settings.loss_weights, training=settings.trains)

    @property
    def metrics_names(self) -> list[str]:
        """Names of the logs, in the order in which `evaluate` lists their values."""
        return self.settings.scoring.log_names if self.settings else []

    @property
    def even_shares(self) -> bool:
        """Whether a mixture without shares gives each stream as many rows: for gradients."""
        return isinstance(self.balancer, balancing.GradientAggregator)

    @property
    def replicas(self) -> int:
        """How many devices share each batch."""
        return self.adapter.replica_count(self)

    @property
    def writes(self) -> bool:
        """Whether this process writes files: the first of several does."""
        return self.adapter.processes(self)[0] == 0

    def _set_balancer(self, balancer: Any) -> None:
        """Make a balancer's variables, and let Keras train and save them with the model."""
        for old in self.balancer_layers:
            self._tracker.untrack(old)  # Its variables must not be trained any more.
        balancer.for_tasks(self.tasks)
        if isinstance(balancer, balancing.LossBalancer):
            of_losses, state = balancer, None
        else:
            of_losses, state = balancer.loss_balancer, balancer.state
            shapes = {one.path: one.shape for one in self.trunk.trainable_variables}
            balancer.build(len(self.tasks), shapes)
            if len(self.tasks) < 2:
                warnings.warn(
                    f"{type(balancer).__name__} has one task, {self.tasks[0].name!r}, to balance: "
                    "its gradient is used as it is. Declare two tasks or more, or use "
                    "balancer='equal'.",
                    stacklevel=3,
                )
        if of_losses is not None and not of_losses.built:
            of_losses.build((len(self.tasks),))
        self.balancer = balancer
        self.balancer_layers = [one for one in (of_losses, state) if one is not None]

    def _flatten_metrics_in_order(self, logs: dict[str, Any]) -> Any:
        # Keras would sort names that are no metric's own, and `loss` would not come first.
        values = [logs[name] for name in self.metrics_names]
        return values[0] if len(values) == 1 else values

    def _need_compile(self, method: str) -> None:
        if self.settings is None:
            raise ValueError(f"Call `compile` before `{method}`: the model is not compiled yet.")
