import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.tasks import classification, from_config, multilabel
from tests.figures import at_most

pytestmark = pytest.mark.any_backend

LABELS = ("anger", "joy", "love")
RANDOM = np.random.default_rng(0)
SCORES = RANDOM.normal(0, 3, (20, 3)).astype("float32")
HOT = RANDOM.integers(0, 2, (20, 3)).astype("int8")
TASK = multilabel("emotion", LABELS, threshold={"love": 0.25})


def loss(labels=HOT, scores=SCORES, **options):
    task = multilabel("emotion", LABELS, **options)
    found = task.loss(ops.convert_to_tensor(labels), ops.array(scores, "float32"))
    return np.asarray(ops.convert_to_numpy(found))


def reference(pos_weight=1.0):
    """The mean of the binary cross-entropies, in float64."""
    scores = SCORES.astype(float)
    there, not_there = np.log1p(np.exp(-scores)) * pos_weight, np.log1p(np.exp(scores))
    return (HOT * there + (1 - HOT) * not_there).mean(axis=1)


# --- loss ---


def test_loss_is_the_mean_binary_cross_entropy():
    at_most("loss of several labels from numpy", np.abs(loss() - reference()).max(), 1e-5)
    theirs = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
    expected = ops.convert_to_numpy(theirs(HOT.astype("float32"), SCORES))
    np.testing.assert_allclose(loss(), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "weights"), [({"joy": 4}, [1, 4, 1]), ((0.5, 4, 1), [0.5, 4, 1]), (2, [2, 2, 2])]
)
def test_pos_weight_multiplies_the_loss_of_labels_that_are_there(given, weights):
    expected = reference(np.array(weights, float))
    np.testing.assert_allclose(loss(pos_weight=given), expected, atol=1e-5)


def test_loss_is_exact_where_probabilities_saturate():
    found = loss(np.array([[1, 0, 0], [0, 1, 0]]), [[300.0, -300, 0], [300.0, -600, -900]])
    np.testing.assert_allclose(found, [np.log(2) / 3, 300], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["int8", "int64", "bool", "float32"])
def test_labels_of_any_type(dtype):
    np.testing.assert_allclose(loss(HOT.astype(dtype)), reference(), atol=1e-5)
    outside = TASK.outside(ops.convert_to_tensor(HOT.astype(dtype)))
    assert not ops.convert_to_numpy(outside).any()


@pytest.mark.parametrize("labels", [HOT[:, 0], HOT[:, :2], HOT[..., None]])
def test_labels_of_another_shape_are_refused(labels):
    for ask in (loss, TASK.outside):
        with pytest.raises(ValueError, match=r"its 3 labels.*shape \(B, 3\). Received: shape \(2"):
            ask(labels)


def test_labels_outside_the_label_space():
    labels = [[0, 1, 1], [0, 2, 0], [0, 0, -1], [0.5, 0, 0], [float("nan"), 1, 0]]
    found = TASK.outside(ops.convert_to_tensor(np.array(labels)))
    assert ops.convert_to_numpy(found).tolist() == [False, True, True, True, True]


# --- labels in and out ---


def test_encode():
    values = [("love", "anger"), [], None, "joy", float("nan"), "", {"joy"}]
    labels, weights = TASK.encode(values, "here")
    assert labels.tolist() == [[1, 0, 1], [0] * 3, [0] * 3, [0, 1, 0], [0] * 3, [0] * 3, [0, 1, 0]]
    assert weights.tolist() == [1, 1, 0, 1, 0, 0, 1] and weights.dtype == np.float32


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["joy", "lvoe"], "Received: 'lvoe' in row 1 of 'a/train'. The nearest is 'love'"),
        ("joi", "Received: 'joi' in row 1 of 'a/train'. The nearest is 'joy'"),
        (["joy", "love", "joy"], "each label once. Received: .* in row 1 of 'a/train'; twice: 'jo"),
        ([0, 1, 1], r"list of label names.* Received: \[0, 1, 1\] in row 1 of 'a/train'"),
        (["joy", None], r"or None if they are not known. Received: \['joy', None\]"),
        (3, "Received: 3 in row 1 of 'a/train'. Write the names"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(value, message):
    with pytest.raises(ValueError, match=f"task 'emotion' .*{message}"):
        TASK.encode([[], value], "'a/train'")


def test_a_task_of_one_label_names_the_other_kind():
    with pytest.raises(ValueError, match="are a task of kind `multilabel`"):
        classification("emotion", LABELS).encode([["joy", "love"]], "here")


def test_decode_gives_the_labels_that_reach_their_threshold_the_most_probable_first():
    found = TASK.decode(np.array([0.5, 0.75, 0.25], np.float32))
    assert found == {
        "labels": ["joy", "anger", "love"],
        "scores": {"joy": 0.75, "anger": 0.5, "love": 0.25},
    }
    assert type(found["scores"]["joy"]) is float
    assert TASK.decode(np.array([0.4, 0.1, 0.2], np.float32)) == {"labels": [], "scores": {}}


def test_prediction_is_a_probability_of_each_label():
    found = ops.convert_to_numpy(TASK.prediction()(ops.array([[0.0, np.log(3.0), -50.0]])))
    np.testing.assert_allclose(found, [[0.5, 0.75, 0.0]], atol=1e-6)


def test_metrics_by_hand():
    labels, weights = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1]]), np.array([1.0, 1.0, 0.0])
    probabilities = np.array([[0.6, 0.5, 0.3], [0.6, 0.4, 0.1], [0.1, 0.1, 0.1]])
    found = {}
    for metric in TASK.metrics():
        metric.update_state(labels, ops.array(probabilities, "float32"), sample_weight=weights)
        found[metric.name] = float(metric.result())
    assert found == pytest.approx(
        {
            "micro_f1": 2 * 2 / (3 + 4),
            "macro_f1": (2 / 3 + 0 + 1) / 3,
            "label_ranking_average_precision": ((1 + 2 / 3) / 2 + 1 / 2) / 2,
        }
    )


def test_rows_are_in_the_group_of_each_label_or_in_that_of_none():
    rows, groups = TASK.groups(np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], np.int8))
    assert rows.tolist() == [0, 0, 1, 2] and groups.tolist() == [0, 2, 3, 1]


# --- review ---


def test_review_by_hand():
    labels = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 1, 1]], np.int8)
    weights = np.array([1, 1, 1, 0], np.float32)
    probabilities = np.array(
        [[0.9, 0.6, 0.1], [0.1, 0.2, 0.2], [0.5, 0.25, 0.25], [0.9, 0.1, 0.3]], np.float32
    )
    found = TASK.review(labels, weights, probabilities)
    assert found.rows == 3 and found.matrix is None and found.probabilities is None
    assert found.table.columns == ("label", "rows", "threshold", "precision", "recall", "F1")
    assert found.table.rows == (
        ("anger", 1, 0.5, 0.5, 1.0, 2 / 3),
        ("joy", 2, 0.5, 1.0, 0.5, 2 / 3),
        ("love", 0, 0.25, 0.0, None, 0.0),
    )
    assert found.expected == ("anger, joy", "(none)", "joy", "")
    assert found.predicted == ("anger, joy", "(none)", "anger, love", "anger, love")
    assert found.right.tolist() == [True, True, False, False]
    losses = [-np.log([0.9, 0.6, 0.9]).mean(), -np.log([0.9, 0.8, 0.8]).mean()]
    losses += [-np.log([0.5, 0.25, 0.75]).mean(), 0]
    np.testing.assert_allclose(found.badness, losses, rtol=1e-6)


def test_review_of_a_model_that_diverged():
    probabilities = np.array([[np.nan, 0.9, 0.1], [0.9, np.inf, 0.1], [1.0, 0.0, 0.0]])
    found = TASK.review(np.array([[0, 1, 0]] * 2 + [[1, 0, 0]]), np.ones(3), probabilities)
    assert found.predicted == ("", "", "anger") and found.right.tolist() == [False, False, True]
    assert found.badness[2] == 0 and (found.badness[:2] > 80).all()
    assert found.table.rows[1] == ("joy", 2, 0.5, None, 0.0, 0.0)


# --- declaring ---


def test_thresholds_for_all_by_name_or_in_class_order():
    assert multilabel("t", LABELS).threshold == 0.5
    assert multilabel("t", LABELS, threshold=[1, 0, 0.5]).threshold == (1.0, 0.0, 0.5)
    assert TASK.threshold == (0.5, 0.5, 0.25)
    assert TASK.thresholds.dtype == np.float32 and hash(TASK) == hash(from_config_of(TASK))
    assert from_config_of(TASK) == TASK


def from_config_of(task):
    return from_config(keras.saving.serialize_keras_object(task))


def test_fitted_thresholds_make_another_task():
    labels, weak = np.array([[1, 1, 0], [0, 1, 1]]), np.array([[0.2, 0.2, 0.1], [0.1, 0.1, 0.4]])
    found = TASK.with_fitted_thresholds(labels, weak)
    assert found.threshold == pytest.approx((0.15, 0.05, 0.25)) and found.labels == TASK.labels
    assert TASK.threshold == (0.5, 0.5, 0.25)
    with pytest.raises(ValueError, match="label of task 'emotion' .* none with 'love'"):
        TASK.with_fitted_thresholds(labels[:1], weak[:1])
    with pytest.raises(ValueError, match="Received: task 'topic', a Classification"):
        classification("topic", LABELS).with_fitted_thresholds(labels, weak)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"labels": "ab"}, TypeError, "`labels` of task 'emotion' must be label names"),
        ({"labels": ["a", "b", "a"]}, ValueError, r"Received twice: \['a'\]"),
        ({"threshold": 1.5}, ValueError, "number from 0 to 1, .* or 2 of them.*threshold=1.5"),
        ({"threshold": [0.5]}, ValueError, r"Received: threshold=\[0.5\]"),
        ({"threshold": {"c": 0.5}}, ValueError, r"name labels .*Received: \['c'\]. Labels not .*0"),
        ({"threshold": {"a": None}}, ValueError, "Received: threshold={'a': None}"),
        ({"threshold": "fitted"}, ValueError, "Received: threshold='fitted'"),
        ({"threshold": float("nan")}, ValueError, "Received: threshold=nan"),
        ({"threshold": True}, ValueError, "Received: threshold=True"),
        ({"pos_weight": 0}, ValueError, "`pos_weight` of task 'emotion' must be a number above 0"),
        ({"pos_weight": [1, float("inf")]}, ValueError, "Received: pos_weight"),
        ({"pooling": "median"}, ValueError, "`pooling` of task 'emotion'"),
        ({"hidden_dim": 0}, ValueError, "`hidden_dim` of task 'emotion'"),
        ({"dropout": 1.0}, ValueError, "`dropout` of task 'emotion'"),
        ({"layer": 0}, ValueError, "`layer` of task 'emotion'"),
    ],
)
def test_what_cannot_be_used_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        multilabel("emotion", **{"labels": ["a", "b"], **options})
