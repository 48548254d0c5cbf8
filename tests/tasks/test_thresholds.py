import numpy as np
import pytest
from sklearn.metrics import f1_score

from keras_mtl.tasks import fit_thresholds

NAMES = ("anger", "joy")


def one(labels, probabilities, **options):
    given = (np.array(labels)[:, None], np.array(probabilities, np.float32)[:, None])
    return fit_thresholds(*given, **options)[0]


def best_by_trying(labels, probabilities):
    """The best F1 of one label over every cut there is."""
    return max(
        f1_score(labels, probabilities >= cut, zero_division=0) for cut in np.unique(probabilities)
    )


@pytest.mark.parametrize("digits", [8, 1])  # With one digit most probabilities are ties.
def test_no_threshold_has_a_higher_f1(digits):
    random = np.random.default_rng(digits)
    labels = (random.random((60, 5)) < [0.05, 0.2, 0.5, 0.8, 1.0]).astype(int)
    labels[7] = 1
    noisy = np.clip(0.4 * labels + random.random((60, 5)) * 0.6, 0, 1)
    probabilities = noisy.round(digits).astype(np.float32)
    found = np.array(fit_thresholds(labels, probabilities), np.float32)
    for number in range(5):
        own, given = labels[:, number], probabilities[:, number]
        reached = f1_score(own, given >= found[number])
        assert reached == pytest.approx(best_by_trying(own, given))


@pytest.mark.parametrize(
    ("labels", "probabilities", "expected"),
    [
        ([1, 1, 0, 0], [0.75, 0.5, 0.25, 0.0], 0.375),  # Midway between two rows.
        ([0, 1], [0.75, 0.5], 0.25),  # All rows: midway between the lowest and 0.
        ([1, 0, 0, 1], [1.0, 0.75, 0.5, 0.25], 0.875),  # F1 2/3 twice, the highest of both.
        ([1, 0], [0.5, 0.5], 0.25),  # Equally probable rows are taken together.
        ([1, 1], [0.0, 0.0], 0.0),
    ],
)
def test_thresholds_by_hand(labels, probabilities, expected):
    assert one(labels, probabilities) == expected


def test_neighbours_among_numbers_are_told_apart():
    high = np.float32(0.3)
    low = np.nextafter(high, np.float32(0))
    assert low < np.float32(one([1, 0], [high, low])) <= high


def test_a_label_without_rows_is_an_error_or_gets_the_default():
    labels, probabilities = np.array([[1, 0], [0, 0]]), np.array([[0.9, 0.3], [0.2, 0.1]])
    with pytest.raises(ValueError, match=r"Received: 2 rows, none with 'joy'. .* `default`"):
        fit_thresholds(labels, probabilities, NAMES)
    with pytest.raises(ValueError, match="none with '1'"):
        fit_thresholds(labels, probabilities)
    assert fit_thresholds(labels, probabilities, NAMES, default=0.4)[1] == 0.4


@pytest.mark.parametrize(
    ("labels", "probabilities", "options", "message"),
    [
        ([[1, 0]], [[0.5]], {}, r"one shape .* labels \(1, 2\), probabilities \(1, 1\)"),
        (np.zeros((0, 2)), np.zeros((0, 2)), {}, "at least one row"),
        ([1, 0], [0.5, 0.5], {}, r"Received: labels \(2,\)"),
        ([[2, 1]], [[0.5, 0.5]], {}, "Received: others, from 1 to 2"),
        ([[1, 1]], [[0.5, 1.5]], {}, "Received: from 0.5 to 1.5"),
        ([[1, 1]], [[0.5, float("nan")]], {}, "of a model that diverged"),
        ([[1, 1]], [[0.5, 0.5]], {"names": ["joy"]}, "for each of the 2 labels. Received: 1"),
        ([[1, 0]], [[0.5, 0.5]], {"default": 2.0}, "from 0 to 1, or None. Received: 2.0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(labels, probabilities, options, message):
    with pytest.raises(ValueError, match=message):
        fit_thresholds(np.array(labels), np.array(probabilities), **options)
