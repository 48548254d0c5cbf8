"""Gradients of few rows are told of."""

import pytest

from tests.training import traded
from tests.training.small import demo_mixture, demo_model

pytestmark = pytest.mark.any_backend


def test_few_rows_of_a_stream_are_told():
    model = demo_model()
    model.compile("sgd", balancer=traded.Fixed())
    with pytest.warns(UserWarning, match="8 rows or more .* Received: 5 of 'topic'"):
        model.fit(demo_mixture(batch_size=16), steps_per_epoch=1, verbose=0)


def test_few_rows_of_a_plain_fit_are_told():
    model, (x, y, _) = traded.plain()
    model.compile("sgd", balancer=traded.Fixed())
    with pytest.warns(UserWarning, match="Received: 6 of 'topic', 6 of 'sentiment'"):
        model.fit(x, y, batch_size=6, steps_per_epoch=1, verbose=0)


@pytest.mark.parametrize("balancer", ["equal", "fixed"])
def test_enough_rows_and_plain_sums_are_not(balancer):
    model, (x, y, _) = traded.plain()
    model.compile("sgd", balancer="equal" if balancer == "equal" else traded.Fixed())
    # A warning would be an error here.
    model.fit(x, y, batch_size=6 if balancer == "equal" else 8, steps_per_epoch=1, verbose=0)
