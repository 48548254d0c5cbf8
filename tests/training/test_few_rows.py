"""Gradients of few rows are told of."""

import pytest

from tests.training import traded
from tests.training.small import demo_mixture, demo_model

pytestmark = pytest.mark.any_backend


def test_few_rows_of_a_stream_are_told():
    model = demo_model()
    model.compile("sgd", balancer=traded.Fixed())
    with pytest.warns(UserWarning, match="8 rows or more .* Received: 5 of 'topic'"):
        mixture = demo_mixture(batch_size=16, share="proportional")
        model.fit(mixture, steps_per_epoch=1, verbose=0)


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


@pytest.mark.parametrize("balancer", ["equal", "fixed"])
def test_shares_are_uniform_for_gradients_where_none_are_given(balancer):
    model = demo_model()
    model.compile("sgd", balancer="equal" if balancer == "equal" else traded.Fixed())
    rows = demo_mixture(batch_size=18).report(model)["rows_per_step"]
    expected = (
        {"reviews": 12, "newswire": 6} if balancer == "equal" else {"reviews": 9, "newswire": 9}
    )
    assert rows == expected
    # As `fit` does: no warning of 6 rows.
    model.fit(demo_mixture(batch_size=18), steps_per_epoch=1, verbose=0)
    given = demo_mixture(batch_size=18, share={"reviews": 1.0, "newswire": 1.25}).report(model)
    assert given["rows_per_step"] == {"reviews": 8, "newswire": 10}
