"""Keras's `compile`, `fit`, `evaluate` and `predict`, for several tasks."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl import balancing
from keras_mtl.data.mixing.mixture import Mixture
from keras_mtl.tasks import Task
from keras_mtl.training import inputs
from keras_mtl.training.backends import adapter
from keras_mtl.training.callbacks import MixtureStart, counted, with_callbacks
from keras_mtl.training.checks import SelfChecks, need_same_trainable, trainable_paths
from keras_mtl.training.scoring import Scoring, checked_loss_weights
from keras_mtl.training.step import StepSettings


class MultiTaskTrainer(keras.Model):
    """How a model with a trunk and a head per task is trained; `MultiTaskModel` is one.

    It hands Keras no losses and no metrics: the step, its losses and its metrics are its own,
    on every backend. Everything around them (callbacks, logs, progress, saving) is Keras's.

    A subclass sets `tasks`, `trunk`, `preprocessor`, and `heads` and `predictions` (layers by
    task name).
    """

    tasks: tuple[Task, ...]
    trunk: keras.Model
    heads: dict[str, keras.layers.Layer]
    predictions: dict[str, keras.layers.Layer]
    preprocessor: Any
    balancer: balancing.LossBalancer | None = None
    settings: Any = None  # A StepSettings, once compiled.
    _batches: Any = None  # The batches of a mixture, while it is trained on.
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
        self_checks: bool = True,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
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
            balancer: How losses are traded off: a name (`"equal"`) or a `LossBalancer`.
            self_checks: Watch for labels outside the label space, losses that are not finite,
                tasks without labels and variables without gradients.
            run_eagerly: As in Keras.
            steps_per_execution: As in Keras.
            jit_compile: As in Keras.

        Raises:
            ValueError: If a dictionary names an unknown task, or a weight is negative.
        """
        names = [task.name for task in self.tasks]
        weights = checked_loss_weights(loss_weights, names)
        self._set_balancer(balancing.get(balancer))
        super().compile(
            optimizer=optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        scoring = Scoring(self.tasks, loss, metrics, len(self.trainable_variables))
        idle = [head for name, head in self.heads.items() if not weights[name]]
        self.settings = StepSettings(
            scoring,
            loss_weights=tuple(weights[name] for name in names),
            trained=trainable_paths(self),
            task_shares=(1.0,) * len(names),
            idle=frozenset(variable.path for head in idle for variable in head.variables),
            self_checks=self_checks,
        )
        self.optimizer.build(self.trainable_variables)
        self._compile_arguments = {
            "optimizer": self.optimizer,
            "loss": loss,
            "loss_weights": weights,
            "metrics": metrics,
            "balancer": self.balancer,
            "self_checks": self_checks,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }

    @property
    def compilations(self) -> dict[str, int]:
        """How many training and test steps were compiled since `compile`."""
        return dict(self.settings.traces) if self.settings else {"train": 0, "test": 0}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Everything that the logs are made of."""
        return self.settings.scoring.all_metrics if self.settings else []

    def get_metrics_result(self) -> dict[str, Any]:
        return self.settings.scoring.logs(self.settings.loss_weights)

    @property
    def metrics_names(self) -> list[str]:
        """Names of the logs, in the order in which `evaluate` lists their values."""
        return self.settings.scoring.log_names if self.settings else []

    @property
    def replicas(self) -> int:
        """How many devices share each batch."""
        return self.adapter.replica_count(self)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        *,
        sample_weight: Any = None,
        validation_data: Any = None,
        callbacks: Any = None,
        steps_per_epoch: int | None = None,
        initial_epoch: int = 0,
        **options: Any,
    ) -> keras.callbacks.History:
        """Train.

        Args:
            x: A `Mixture`; or texts or token ids, with `y`; or any dataset Keras takes that
                yields plain or nested batches.
            y: With texts or ids: task name to labels, as class numbers or label names. Tasks
                not named, and rows with the label `None`, are unlabelled.
            batch_size: Rows of a step, with texts or ids; a mixture has its own.
            epochs: Epoch to train up to.
            sample_weight: Task name to weights `(N,)`, or one `(N,)` for all; 0 is unlabelled.
            validation_data: A `Mixture` (see `Mixture.like`), `(x, y)` or
                `(x, y, sample_weight)`, or a dataset.
            callbacks: Keras callbacks.
            steps_per_epoch: Steps of an epoch; a mixture knows its own.
            initial_epoch: Epoch to begin at; a mixture begins there too, unless restored.
            **options: Everything else as in Keras.

        Returns:
            The Keras history: `loss`, `<task>_loss`, `<task>_<metric>`, and the same of the
            validation data behind `val_`.

        Raises:
            ValueError: If labels and tasks do not fit. `SelfCheckError` is one.
        """
        self._need_compile("fit")
        if options.pop("class_weight", None) is not None:
            raise ValueError(
                "Class weights belong to a task: classification(..., class_weight=...). "
                "Received: `class_weight` in `fit`."
            )
        need_same_trainable(self)
        extra: list[keras.callbacks.Callback] = []
        shares, self._batches = (1.0,) * len(self.tasks), None
        if isinstance(x, Mixture):
            if batch_size is not None:
                raise ValueError(
                    "A mixture has a batch size of its own: Mixture(..., batch_size=...). "
                    f"Received: batch_size={batch_size} in `fit`."
                )
            mixture, self._batches = (
                x,
                inputs.training_batches(self, x, steps_per_epoch, initial_epoch),
            )
            x, steps_per_epoch = self.adapter.training_input(self._batches), len(self._batches)
            shares = tuple(mixture.task_shares()[task.name] for task in self.tasks)
            extra.append(MixtureStart(self._batches))
            options["shuffle"] = False  # A mixture is in its order already.
        else:
            x, y, sample_weight = inputs.plain(self, x, y, sample_weight)
            batch_size = inputs.whole_batch_size(self, x, batch_size)
        if self.settings.self_checks:
            extra.append(SelfChecks(self.adapter))
        if shares != self.settings.task_shares:
            self.settings.task_shares, self.train_function = shares, None
        return super().fit(
            x,
            y,
            batch_size,
            epochs,
            sample_weight=sample_weight,
            validation_data=inputs.for_validation(self, validation_data),
            callbacks=with_callbacks(callbacks, extra),
            steps_per_epoch=steps_per_epoch,
            initial_epoch=initial_epoch,
            **options,
        )

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        **options: Any,
    ) -> Any:
        """Score the model, as Keras does, on what `fit` takes; a mixture's rows exactly once.

        Losses and metrics are means over labelled rows. `loss` is the weighted sum of the
        tasks' losses, comparable across balancers.
        """
        self._need_compile("evaluate")
        if not options.get("_use_cached_eval_dataset"):
            x, y, sample_weight = inputs.for_evaluation(self, x, y, sample_weight)
            batch_size = inputs.whole_batch_size(self, x, batch_size)
            if self.settings.self_checks:
                callbacks = with_callbacks(callbacks, [SelfChecks(self.adapter)])
        return super().evaluate(
            x, y, batch_size, verbose, sample_weight, steps, callbacks, **options
        )

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", **options: Any
    ) -> dict[str, np.ndarray]:
        """Predict every task for each row, as Keras does.

        Args:
            x: Texts, a split with texts, token ids, or any input that Keras takes.
            batch_size: Rows of a step.
            verbose: As in Keras.
            **options: As in Keras.

        Returns:
            Task name to predictions; probabilities `(N, num_classes)` for classification.
        """

        def predict_arrays(arrays: Any, rows_per_step: int | None) -> dict[str, np.ndarray]:
            return super(MultiTaskTrainer, self).predict(arrays, rows_per_step, verbose, **options)

        return inputs.predict(self, x, batch_size, predict_arrays)

    def make_train_function(self, force: bool = False) -> None:
        if self.train_function is None or force:
            self.train_function = self.adapter.make_function(self, self.train_step, "train")
            if self.train_function is None:
                super().make_train_function(force)
            self.train_function = counted(self, self.train_function)

    def make_test_function(self, force: bool = False) -> None:
        if self.test_function is None or force:
            self.test_function = self.adapter.make_function(self, self.test_step, "test")
        if self.test_function is None:
            super().make_test_function(force)

    def train_step(self, *args: Any) -> Any:
        return self.adapter.train_step(self, *args)

    def test_step(self, *args: Any) -> Any:
        return self.adapter.test_step(self, *args)

    def _set_balancer(self, balancer: balancing.LossBalancer) -> None:
        if self.balancer is not None:
            self._tracker.untrack(self.balancer)  # Its variables must not be trained any more.
        if not balancer.built:
            balancer.build((len(self.tasks),))
        self.balancer = balancer

    def _flatten_metrics_in_order(self, logs: dict[str, Any]) -> Any:
        # Keras would sort names that are no metric's own, and `loss` would not come first.
        values = [logs[name] for name in self.metrics_names]
        return values[0] if len(values) == 1 else values

    def _need_compile(self, method: str) -> None:
        if self.settings is None:
            raise ValueError(f"Call `compile` before `{method}`: the model is not compiled yet.")
