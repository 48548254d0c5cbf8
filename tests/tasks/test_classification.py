import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.tasks import classification

pytestmark = pytest.mark.any_backend

LABELS = ("sport", "trade", "weather")
RANDOM = np.random.default_rng(0)
SCORES = RANDOM.normal(0, 3, (20, 3)).astype("float32")
NUMBERS = RANDOM.integers(0, 3, 20).astype("int32")


def loss(numbers=NUMBERS, scores=SCORES, **options) -> np.ndarray:
    task = classification("topic", LABELS, **options)
    found = task.loss(ops.convert_to_tensor(numbers), ops.array(scores, "float32"))
    return np.asarray(ops.convert_to_numpy(found))


def reference(numbers=NUMBERS, scores=SCORES, smoothing: float = 0.0) -> np.ndarray:
    """Cross-entropy in float64."""
    scores = np.asarray(scores, float)
    logs = scores - np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1, keepdims=True))
    logs -= scores.max(1, keepdims=True)
    targets = np.eye(3)[numbers] * (1 - smoothing) + smoothing / 3
    return -(targets * logs).sum(1)


# --- loss ---


def test_loss_is_cross_entropy():
    np.testing.assert_allclose(loss(), reference(), atol=1e-5)
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
    np.testing.assert_allclose(loss(), ops.convert_to_numpy(theirs(NUMBERS, SCORES)), atol=1e-6)


def test_label_smoothing_is_that_of_keras():
    np.testing.assert_allclose(loss(label_smoothing=0.3), reference(smoothing=0.3), atol=1e-5)
    theirs = keras.losses.CategoricalCrossentropy(True, label_smoothing=0.3, reduction=None)
    expected = ops.convert_to_numpy(theirs(np.eye(3, dtype="float32")[NUMBERS], SCORES))
    np.testing.assert_allclose(loss(label_smoothing=0.3), expected, atol=1e-6)


@pytest.mark.parametrize(
    "given", [{"trade": 4, "sport": 0.5}, (0.5, 4.0, 1.0), np.array([0.5, 4, 1])]
)
def test_class_weights_multiply_by_the_true_label(given):
    expected = reference(smoothing=0.1) * np.array([0.5, 4.0, 1.0])[NUMBERS]
    np.testing.assert_allclose(loss(class_weight=given, label_smoothing=0.1), expected, atol=1e-5)


def test_loss_is_exact_where_probabilities_saturate():
    scores = [[100.0, 0.0, 0.0], [100.0, 0.0, 0.0], [-1000.0, 3000.0, 0.0]]
    found = loss(np.array([0, 1, 0]), scores)
    assert found.tolist() == [0.0, 100.0, 4000.0]


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
def test_class_numbers_of_any_type(dtype):
    np.testing.assert_allclose(loss(NUMBERS.astype(dtype)), reference(), atol=1e-5)


@pytest.mark.parametrize("numbers", [NUMBERS[:, None], np.eye(3, dtype="int32")[NUMBERS]])
def test_labels_of_another_shape_are_refused(numbers):
    # They would broadcast to a loss of shape (B, B).
    with pytest.raises(ValueError, match=r"'topic' .* shape \(B,\). Received: shape \(20, "):
        loss(numbers)


def test_labels_outside_the_label_space():
    task = classification("topic", LABELS)
    for labels, expected in (
        ([0, 2, 3, -1], [False, False, True, True]),
        ([0.0, 2.0, 0.5, float("nan")], [False, False, True, True]),
    ):
        found = task.outside(ops.convert_to_tensor(np.array(labels)))
        assert ops.convert_to_numpy(found).tolist() == expected


# --- labels in and out ---


def test_encode():
    task = classification("topic", LABELS)
    values = ["weather", None, "sport", np.str_("trade"), float("nan"), np.float32("nan"), ""]
    labels, weights = task.encode(values, "here")
    assert labels.tolist() == [2, 0, 0, 1, 0, 0, 0] and labels.dtype == np.int32
    assert weights.tolist() == [1, 0, 1, 1, 0, 0, 0] and weights.dtype == np.float32


@pytest.mark.parametrize("unknown", ["wether", 2, ["weather"], 1.5, "Weather"])
def test_an_unknown_label_names_all_that_helps(unknown):
    task = classification("topic", LABELS, "label")
    with pytest.raises(ValueError) as error:
        task.encode(["sport", None, unknown], "'reuters/train', column 'label'")
    message = str(error.value)
    assert f"Received: {unknown!r} in row 2 of 'reuters/train', column 'label'." in message
    assert "task 'topic'" in message and "3 label names ('sport', 'trade', 'weather')" in message
    assert "The nearest is 'weather'" in message or unknown != "wether"


def test_many_labels_are_not_all_listed():
    task = classification("topic", [f"label {number}" for number in range(200)])
    with pytest.raises(ValueError, match="200 label names .*'label 7', ...") as error:
        task.encode(["label 1999"], "here")
    assert "'label 8'" not in str(error.value) and "nearest is 'label 199'" in str(error.value)


def test_decode():
    found = classification("topic", LABELS).decode(np.array([0.25, 0.5, 0.25], np.float32))
    assert found == {"label": "trade", "score": 0.5}
    assert type(found["score"]) is float


def test_prediction_is_a_probability_in_the_order_of_labels():
    layer = classification("topic", LABELS).prediction()
    found = ops.convert_to_numpy(layer(ops.array([[0.0, np.log(2.0), 0.0]])))
    np.testing.assert_allclose(found, [[0.25, 0.5, 0.25]], atol=1e-6)


def test_metrics_by_hand():
    probabilities = np.array([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.1, 0.2, 0.7]])
    labels, weights = np.array([0, 1, 2, 0]), np.array([1.0, 1.0, 1.0, 0.0])
    found = {}
    for metric in classification("topic", LABELS).metrics():
        metric.update_state(labels, ops.array(probabilities, "float32"), sample_weight=weights)
        found[metric.name] = float(metric.result())
    expected = {"accuracy": 2 / 3, "macro_f1": (2 / 3 + 0 + 1) / 3, "weighted_f1": 5 / 9}
    assert found == pytest.approx(expected)


def test_many_classes_are_scored_by_the_first_five_too():
    names = [metric.name for metric in classification("t", list("abcdefghij")).metrics()]
    assert names[-1] == "top_5_accuracy"


# --- declaring ---


def test_the_column_is_the_name_unless_said():
    assert classification("topic", LABELS).column == "topic"
    assert classification("topic", LABELS, "label").column == "label"
    assert classification("topic", list(LABELS)).labels == LABELS


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"labels": "ab"}, TypeError, "`labels` of task 'topic' must be label names"),
        ({"labels": [0, 1]}, TypeError, r"Received: labels=\(0, 1\). For numbers"),
        ({"labels": ["only"]}, ValueError, "'topic' must be at least 2"),
        ({"labels": []}, ValueError, "'topic' must be at least 2"),
        ({"labels": ["a", "b", "a"]}, ValueError, r"each label once. Received twice: \['a'\]"),
        ({"pooling": "median"}, ValueError, "`pooling` of task 'topic' .* 'last'. Received: pool"),
        ({"hidden_dim": 0}, ValueError, "`hidden_dim` of task 'topic' must be at least 1"),
        (
            {"dropout": 1.0},
            ValueError,
            r"`dropout` of task 'topic' .*\[0, 1\). Received: dropout=1",
        ),
        ({"label_smoothing": -0.1}, ValueError, "`label_smoothing` of task 'topic'"),
        ({"label_smoothing": float("nan")}, ValueError, "Received: label_smoothing=nan"),
        ({"class_weight": {"a": 1, "c": 2}}, ValueError, r"must name labels .*weights of \['c'\]"),
        ({"class_weight": {"a": 0}}, ValueError, "all above 0"),
        ({"class_weight": [1, 2, 3]}, ValueError, "or 2 weights.*Received: class_weight"),
        ({"class_weight": [1, float("nan")]}, ValueError, "all above 0"),
        ({"class_weight": "balanced"}, ValueError, "`balanced_class_weight` computes one"),
        ({"class_weight": 2.0}, ValueError, "Received: class_weight=2.0"),
        ({"focal_gamma": -1}, ValueError, "`focal_gamma` of task 'topic' .*Received: focal_gamma"),
        ({"focal_gamma": float("inf")}, ValueError, "number of 0 or more; 0 is cross-entropy"),
        ({"focal_gamma": True}, ValueError, "Received: focal_gamma=True"),
    ],
)
def test_what_cannot_be_used_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        classification("topic", **{"labels": ["a", "b"], **options})
