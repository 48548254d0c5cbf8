"""Models that began alike, averaged: soups over runs, and the last epochs of one."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.model import MultiTaskModel
from keras_mtl.training.ancestry import digest_of
from keras_mtl.transfer.freezing import check_model

Weights = list[np.ndarray]


def soup(model: Any, sources: Sequence[Any], weights: Sequence[float] | None = None) -> None:
    """Give a model the average of several that were fine-tuned from one trunk: a uniform soup.

    Heads are averaged with the trunk: the sources must have the model's tasks, too.

    Args:
        model: A `MultiTaskModel`; it gets the average.
        sources: Models of the same architecture (the model itself may be one of them).
        weights: How much each counts, not all 0; alike by default.

    Raises:
        TypeError: If one is no MultiTaskModel.
        ValueError: If there are none, architectures differ, or they began at different weights:
            the average of models that did not begin alike is no model.

    Reference:
        [Wortsman et al., 2022](https://proceedings.mlr.press/v162/wortsman22a.html)
    """
    check_alike(model, sources, "soup")
    shares = np.ones(len(sources)) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != (len(sources),) or not np.isfinite(shares).all() or not shares.sum():
        raise ValueError(
            f"`weights` of `soup` must be a number for each of the {len(sources)} sources, their "
            f"sum not 0. Received: weights={weights!r}."
        )
    shares = shares / shares.sum()
    total: Weights = []
    for share, one in zip(shares.tolist(), sources, strict=True):
        total = _plus(total, [share * value for value in values_of(one)])
    _set(model, total)


def greedy_soup(
    model: Any, sources: Sequence[Any], score: Callable[[Any], float]
) -> list[tuple[int, float]]:
    """Average those of several models that make the average better: a greedy soup.

    From the best model by itself on, each next best is taken in if the average with it scores at
    least as well.

    Args:
        model: A `MultiTaskModel`; it gets the average.
        sources: Models of the same architecture, fine-tuned from one trunk; none is changed.
        score: From a model to a figure on validation rows, more being better:
            `lambda model: model.evaluate(rows, return_dict=True)["topic_accuracy"]`.

    Returns:
        The number of each source that was taken in, and the score of the average with it.

    Raises:
        TypeError: If one is no MultiTaskModel.
        ValueError: As `soup`.

    Reference:
        [Wortsman et al., 2022](https://proceedings.mlr.press/v162/wortsman22a.html), recipe 1
    """
    check_alike(model, sources, "greedy_soup")
    found = [values_of(one) for one in sources]
    alone = []
    for values in found:
        _set(model, values)
        alone.append(float(score(model)))
    taken: list[tuple[int, float]] = []
    total: Weights = []
    for number in sorted(range(len(sources)), key=lambda one: -alone[one]):
        coming = _plus(total, found[number])
        _set(model, [one / (len(taken) + 1) for one in coming])
        reached = alone[number] if not taken else float(score(model))
        if not taken or reached >= taken[-1][1]:
            taken.append((number, reached))
            total = coming
    _set(model, [one / len(taken) for one in total])
    return taken


class AverageEpochs(keras.callbacks.Callback):
    """At the end of `fit`, give the model the average of its weights at the ends of its epochs.

    Without `last` this is SWA: all epochs from `start` on count alike. Moving averages of
    batch normalisation are averaged, too. For an average over steps pass `use_ema=True` to the
    optimizer. What callbacks save during the epochs is not averaged.

    Args:
        start: First epoch that counts, from 0.
        last: Only so many epochs before the end; all when `None`.

    Raises:
        ValueError: If a number is out of range.

    Reference:
        [Izmailov et al., 2018](https://arxiv.org/abs/1803.05407)
    """

    def __init__(self, start: int = 0, last: int | None = None) -> None:
        super().__init__()
        for name, value, least in (("start", start, 0), ("last", last, 1)):
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and (not whole or value < least):
                raise ValueError(
                    f"`{name}` of AverageEpochs must be a whole number of {least} or more. "
                    f"Received: {name}={value!r}."
                )
        self.start, self.last = start, last
        self.epochs = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self._total: Weights = []
        self._kept: deque[Weights] = deque(maxlen=self.last)
        self.epochs = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch < self.start:
            return
        self.model.adapter.sync(self.model)
        values = values_of(self.model)
        if self.last is not None:
            self._kept.append(values)
            self.epochs = len(self._kept)
            return
        self.epochs += 1
        self._total = _plus(self._total, values)

    def get_state(self) -> dict[str, Any]:
        """What it remembers, for `SaveAndResume`."""
        return {"epochs": self.epochs, "total": self._total, "kept": list(self._kept)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave."""
        self.epochs, self._total = state["epochs"], state["total"]
        self._kept.clear()
        self._kept.extend(state["kept"])

    def on_train_end(self, logs: Any = None) -> None:
        if not self.epochs:
            return
        total = self._total
        for values in self._kept:
            total = _plus(total, values)
        self.model.adapter.sync(self.model)
        _set(self.model, [one / self.epochs for one in total])


def check_alike(model: Any, sources: Sequence[Any], whose: str) -> None:
    """Refuse models that are not of one architecture and one ancestor.

    Raises:
        TypeError: If one is no MultiTaskModel.
        ValueError: If they differ, or there are none.
    """
    check_model(model, whose)
    if not sources:
        raise ValueError(f"`sources` of `{whose}` must be one model or more. Received: none.")
    expected = _shapes(model)
    for number, one in enumerate(sources):
        if not isinstance(one, MultiTaskModel):
            raise TypeError(
                f"`sources` of `{whose}` must be MultiTaskModels. Received: {one!r:.80} of type "
                f"{type(one).__name__}. Load files with keras.models.load_model."
            )
        differing = [
            f"{path}: {expected.get(path)} and {shape}"
            for path, shape in {**expected, **_shapes(one)}.items()
            if _shapes(one).get(path) != expected.get(path)
        ]
        if differing:
            raise ValueError(
                f"`sources` of `{whose}` must have the model's layers and shapes. Received: source "
                f"{number}, which differs in {listed(differing)}."
            )
    ancestors = [one.ancestor or digest_of(one.trunk) for one in sources]
    if len(set(ancestors)) > 1:
        raise ValueError(
            f"`sources` of `{whose}` must have been trained from one trunk, with the same weights "
            f"at the start. Received: {len(set(ancestors))} different starts among "
            f"{len(sources)} models; an average of them is no model. Load one source into each "
            "before training."
        )


def values_of(model: Any) -> Weights:
    """The values of a model's weights, in full precision."""
    return [keras.ops.convert_to_numpy(one).astype(np.float64) for one in _averaged(model)]


def _plus(total: Weights, values: Weights) -> Weights:
    """The sums; the values themselves where there is nothing yet."""
    return [a + b for a, b in zip(total, values, strict=True)] if total else values


def _set(model: Any, values: Sequence[Any]) -> None:
    for variable, value in zip(_averaged(model), values, strict=True):
        variable.assign(np.asarray(value, np.float32))


def _averaged(model: Any) -> list[Any]:
    """The weights of the trunk and of the heads, in one order for all models alike."""
    of_heads = [model.heads[name].weights for name in sorted(model.heads)]
    return [*model.trunk.weights, *(one for weights in of_heads for one in weights)]


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    return {one.path: tuple(one.shape) for one in _averaged(model)}
