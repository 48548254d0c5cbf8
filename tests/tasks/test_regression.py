import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.tasks import regression

pytestmark = pytest.mark.any_backend

LABELS = np.array([1.0, 2.5, 4.0, 5.0], np.float32)
SCORES = np.array([[0.5], [-1.0], [3.0], [0.0]], np.float32)


def stars(**options):
    return regression("stars", **{"range": (1, 5), "mean": 2.0, "std": 0.5, **options})


# --- the unit ---


def test_the_unit_is_that_of_the_training_labels():
    values = [1, 2.0, None, np.float32(4), np.int64(5), float("nan"), ""]
    task = regression("stars", values)
    assert task.mean == pytest.approx(3.0) and task.std == pytest.approx(np.std([1, 2, 4, 5]))
    assert regression("stars", values, mean=1.0).mean == 1.0
    assert regression("stars", values, std=2).std == 2.0
    assert regression("stars", [3, 3], std=2).mean == 3.0


def test_the_unit_without_labels():
    assert (regression("stars").mean, regression("stars").std) == (0.0, 1.0)
    ranged = regression("stars", range=(1, 5))
    assert (ranged.mean, ranged.std, ranged.range) == (3.0, 1.0, (1.0, 5.0))


def test_predictions_are_in_the_unit_of_the_labels_and_in_their_range():
    found = ops.convert_to_numpy(stars().prediction()(ops.array(SCORES)))
    np.testing.assert_allclose(found, [[2.25], [1.5], [3.5], [2.0]])
    wide = ops.array([[100.0], [-100.0]])
    assert ops.convert_to_numpy(stars().prediction()(wide)).ravel().tolist() == [5.0, 1.0]
    free = ops.convert_to_numpy(stars(range=None).prediction()(wide))
    assert free.ravel().tolist() == [52.0, -48.0]


# --- the loss ---


@pytest.mark.parametrize("dtype", ["float32", "int32", "float64", "int64"])
def test_the_loss_is_the_squared_error_of_standardised_scores(dtype):
    labels = LABELS.astype(dtype)
    found = stars().loss(ops.convert_to_tensor(labels), ops.array(SCORES))
    expected = ((labels.astype(float) - 2.0) / 0.5 - SCORES[:, 0]) ** 2
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-6)


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"'stars' must be scores of shape \(B,\). .*\(4, 2\)"):
        stars().loss(ops.ones((4, 2)), ops.array(SCORES))


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((1, 5), [False, False, True, True, True, True]),
        (None, [False, False, False, False, True, True]),
    ],
)
def test_labels_outside_the_label_space(bounds, expected):
    labels = np.array([1.0, 5.0, 0.99, 5.5, np.nan, np.inf], np.float32)
    found = stars(range=bounds).outside(ops.convert_to_tensor(labels))
    assert ops.convert_to_numpy(found).tolist() == expected


# --- labels in and out ---


def test_encode():
    values = [1, None, 4.5, np.float64(2), float("nan"), "", np.int32(5)]
    labels, weights = stars().encode(values, "here")
    assert labels.dtype == weights.dtype == np.float32
    assert weights.tolist() == [1, 0, 1, 1, 0, 0, 1]
    assert labels[weights > 0].tolist() == [1, 4.5, 2, 5]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (5.01, "wider `range`"),
        (-1, "wider `range`"),
        (float("inf"), "Give numbers"),
        ("4.5", "Text is no score"),
        ("good", "Text is no score"),
        ([4.5], "Give numbers"),
        (True, "Give numbers"),
        (10**400, "Give numbers"),
    ],
)
def test_what_is_no_score_names_all_that_helps(value, hint):
    with pytest.raises(ValueError) as error:
        stars().encode([1.0, None, value], "'shop/train', column 'stars'")
    message = str(error.value)
    assert "Each label of task 'stars' must be a number from 1 to 5, or None." in message
    assert f"Received: {value!r:.80} (" in message
    assert "in row 2 of 'shop/train', column 'stars'." in message and hint in message


def test_decode():
    found = stars().decode(np.array([3.25], np.float32))
    assert found == {"score": 3.25} and type(found["score"]) is float


def test_groups_are_quarters_of_the_scores():
    labels = np.array([5.0, 1.0, 3.0, 2.0, 4.0, 1.0], np.float32)
    rows, groups = stars().groups(labels)
    assert rows.tolist() == [0, 1, 2, 3, 4, 5] and groups.tolist() == [3, 0, 2, 1, 3, 0]
    assert [len(one) for one in stars().groups(labels[:0])] == [0, 0]


def test_metrics_by_hand():
    labels, weights = np.array([1.0, 2.0, 4.0, 9.0]), np.array([1.0, 1.0, 1.0, 0.0])
    predictions = np.array([[1.0], [4.0], [5.0], [np.inf]])
    found = {}
    for metric in stars().metrics():
        metric.update_state(
            ops.array(labels, "float32"), ops.array(predictions[:3].tolist() + [[0]], "float32"),
            sample_weight=ops.array(weights, "float32"),
        )  # fmt: skip
        found[metric.name] = float(metric.result())
    pearson = np.corrcoef(labels[:3], predictions[:3, 0])[0, 1]
    expected = {"mae": 1.0, "rmse": np.sqrt(5 / 3), "pearson": pearson, "spearman": 1.0}
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_better_direction_of_each_metric_is_known():
    found = {metric.name: metric._direction for metric in stars().metrics()}
    assert found == {"mae": "down", "rmse": "down", "pearson": "up", "spearman": "up"}


# --- declaring ---


def test_a_task_from_its_config_is_equal():
    task = stars(hidden_dim=3, column="rating")
    config = keras.saving.serialize_keras_object(task)
    assert keras.saving.deserialize_keras_object(config) == task


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"range": (5, 1)}, r"`range` of task 'stars' .* range=\(1, 5\).*Received: range=\(5, 1\)"),
        ({"range": 5}, "Received: range=5"),
        ({"range": (1, float("inf"))}, "lowest and the highest"),
        ({"range": ("1", "5")}, "lowest and the highest"),
        ({"mean": 7}, "`mean` of task 'stars' must be a number from 1 to 5. Received: mean=7"),
        ({"mean": float("nan"), "range": None}, "`mean` .* a finite number. Received: mean=nan"),
        ({"std": 0}, "`std` of task 'stars' must be a number above 0. Received: std=0"),
        ({"values": [1, "3"], "std": None}, "Received: '3' .* in row 1 of `values`"),
        ({"values": [1, 9], "std": None}, "must be a number from 1 to 5, or None. Received: 9"),
        ({"values": [None], "std": None}, "at least one score .* Received: none"),
        ({"values": [3, 3], "std": None}, "different scores.* Received: 3 in every row"),
        ({"pooling": "median"}, "`pooling` of task 'stars'"),
        ({"hidden_dim": 0}, "`hidden_dim` of task 'stars'"),
        ({"dropout": 1.0}, "`dropout` of task 'stars'"),
        ({"layer": 0}, "`layer` of task 'stars'"),
    ],
)
def test_what_cannot_be_used_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        stars(**options)
