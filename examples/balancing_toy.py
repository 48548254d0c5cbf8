"""Two objectives at odds: where each balancing method ends, as a plot.

    python examples/balancing_toy.py docs/balancing-toy.svg

Both are squared distances of a point to a place of their own, the second a hundred times as
large; the points between the two places are the best compromises.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
from keras import ops

from keras_mtl.balancing import GradientAggregator
from keras_mtl.balancing.names import NAMES

PLACES = np.array([[-1.0, 0.0], [1.0, 0.0]])
SIZES = np.array([1.0, 100.0])
START = np.array([-0.5, 1.5])


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", help="an SVG or PNG file")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rate", type=float, default=0.03)
    return parser.parse_args(arguments)


def losses_of(point):
    return SIZES * ((point - PLACES) ** 2).sum(axis=1) + 1e-3


def end_of(method, steps, rate):
    """The point where gradient descent ends, its steps of one length at most."""
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


def main(options):
    figure, axes = plt.subplots(figsize=(7, 5))
    front = np.linspace(*PLACES, 200)
    axes.plot(*np.array(list(map(losses_of, front))).T, color="0.7")
    for name, kind in sorted(NAMES.items()):
        if issubclass(kind, GradientAggregator):
            losses = losses_of(end_of(kind(), options.steps, options.rate))
            print(f"{name}: {losses[0]:.3f} {losses[1]:.3f}")
            axes.scatter(*losses, s=18)
            axes.annotate(name, losses, fontsize=7)
    axes.set(xscale="log", yscale="log", xlabel="first objective", ylabel="second objective")
    figure.savefig(options.output)
    plt.close(figure)


if __name__ == "__main__":
    main(parse())
