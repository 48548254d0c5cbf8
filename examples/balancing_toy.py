"""Two objectives at odds: where each balancing method ends, as a plot.

    python examples/balancing_toy.py docs/balancing-toy.svg

Both are squared distances of a point to a place of their own, the second a hundred times as
large; the points between the two places are the best compromises.
"""

import argparse

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

import keras_mtl as mtl
from keras_mtl.balancing.names import NAMES

PLACES = np.array([[-1.0, 0.0], [1.0, 0.0]])
SIZES = np.array([1.0, 100.0])
START = np.array([-0.5, 1.5])
TASKS = [mtl.regression(name, mean=0.0, std=1.0) for name in ("first", "second")]
STEPS_PER_EPOCH = 10


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", help="an SVG or PNG file")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rate", type=float, default=0.03)
    parser.add_argument("--seed", type=int, default=0, help="of the methods that draw")
    return parser.parse_args(arguments)


def losses_of(point):
    return SIZES * ((point - PLACES) ** 2).sum(axis=1) + 1e-3


def end_by_gradients(method, steps, rate):
    """The point where a gradient aggregator ends, its steps of one length at most."""
    point = START.copy()
    for _ in range(steps):
        gradients = (2 * SIZES[:, None] * (point - PLACES)).astype("float32")
        losses = ops.convert_to_tensor(losses_of(point), "float32")
        method.build(2, {"point": (2,)})
        given = {"point": list(map(ops.convert_to_tensor, gradients))}
        gramian = ops.convert_to_tensor(gradients @ gradients.T)
        found, _ = method.combine(given, gramian, losses, ops.ones(2))
        direction = ops.convert_to_numpy(found["point"])
        point = point - rate * direction / max(1.0, np.linalg.norm(direction))
    return point


class Walk(keras.Model):
    """A point whose two losses a loss balancer makes one."""

    def __init__(self, method):
        super().__init__()
        self.method = method
        self.point = self.add_weight(shape=(2,), initializer=lambda *_, **__: START)

    def call(self, inputs):
        losses = SIZES * ops.sum((self.point - PLACES) ** 2, axis=1) + 1e-3
        self.add_loss(self.method(losses, ops.ones(2)))
        return inputs

    def at(self):
        return losses_of(ops.convert_to_numpy(self.point))


def end_by_losses(method, steps, rate):
    """The point where a loss balancer ends, its steps of one length at most."""
    walk, here = Walk(method), np.zeros((1, 1))
    method.for_tasks(TASKS)
    walk.compile(keras.optimizers.SGD(rate, clipnorm=1.0))
    for step in range(steps):
        epoch, position = divmod(step, STEPS_PER_EPOCH)
        if position == 0:
            method.begin_epoch(epoch)
        before = walk.at()
        walk.train_on_batch(here)
        after = walk.at()
        method.after_step(*(ops.convert_to_tensor(x, "float32") for x in (before, after, (1, 1))))
        if position == STEPS_PER_EPOCH - 1:
            seen = {task.name: float(loss) for task, loss in zip(TASKS, after, strict=True)}
            near = {name: {"accuracy": 1 / (1 + loss)} for name, loss in seen.items()}
            method.end_epoch(epoch, seen, near)
    return ops.convert_to_numpy(walk.point)


def main(options):
    keras.utils.set_random_seed(options.seed)
    kinds = (
        (mtl.balancing.LossBalancer, end_by_losses, "of losses"),
        (mtl.balancing.GradientAggregator, end_by_gradients, "of gradients"),
    )
    figure, axes = plt.subplots(figsize=(8, 6))
    for base, end_of, what in kinds:
        # A schedule is a plan of one's own.
        names = [name for name in NAMES if issubclass(NAMES[name], base) and name != "schedule"]
        ends = {name: end_of(NAMES[name](), options.steps, options.rate) for name in names}
        ends = dict(sorted(ends.items(), key=lambda found: found[1][0]))
        for name, point in ends.items():
            losses = losses_of(point)
            print(f"{name}: {losses[0]:.3f} {losses[1]:.3f}")
        axes.plot([x for x, _ in ends.values()], list(ends), "o", label=what)
    axes.axvline((PLACES[:, 0] * SIZES).sum() / SIZES.sum(), color="0.7", zorder=0)
    axes.set_xlabel("from the first place, at -1, to the second, at 1; the line: least sum")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(title="methods")
    figure.tight_layout()
    figure.savefig(options.output)
    plt.close(figure)


if __name__ == "__main__":
    main(parse())
