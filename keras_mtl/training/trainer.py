"""Keras's `fit`, `evaluate` and `predict`, for several tasks."""

import contextlib
import functools
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.training import inputs
from keras_mtl.training.ancestry import note_ancestor
from keras_mtl.training.checks import SelfChecks, need_same_trainable
from keras_mtl.training.compiled import CompiledModel
from keras_mtl.training.feature_cache import FeatureCache, cached
from keras_mtl.training.few_rows import warn_of_few_rows
from keras_mtl.training.fit_callbacks import (
    BalancerEpochs,
    MixtureStart,
    counted,
    resuming,
    scored,
    with_callbacks,
    with_resuming,
)
from keras_mtl.training.frozen import FrozenChecks
from keras_mtl.training.loss_weights import until_the_end


class MultiTaskTrainer(CompiledModel):
    """How a model with a trunk and a head per task is trained; `MultiTaskModel` is one.

    The step is its own, on every backend; everything around it (callbacks, logs, progress,
    saving) is Keras's.
    """

    _batches: Any = None  # The batches of a mixture, while it is trained on.
    _passed: dict[str, float] = {}  # Figures of an epoch that goes on, as far as it had come.
    _validates: bool = False  # Whether the last `fit` got validation data.

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
        cache_features: bool = False,
        **options: Any,
    ) -> keras.callbacks.History:
        """Train.

        Args:
            x: A `Mixture`; or texts, columns of texts to compare (see `predict`) or token ids, with
                `y`; or any dataset Keras takes that yields plain or nested batches.
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
            cache_features: Run a frozen trunk once for each text, not once in each epoch: what the
                heads pool of it is kept in memory, a vector for each text. `x` and
                `validation_data` must be mixtures or texts.
            **options: Everything else as in Keras.

        Returns:
            The Keras history: `loss`, `<task>_loss`, `<task>_<metric>`, and the same of the
            validation data behind `val_`.

        Raises:
            ValueError: If labels and tasks do not fit. `SelfCheckError` is one.
        """
        self._need_compile("fit")
        _no_class_weight(options.pop("class_weight", None), "fit")
        need_same_trainable(self)
        cache = FeatureCache(self) if cache_features else None
        rows = inputs.for_training(
            self, x, y, sample_weight, batch_size, steps_per_epoch, initial_epoch, cache
        )
        warn_of_few_rows(self, rows.rows)
        note_ancestor(self)
        self._batches = rows.batches
        self._validates = validation_data is not None or bool(options.get("validation_split"))
        if rows.batches is not None:
            options["shuffle"] = False  # A mixture is in its order already.
        # What the checks look at at the end of an epoch, a callback that evaluates sets back.
        checks: list[Any] = []
        if self.settings.self_checks:
            evaluated = inputs.labelled_tasks(x, y)
            if validation_data is not None:
                more = validation_data[1:] if isinstance(validation_data, list | tuple) else ()
                evaluated = inputs.labelled_tasks(validation_data, next(iter(more), None))
            checks = [SelfChecks(self.adapter, evaluated), FrozenChecks(self.adapter)]
        checks = [*checks, *([BalancerEpochs()] if self.settings.scoring.balance else [])]
        start = [MixtureStart(rows.batches)] if rows.batches is not None else []
        self._weigh_by(rows.task_shares)
        validation = inputs.for_validation(self, validation_data, cache)
        resume, around = resuming(callbacks), with_callbacks(callbacks, checks, start)
        around = with_resuming(around, resume)
        listening = contextlib.nullcontext() if resume is None else resume.listening(around)
        with until_the_end(self), cached(self, cache), listening, self.adapter.input_scope():
            return super().fit(
                rows.x,
                rows.y,
                rows.batch_size,
                epochs,
                sample_weight=rows.sample_weight,
                validation_data=validation,
                callbacks=around,
                steps_per_epoch=rows.steps_per_epoch,
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
            evaluated = inputs.labelled_tasks(x, y)
            x, y, sample_weight = inputs.for_evaluation(self, x, y, sample_weight)
            batch_size = inputs.whole_batch_size(self, x, batch_size)
            if self.settings.self_checks:
                checks = [SelfChecks(self.adapter, evaluated)]
                callbacks = with_callbacks(callbacks, behind=checks)
        with self.adapter.input_scope():
            return super().evaluate(
                x, y, batch_size, verbose, sample_weight, steps, callbacks, **options
            )

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step, as Keras does.

        `x` and `y` are texts and labels, as in `fit`, or a batch as a dataset yields them.
        """
        self._need_compile("train_on_batch")
        _no_class_weight(class_weight, "train_on_batch")
        need_same_trainable(self)
        batch = inputs.for_batch(self, x, y, sample_weight, "train_on_batch")
        self._weigh_by((1.0,) * len(self.tasks))
        return super().train_on_batch(*batch, return_dict=return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Score one batch, as Keras does, of what `train_on_batch` takes."""
        self._need_compile("test_on_batch")
        batch = inputs.for_batch(self, x, y, sample_weight, "test_on_batch")
        return super().test_on_batch(*batch, return_dict=return_dict)

    def predict_on_batch(self, x: Any) -> dict[str, np.ndarray]:
        """Predict one batch, as Keras does: of what `predict` takes, ids by input name at once."""
        if isinstance(x, Mapping) and set(x) == set(self.input):
            return super().predict_on_batch(x)
        return self.predict(x, verbose=0)

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", **options: Any
    ) -> dict[str, np.ndarray]:
        """Predict, as Keras does, every task that reads such rows.

        Args:
            x: Texts, a split with texts, token ids, or any input that Keras takes; for tasks that
                compare texts columns: `{"sentence1": [...], "sentence2": [...]}`, or `{"query":
                [...], "candidates": [[...], ...]}`.
            batch_size: Rows of a step.
            verbose: As in Keras.
            **options: As in Keras.

        Returns:
            Task name to predictions: probabilities `(N, num_classes)` of labels, or scores `(N, 1)`
            in their own unit for regression; of candidates scores `(N, K)`.
        """

        def predict_arrays(arrays: Any, rows_per_step: int | None) -> dict[str, np.ndarray]:
            with self.adapter.input_scope():
                return super(MultiTaskTrainer, self).predict(
                    arrays, rows_per_step, verbose, **options
                )

        return inputs.predict(self, x, batch_size, predict_arrays)

    def _weigh_by(self, task_shares: tuple[float, ...]) -> None:
        """Multiply the tasks' losses by these from the next step on: it compiles them in."""
        if task_shares != self.settings.task_shares:
            self.settings.task_shares, self.train_function = task_shares, None

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        # Nothing is left to be built: `compile` makes every variable. Under a strategy Keras would
        # add up a batch over replicas here, which fails on several workers (keras issue 20585).
        pass

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
            self.test_function = scored(self, self.test_function)

    # A new function at every look-up: JAX would take a method for the step it compiled before.
    @property
    def train_step(self) -> Callable[..., Any]:
        return functools.partial(self.adapter.train_step, self)

    @property
    def test_step(self) -> Callable[..., Any]:
        return functools.partial(self.adapter.test_step, self)


def _no_class_weight(class_weight: Any, where: str) -> None:
    if class_weight is not None:
        raise ValueError(
            "Class weights belong to a task: classification(..., class_weight=...). "
            f"Received: `class_weight` in `{where}`."
        )
