"""Freezing and thawing under balancers, those that keep gradients of variables among them."""

import numpy as np
import pytest

from keras_mtl import balancing, transfer
from tests.training.small import id_model, id_rows

pytestmark = pytest.mark.any_backend

BALANCERS = {
    "uncertainty": lambda: "uncertainty",
    "uncertainty before upgrad": lambda: balancing.UPGrad(loss_balancer="uncertainty"),
    "moco": lambda: balancing.get("moco"),
    "pcgrad": lambda: "pcgrad",
    "at features": lambda: balancing.MGDA(level="features"),
}


@pytest.mark.parametrize("make", BALANCERS.values(), ids=BALANCERS)
def test_a_balancer_goes_on(make):
    x, y = id_rows(rows=32)
    model = id_model(kind="bag")
    model.compile("adam", balancer=make())
    options = {"batch_size": 16, "verbose": 0}
    model.fit(x, y, **options)
    kept = {v.name: np.array(v) for one in model.balancer_layers for v in one.variables}
    transfer.freeze(model, "trunk")
    now = {v.name: np.array(v) for one in model.balancer_layers for v in one.variables}
    small = [name for name, value in kept.items() if value.size <= 4]
    assert small or not kept
    for name in small:  # What it knows of the tasks; of variables it keeps what is trained still.
        np.testing.assert_array_equal(kept[name], now[name])
    before = [np.array(v) for v in model.trunk.weights]
    model.fit(x, y, **options)
    assert all(map(np.array_equal, before, model.trunk.weights))
    transfer.thaw(model, "trunk")
    model.fit(x, y, **options)
    assert not all(map(np.array_equal, before, model.trunk.weights))
