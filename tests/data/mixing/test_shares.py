import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data.mixing.shares import rows_per_step, stream_shares

ROWS = {"big": 900, "small": 100}


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("proportional", [0.9, 0.1]),
        ("uniform", [0.5, 0.5]),
        (1, [0.9, 0.1]),
        (2.0, [0.75, 0.25]),  # The roots are 30 and 10.
        (np.float32(2), [0.75, 0.25]),
        (1e9, [0.5, 0.5]),
        (1e-3, [1.0, 0.0]),  # 900 to the power of 1,000 is no number.
        ({"small": 3, "big": 1}, [0.25, 0.75]),
        ({"small": 1e308, "big": 1e308}, [0.5, 0.5]),
    ],
)
def test_shares_by_hand(share, expected):
    found = stream_shares(share, ROWS)
    assert list(found) == ["big", "small"]
    assert list(found.values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    "share",
    ["", "even", None, 0, -1, True, float("nan"), float("inf"), [1, 2], {}, {"big": 1}]
    + [{"big": 1, "small": 0}, {"big": 1, "small": "a"}, {"big": 1, "small": 1, "other": 1}],
)
def test_other_shares_are_refused(share):
    with pytest.raises(ValueError, match="`share` of a mixture .* Received: share="):
        stream_shares(share, ROWS)


@pytest.mark.parametrize(
    ("shares", "batch_size", "replicas", "expected"),
    [
        ([0.9, 0.1], 10, 1, [9, 1]),
        ([0.99, 0.01], 10, 1, [9, 1]),  # At least one.
        ([0.5, 0.3, 0.2], 64, 1, [32, 19, 13]),  # 32, 19.2, 12.8.
        ([0.98, 0.01, 0.01], 3, 1, [1, 1, 1]),
        ([0.75, 0.25], 8, 2, [6, 2]),
        ([0.6, 0.4], 8, 4, [4, 4]),
        ([1.0], 7, 1, [7]),
    ],
)
def test_rows_by_hand(shares, batch_size, replicas, expected):
    named = {str(number): share for number, share in enumerate(shares)}
    assert list(rows_per_step(named, batch_size, replicas).values()) == expected


@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20),
    st.integers(0, 200),
    st.integers(1, 8),
)
def test_rows_always_add_up(weights, more, replicas):
    shares = {str(i): weight / sum(weights) for i, weight in enumerate(weights)}
    batch_size = (len(shares) + more) * replicas
    rows = rows_per_step(shares, batch_size, replicas)
    assert list(rows) == list(shares) and sum(rows.values()) == batch_size
    assert all(count >= replicas and count % replicas == 0 for count in rows.values())
    # A larger share never gets fewer rows; and none is a whole unit above its share, unless
    # that is the one it must have.
    for one in rows:
        assert rows[one] / replicas < max(shares[one] * batch_size / replicas + 1, 1.0) + 1e-6
        assert all(rows[one] >= rows[other] for other in rows if shares[one] > shares[other] + 1e-9)


@pytest.mark.parametrize(
    ("batch_size", "replicas", "message"),
    [
        (1, 1, r"batch_size=1 for 2 streams \(big, small\) on 1 replica.* at least 2"),
        (6, 4, r"batch_size=6 .* on 4 replica.* at least 8, for example 8"),
        (9, 2, r"multiple of the replicas. Received: batch_size=9 .* for example 10"),
    ],
)
def test_a_batch_too_small_or_uneven_is_refused(batch_size, replicas, message):
    with pytest.raises(ValueError, match=message):
        rows_per_step(stream_shares("uniform", ROWS), batch_size, replicas)
