"""Balancers for tests of the step, and what a step must do, from steps of one task at a time."""

import keras
import numpy as np
from keras import ops

import keras_mtl as mtl
from keras_mtl.balancing import GradientAggregator
from tests.training.small import demo_mixture, demo_model, id_model, id_rows, row_model, row_split

LOSS_WEIGHTS = {"topic": 0.5, "sentiment": 2.0}


class Fixed(GradientAggregator):
    """Weights that someone chose."""

    def __init__(self, chosen=(0.25, 3.0), **options):
        super().__init__(**options)
        self.chosen = tuple(chosen)

    def weights(self, gramian, losses=None, present=None):
        return ops.array(self.chosen, "float32") * present

    def get_config(self):
        return {**super().get_config(), "chosen": self.chosen}


class UnitMean(GradientAggregator):
    """The mean of the unit gradients, as a user writes it."""

    def weights(self, gramian, losses, present):
        norms = ops.sqrt(ops.diagonal(gramian))
        units = present / ops.where(norms > 0, norms, 1.0)
        return units / ops.sum(present)


def unit_mean(gradients, present):
    """The same with numpy."""
    norms = [np.sqrt(sum(float((one**2).sum()) for one in own)) for own in gradients]
    return [here / norm / sum(present) if norm else 0.0
            for here, norm in zip(present, norms, strict=True)]  # fmt: skip


def streams():
    """A model, and a batch of two streams of unlike lengths."""
    model = demo_model(seed=1)
    batches = demo_mixture(rows=240).training_batches(model.preprocessor, model.tasks)
    return model, batches[1]


def plain():
    """A model, and rows with labels of both tasks."""
    x, y = id_rows()
    return id_model(seed=1), (x, y, None)


def missing():
    """A model, and rows of which some have no label of one task."""
    x, y = id_rows()
    weights = {name: np.ones(24, "float32") for name in y}
    weights["topic"][5:] = 0
    return id_model(seed=1), (x, y, weights)


def absent():
    """A model, and rows without any label of a task."""
    x, y = id_rows()
    return id_model(seed=1), (x, y, {"topic": np.zeros(24, "float32"), "sentiment": np.ones(24)})


def words():
    """A model that tags words, and one label a text; tasks with other names."""
    split = row_split(rows=12)
    model = row_model(split)
    mixture = mtl.Mixture(
        {"rows": split}, {"rows": ("slots", "intent", "parts")}, batch_size=12, length_classes=1
    )
    return model, mixture.training_batches(model.preprocessor, model.tasks)[0]


def bags():
    """A model that compiles fast, and rows of which some have no label of one task."""
    x, y = id_rows()
    weights = {name: np.ones(24, "float32") for name in y}
    weights["topic"][15:] = 0
    return id_model("bag", seed=1), (x, y, weights)


def bags_of_streams():
    """The same rows as streams."""
    model, (x, y, _) = bags()
    ids = x["token_ids"]
    return model, (
        {"a": {"token_ids": ids[:12]}, "b": {"token_ids": ids[12:]}},
        {"a": {"topic": y["topic"][:12]}, "b": {"sentiment": y["sentiment"][12:]}},
        {"a": {}, "b": {}},
    )


CASES = {one.__name__: one for one in (streams, plain, missing, absent, words)}


def gradients_of(make, loss_weights=None):
    """Path to gradient, for each task: from a step of plain training with that task alone."""
    found = []
    names = [task.name for task in make()[0].tasks]
    for name in names:
        model, batch = make()
        before = values_of(model)
        weight = (loss_weights or {}).get(name, 1.0)
        model.compile(
            keras.optimizers.SGD(1.0),
            loss_weights={one: weight if one == name else 0.0 for one in names},
        )
        model.train_on_batch(*batch)
        after = values_of(model)
        found.append({path: before[path] - after[path] for path in before})
    return found


def values_of(model):
    return {
        path_of(model, one): np.array(ops.convert_to_numpy(one))
        for one in model.trainable_variables
    }


def path_of(model, variable):
    """A name that two models of the same kind share."""
    return [id(one) for one in model.trainable_variables].index(id(variable))


def expected(make, weights_of, loss_weights=None):
    """What one step of SGD(1.0) leaves of each variable, from the gradients of single tasks.

    `weights_of(gradients, present)` gives the weights; of variables that two tasks reach.
    """
    model, _ = make()
    start, each = values_of(model), gradients_of(make, loss_weights)
    owners = {path_of(model, one): place for place, task in enumerate(model.tasks)
              for one in model.heads[task.name].trainable_variables}  # fmt: skip
    shared = [[own[path] for path in start if path not in owners] for own in each]
    present = [float(any((one != 0).any() for one in own)) for own in shared]
    weights = weights_of(shared, present)
    left = {}
    for path, value in start.items():
        if path in owners:
            left[path] = value - each[owners[path]][path]
        else:
            moves = zip(weights, each, strict=True)
            left[path] = value - sum(weight * own[path] for weight, own in moves)
    return left


def one_step(make, balancer, optimizer=None, **options):
    """A model after a step on its batch, and the logs."""
    model, batch = make()
    model.compile(optimizer or keras.optimizers.SGD(1.0), balancer=balancer, **options)
    logs = model.train_on_batch(*batch, return_dict=True)
    return model, logs
