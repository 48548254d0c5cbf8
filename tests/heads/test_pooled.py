import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl import tasks
from keras_mtl.heads import PooledHead
from keras_mtl.tasks import (
    Ranking,
    Task,
    classification,
    multilabel,
    ordinal,
    pair_classification,
    regression,
    similarity,
    tagging,
)
from tests.contracts import check_head, random_features

pytestmark = pytest.mark.any_backend

LABELS = ("a", "b", "c")
TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
# At least one of every kind of task that the package exports.
EXAMPLES = [
    classification("plain", LABELS),
    classification("all", LABELS, "column", pooling="max", hidden_dim=5, dropout=0.4),
    classification("weighted", LABELS, label_smoothing=0.2, class_weight={"b": 3}),
    classification("last", LABELS, pooling="last"),
    classification("first", LABELS, pooling="first"),
    classification("sum", LABELS, pooling="sqrtn"),
    classification("many", [f"label {number}" for number in range(12)]),
    pair_classification("pair", LABELS, joint=True),
    similarity("alike", range=(0, 5), joint=True),
    ordinal("urgency", LABELS),
    ordinal("grade", LABELS[:2], pooling="last", hidden_dim=3, dropout=0.2),
    regression("score"),
    regression("stars", [1, 2, 5], range=(1, 5), pooling="max", hidden_dim=3, dropout=0.2),
    multilabel("several", LABELS),
    multilabel("rare", LABELS, threshold=(0.2, 0.5, 0.7), pos_weight={"b": 3}, hidden_dim=5),
    tagging("tags", LABELS, scheme="plain"),
    tagging("slots", TAGS, hidden_dim=3, dropout=0.2),
    tagging("field", TAGS, crf=True),
    tagging("deep_field", TAGS, crf=True, hidden_dim=3, dropout=0.2),
]


@pytest.mark.parametrize("task", EXAMPLES, ids=lambda task: task.name)
def test_head_contract(task):
    check_head(task)


def test_every_exported_kind_of_task_is_checked():
    exported = [getattr(tasks, name) for name in tasks.__all__]
    kinds = {one for one in exported if isinstance(one, type) and issubclass(one, Task)} - {Task}
    # Candidates are never one text: tests/heads/test_compared.py has theirs.
    assert kinds and kinds - {Ranking} == {type(task) for task in EXAMPLES}


def scores(head: PooledHead, features: dict) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(head(features)))


def test_last_reads_what_the_trunk_knows_at_the_end():
    features = random_features()
    head = PooledHead(2, pooling="last")
    found = scores(head, features)
    kernel, bias = (ops.convert_to_numpy(weight) for weight in head.scores.weights)
    assert kernel.shape == (6, 2)
    expected = ops.convert_to_numpy(features["last"]) @ kernel + bias
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert PooledHead(2, pooling="last").compute_output_spec(features).shape == (5, 2)


def test_last_without_it_is_the_last_real_token():
    features = random_features(last=False)
    head = PooledHead(2, pooling="last")
    found = scores(head, features)
    kernel, bias = (ops.convert_to_numpy(weight) for weight in head.scores.weights)
    sequence = ops.convert_to_numpy(features["sequence"])
    ends = np.stack([sequence[0, 6], sequence[1, 0], 0 * kernel[:, 0], sequence[3, 3]])
    np.testing.assert_allclose(found[:4], ends @ kernel + bias, atol=1e-6)


def test_hidden_layer_by_hand():
    features = random_features()
    head = PooledHead(2, hidden_dim=3)
    found = scores(head, features)
    kernel, bias, last_kernel, last_bias = map(ops.convert_to_numpy, head.weights)
    mean = np.stack([np.nan_to_num(ops.convert_to_numpy(features["sequence"])).sum(axis=1)])[0]
    mean /= np.array([[7], [1], [1], [4], [9]])
    expected = np.maximum(mean @ kernel + bias, 0) @ last_kernel + last_bias
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_dropout_acts_in_training_only():
    features = random_features()
    head = PooledHead(2, dropout=0.5)
    np.testing.assert_array_equal(scores(head, features), scores(head, features))
    trained = np.asarray(ops.convert_to_numpy(head(features, training=True)))
    assert (trained != scores(head, features)).any()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_keeps_scores_in_float32(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        check = PooledHead(3, hidden_dim=4)
        features = random_features()
        found = check(features)
        probabilities = classification("topic", LABELS).prediction()(found)
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert keras.backend.standardize_dtype(probabilities.dtype) == "float32"
    assert np.isfinite(ops.convert_to_numpy(found)).all()
    # The policy is the head's own, so it survives being loaded under another one.
    copy = PooledHead.from_config(check.get_config())
    copy.build({name: feature.shape for name, feature in features.items()})
    copy.set_weights(check.get_weights())
    np.testing.assert_array_equal(ops.convert_to_numpy(copy(features)), ops.convert_to_numpy(found))
