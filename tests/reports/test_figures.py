import pytest

from keras_mtl.reports import figures


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), [], 10**400])
def test_what_is_no_finite_number_is_a_dash(value):
    assert figures.number(value) is None
    for write in (figures.figure, figures.count, figures.percent, figures.duration):
        assert write(value) == "–"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-0.5, "-0.500"), (9.9996, "10.000"), (99.5, "99.50"), (123.456, "123.5"), (1e9, "1.0e+09")],
)
def test_figure(value, expected):
    assert figures.figure(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "0.0"), (1, "100.0"), (0.9999, ">99.9"), (0.0001, "<0.1")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(value, expected):
    assert figures.percent(value) == f"{expected}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0.00 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (59.9, "1 min 0 s"),
        (3599.7, "1 h 0 min"),
        (86_399, "1 d 0 h"),
        (90_000, "1 d 1 h"),
        (-1, "–"),
    ],
)
def test_duration(seconds, expected):
    assert figures.duration(seconds).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_a_time_of_elsewhere_is_told_in_utc():
    assert figures.moment("2025-12-31T23:30:00-02:00") == "1 Jan 2026, 01:30 UTC"
    assert figures.moment("2025-12-31T23:30:00") == "31 Dec 2025, 23:30 UTC"
    assert figures.moment(None) == "–" and figures.moment(7) == "7"
