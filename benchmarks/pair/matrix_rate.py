"""How fast this machine multiplies float32 matrices."""

import importlib.util
import time

SIZE = 2048
REPEATS = 10


def measured(settings):
    """Operations per second of the fastest product, by library."""
    rates = {"numpy": numpy_rate(), "tensorflow": tensorflow_rate()}
    if importlib.util.find_spec("torch"):
        rates["torch"] = torch_rate()
    return rates


def best(product, size=SIZE):
    """Operations per second of the fastest of some products of square matrices."""
    product()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        product()
        times.append(time.perf_counter() - begin)
    return 2 * size**3 / min(times)


def numpy_rate():
    import numpy as np

    matrix = np.random.default_rng(0).random((SIZE, SIZE), np.float32)
    return best(lambda: matrix @ matrix)


def tensorflow_rate():
    import tensorflow as tf

    matrix = tf.random.uniform((SIZE, SIZE))
    return best(lambda: tf.matmul(matrix, matrix).numpy())


def torch_rate():
    import torch

    matrix = torch.rand(SIZE, SIZE)
    return best(lambda: matrix @ matrix)
