import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.heads import WORD_STARTS, WordHead
from tests.contracts import random_features

pytestmark = pytest.mark.any_backend

TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


def test_a_word_is_read_at_its_first_token():
    features = random_features()
    head = WordHead(2)
    scores = ops.convert_to_numpy(head(features))
    kernel, bias = (ops.convert_to_numpy(one) for one in head.scores.weights)
    starts = ops.convert_to_numpy(features[WORD_STARTS])
    sequence = ops.convert_to_numpy(features["sequence"])
    assert (starts > 0).sum() == 4 + 1 + 0 + 2 + 5
    for row, word in zip(*np.nonzero(starts), strict=True):
        expected = sequence[row, starts[row, word] - 1] @ kernel + bias
        np.testing.assert_allclose(scores[row, word], expected, atol=1e-5)


def test_forbidden_tags_are_on_no_best_path():
    """However much the scores are for it."""
    task = mtl.tagging("slots", TAGS, crf=True)
    head, prediction = task.head(), task.prediction()
    features = random_features()
    head(features)
    for scale in (0.0, 1.0, 30.0):
        for weight in head.weights:
            weight.assign(keras.random.normal(weight.shape, seed=1) * scale)
        paths = np.argmax(ops.convert_to_numpy(prediction(head(features))), axis=-1)
        lengths = (ops.convert_to_numpy(features[WORD_STARTS]) > 0).sum(axis=-1)
        for path, length in zip(paths, lengths, strict=True):
            tags = [TAGS[number] for number in path[:length]]
            assert task._scheme().mistake(tags) is None, tags
