import numpy as np
import pytest

from keras_mtl.tasks.score_review import COLUMNS, score_review

LABELS = np.array([1.0, 2.0, 3.0, 4.0, 9.0])
WEIGHTS = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
PREDICTIONS = np.array([1.5, 2.0, 5.0, 3.75, 8.0], np.float32)


def test_figures_by_hand():
    found = score_review(LABELS, WEIGHTS, PREDICTIONS, std=1.0)
    assert found.rows == 4 and found.matrix is None and found.table.columns == COLUMNS
    assert found.badness.tolist() == [0.5, 0.0, 2.0, 0.25, 0.0]
    assert found.right.tolist() == [True, True, False, True, False]
    assert found.expected == ("1", "2", "3", "4", "")
    assert found.predicted == ("1.5", "2", "5", "3.75", "8")
    name, *figures = found.table.rows[0]
    assert name == "all" and figures == pytest.approx(
        [4, 2.5, 3.0625, 2.75 / 4, np.sqrt((0.25 + 4 + 0.0625) / 4)]
    )
    assert [row[:2] for row in found.table.rows[1:]] == [("1", 1), ("2", 1), ("3", 1), ("4", 1)]


def test_quarters_have_the_scores_of_alike_rows():
    labels = np.repeat([1.0, 1.0, 2.0, 5.0], 5) + np.tile([0.0, 0.1, 0.2, 0.3, 0.4], 4)
    found = score_review(labels, np.ones(20), labels, std=1.0)
    assert sum(row[1] for row in found.table.rows[1:]) == 20
    assert found.table.rows[-1][:2] == ("5 to 5.4", 5) and found.right.all()
    same = score_review(np.ones(3), np.ones(3), np.ones(3), std=1.0)
    assert [row[0] for row in same.table.rows] == ["all", "1"]


def test_a_model_that_diverged_predicts_nothing():
    found = score_review(LABELS[:2], WEIGHTS[:2], np.array([np.nan, np.inf]), std=1.0)
    assert found.predicted == ("no number", "no number") and not found.right.any()
    assert np.isfinite(found.badness).all() and (found.badness > 1e5).all()
    assert found.table.rows == (("all", 0, None, None, None, None),)
