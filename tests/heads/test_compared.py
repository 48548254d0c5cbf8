"""Heads of tasks that compare texts."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.heads import NEVER, CandidatesHead, CosineHead, PairHead, PooledHead
from tests.contracts import random_features

pytestmark = pytest.mark.any_backend

POOLINGS = (None, "max", "first", "last")


def of_texts(rows=2, texts=2):
    """The features of `rows * texts` texts, with an axis of texts, and without."""
    flat = {name: one[: rows * texts] for name, one in random_features().items()}
    flat.pop("word_starts")
    shaped = {
        name: ops.reshape(one, (rows, texts, *ops.shape(one)[1:])) for name, one in flat.items()
    }
    return shaped, flat


def values(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def vectors(head, flat):
    return values(head.vectors(flat))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_pair_is_compared_by_the_vectors_of_both(pooling):
    shaped, flat = of_texts()
    head = PairHead(3, pooling)
    found = values(head(shaped))
    of_each = vectors(head, flat)
    u, v = of_each[::2], of_each[1::2]
    kernel, bias = (values(one) for one in head.scores.weights)
    expected = np.concatenate([u, v, np.abs(u - v), u * v], axis=-1) @ kernel + bias
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.dtype == np.float32


def test_a_pair_read_as_one_is_a_text():
    _, flat = of_texts()
    head, plain = PairHead(3, hidden_dim=2), PooledHead(3, hidden_dim=2)
    head(flat), plain(flat)
    plain.set_weights(head.get_weights())
    np.testing.assert_array_equal(values(head(flat)), values(plain(flat)))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_cosine_of_a_pair_is_a_score_by_a_line(pooling):
    shaped, flat = of_texts()
    head = CosineHead(2.0, -1.5, pooling)
    found = values(head(shaped))
    of_each = vectors(head, flat)
    u, v = of_each[:1], of_each[1:2]
    expected = np.sum(u * v) / np.linalg.norm(u) / np.linalg.norm(v)
    np.testing.assert_allclose(found[0], 3.5 * expected - 1.5, atol=1e-5)
    assert found.dtype == np.float32 and len(head.trainable_weights) == 2
    # A text beside itself, whatever its length; one that is far longer; and one without a token.
    sequence = ops.convert_to_tensor([[[[0.3, -4.0]], [[0.3, -4.0]]], [[[1.0, 0.0]], [[0.0, 1e6]]]])
    head = CosineHead(2.0, -1.5, pooling)
    mask = ops.ones((2, 2, 1), "bool")
    found = values(head({"sequence": sequence, "padding_mask": mask}))
    np.testing.assert_allclose(found[:, 0], [2.0, -1.5], atol=1e-6)
    empty = values(head({"sequence": sequence, "padding_mask": ops.zeros((2, 2, 1), "bool")}))
    np.testing.assert_allclose(empty[:, 0], -1.5)


@pytest.mark.parametrize("joint", [False, True])
def test_candidates_have_a_score_each_and_those_that_are_missing_none(joint):
    shaped, flat = of_texts(rows=1, texts=3)
    # The third row of the features has no token.
    head = CandidatesHead(joint, pooling="mean")
    found = values(head(shaped))
    of_each = vectors(head, flat)
    (kernel,) = (values(one) for one in head.scores.weights)
    if not joint:
        u, v = of_each[:1], of_each[1:]
        of_each = np.concatenate([u.repeat(2, 0), v, np.abs(u - v), u * v], axis=-1)
    expected = (of_each @ kernel)[:, 0]
    expected[-1] = NEVER
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    "head",
    [
        PairHead(2, hidden_dim=3),
        CosineHead(3.0, 0.5, dropout=0.1),
        CandidatesHead(True),
        CandidatesHead(),
    ],
)
def test_heads_are_saved_and_do_not_see_padding(head):
    shaped, _ = of_texts()
    found = values(head(shaped))
    wider = dict(shaped)
    wider["sequence"] = ops.pad(
        shaped["sequence"], [[0, 0], [0, 0], [0, 2], [0, 0]], constant_values=7.0
    )
    wider["padding_mask"] = ops.pad(shaped["padding_mask"], [[0, 0], [0, 0], [0, 2]])
    np.testing.assert_allclose(values(head(wider)), found, atol=1e-6)
    copy = type(head).from_config(head.get_config())
    copy(shaped)
    copy.set_weights(head.get_weights())
    np.testing.assert_array_equal(values(copy(shaped)), found)
    symbols = {
        name: keras.KerasTensor((None, None, *one.shape[2:]), one.dtype)
        for name, one in shaped.items()
    }
    assert len(head(symbols).shape) == 2 and head(symbols).dtype == "float32"


def test_every_task_that_compares_has_such_a_head():
    made = {
        mtl.pair_classification("a", ("x", "y")): PairHead,
        mtl.ranking("b"): CandidatesHead,
        mtl.similarity("c"): PairHead,
        mtl.similarity("d", compare="cosine"): CosineHead,
    }
    assert all(type(task.head()) is kind for task, kind in made.items())


def test_a_cosine_begins_with_scores_far_from_the_mean_and_in_range():
    task = mtl.similarity("near", range=(0, 5), mean=2.9, std=1.5, compare="cosine")
    sequence = ops.convert_to_tensor([[[[1.0, 0.0]], [[2.0, 0.0]]], [[[1.0, 0.0]], [[0.0, 3.0]]]])
    features = {"sequence": sequence, "padding_mask": ops.ones((2, 2, 1), "bool")}
    found = task.prediction()(task.head()(features))
    np.testing.assert_allclose(values(found)[:, 0], [5, 0], atol=1e-5)
    free = mtl.similarity("near", mean=3, std=0.5, compare="cosine")
    found = free.prediction()(free.head()(features))
    np.testing.assert_allclose(values(found)[:, 0], [4, 2], atol=1e-5)


def test_a_cosine_wants_two_vectors_as_they_are():
    assert mtl.similarity("near", compare="cosine").joint is False
    with pytest.raises(ValueError, match="`joint` of task 'near' must be False, or None, with"):
        mtl.similarity("near", compare="cosine", joint=True)
    with pytest.raises(ValueError, match="`hidden_dim` of task 'near' must be None with"):
        mtl.similarity("near", compare="cosine", hidden_dim=8)
    with pytest.raises(ValueError, match="`compare` of task 'near' must be one of 'features', 'c"):
        mtl.similarity("near", compare="dot")
