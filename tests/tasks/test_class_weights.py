import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from keras_mtl.tasks import balanced_class_weight, classification

LABELS = np.random.default_rng(0).choice(list("abcd"), 200, p=[0.7, 0.2, 0.07, 0.03]).tolist()


def test_is_that_of_scikit_learn():
    expected = compute_class_weight("balanced", classes=np.array(list("abcd")), y=np.array(LABELS))
    found = balanced_class_weight([*LABELS, None, None])
    assert list(found) == list("abcd")
    assert list(found.values()) == pytest.approx(expected)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_mean_weight_of_a_row_is_one(power):
    weights = balanced_class_weight(LABELS, power)
    assert np.mean([weights[label] for label in LABELS]) == pytest.approx(1.0)
    ratio = LABELS.count("a") / LABELS.count("d")
    assert weights["d"] / weights["a"] == pytest.approx(ratio**power)


def test_a_task_takes_it():
    task = classification("letter", list("abcde"), class_weight=balanced_class_weight(LABELS))
    assert task.class_weight[4] == 1.0 and task.class_weight[3] > task.class_weight[0]


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="at least one label .* Received: none"):
        balanced_class_weight([None])
    with pytest.raises(TypeError, match="list of label names. Received: labels='ham'"):
        balanced_class_weight("ham")
