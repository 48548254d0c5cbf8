"""Heads of tasks that compare texts."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.heads import NEVER, CandidatesHead, PairHead, PooledHead
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
    "head", [PairHead(2, hidden_dim=3), CandidatesHead(True), CandidatesHead()]
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
    }
    assert all(type(task.head()) is kind for task, kind in made.items())
