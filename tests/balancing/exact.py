"""Exact answers in double precision, by looking at every choice of free entries."""

import itertools

import numpy as np


def nonnegative(gramian, linear):
    """The least `z' G z / 2 + c' z` over `z >= 0`, of small problems."""
    tasks, best, least = len(linear), np.zeros(len(linear)), 0.0
    for size in range(1, tasks + 1):
        for free in map(list, itertools.combinations(range(tasks), size)):
            part = gramian[np.ix_(free, free)]
            found = np.zeros(tasks)
            found[free] = np.linalg.lstsq(part, -linear[free], rcond=1e-13)[0]
            value = found @ gramian @ found / 2 + linear @ found
            if (found >= -1e-12).all() and value < least:
                best, least = found, value
    return best


def upgrad(gramian):
    tasks = len(gramian)
    shares = np.eye(tasks) / tasks
    return sum(one + nonnegative(gramian, gramian @ one) for one in shares)


def dual_proj(gramian):
    shares = np.full(len(gramian), 1 / len(gramian))
    return shares + nonnegative(gramian, gramian @ shares)


def length(gramian, weights):
    return np.sqrt(max(weights @ gramian @ weights, 0.0))


def cagrad_objective(gramian, weights, c):
    mean = np.full(len(gramian), 1 / len(gramian))
    return weights @ gramian @ mean + c * length(gramian, mean) * length(gramian, weights)
