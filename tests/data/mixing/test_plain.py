import numpy as np
import pytest

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.plain import (
    by_padded_length,
    fill_up,
    plain_inputs,
    plain_labels,
)
from keras_mtl.data.mixing.rows import is_arrays, texts_of
from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.tasks import classification

pytestmark = pytest.mark.any_backend

TOPIC = classification("topic", ["sport", "trade", "weather"], "label")
TONE = classification("tone", ["neg", "pos"])
TOKENIZER = WordTokenizer(["good", "film"])
TEXTS = ["good film", "good"]
IDS = [[2, 3], [2, 0]]


class Column:
    """A column of a table, or a tensor of another library: all it offers is `__array__`."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.shape = self.values.shape

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


# --- inputs ---


@pytest.mark.parametrize(
    "x",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, object),
        np.array(TEXTS)[:, None],
        np.array([text.encode() for text in TEXTS]),
        Column(np.array(TEXTS, object)),
        Split({"text": TEXTS}, "mine/train"),
    ],
)
def test_texts_in_any_form(x):
    assert is_arrays(x) and list(texts_of(x)) == TEXTS
    assert plain_inputs(x, TOKENIZER, ["token_ids"], [TOPIC])["token_ids"].tolist() == IDS


@pytest.mark.parametrize(
    "x", [np.array(IDS), Column(IDS), {"token_ids": np.array(IDS)}, {"token_ids": IDS}]
)
def test_token_ids_in_any_form(x):
    assert is_arrays(x)
    assert plain_inputs(x, None, ["token_ids"], [TOPIC])["token_ids"].tolist() == IDS


@pytest.mark.parametrize(
    "x", [{}, {"imdb": {"token_ids": np.array(IDS)}}, iter([1]), None, [], [[1, 2], [3]]]
)
def test_what_is_left_to_keras(x):
    assert not is_arrays(x)


@pytest.mark.parametrize("x", ["one text", b"one text"])
def test_one_bare_string_is_refused(x):
    for read in (is_arrays, texts_of):
        with pytest.raises(TypeError, match=r"such as \[text\]. Received: .*'one text'"):
            read(x)


def test_pairs_of_texts_are_not_read_as_twice_as_many_rows():
    with pytest.raises(ValueError, match=r"\(N,\) or \(N, 1\). Received: shape \(2, 2\)"):
        texts_of(np.array([["a", "b"], ["c", "d"]]))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (TEXTS, "must have a preprocessor. Received: preprocessor=None"),
        ({"ids": np.array(IDS)}, r"inputs, \['token_ids'\]. Received: \['ids'\]"),
        ({"token_ids": TEXTS}, "arrays of token ids. Received: .*Texts are passed as a list"),
        ({"token_ids": np.array(3)}, "arrays of token ids"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        plain_inputs(x, None, ["token_ids"], [TOPIC])


def test_inputs_of_unequal_rows_are_refused():
    with pytest.raises(ValueError, match=r"equally many rows. Received: .*\(2, 2\).*\(1, 2\)"):
        plain_inputs({"a": np.array(IDS), "b": np.array(IDS[:1])}, None, ["a", "b"], [TOPIC])


# --- labels ---


def inputs(rows):
    """What a model reads of some rows, and what that was made of."""
    ids = np.ones((rows, 2), np.int32)
    return {"token_ids": ids}, ids


def labels_of(y, sample_weight=None, tasks=(TOPIC,), rows=3):
    labels, weights = plain_labels(y, sample_weight, tasks, *inputs(rows))
    assert all(one.dtype == np.float32 for one in weights.values())
    names = [task.name for task in tasks]
    assert list(labels) == list(weights) == names
    return *(labels[name].tolist() for name in names), *(weights[name].tolist() for name in names)


@pytest.mark.parametrize(
    "values",
    [
        [2, 0, 1],
        np.array([2, 0, 1], np.int64),
        np.array([2, 0, 1], np.uint8),
        np.array([[2], [0], [1]]),
        [[2], [0], [1]],
        ["weather", "sport", "trade"],
        np.array(["weather", "sport", "trade"]),
        np.array([["weather"], ["sport"], ["trade"]], object),
        [["weather"], ["sport"], ["trade"]],
        np.array([b"weather", b"sport", b"trade"]),
        Column([2, 0, 1]),
        Column(np.array(["weather", "sport", "trade"], object)),
    ],
)
def test_labels_in_any_form(values):
    for y in (values, {"topic": values}):
        assert labels_of(y) == ([2, 0, 1], [1, 1, 1])
    assert plain_labels(values, None, [TOPIC], *inputs(3))[0]["topic"].dtype == np.int32


@pytest.mark.parametrize(
    "values", [[2, None, 1], ["weather", None, "trade"], np.array([2, None, 1], object)]
)
def test_none_is_no_label(values):
    assert labels_of(values) == ([2, 0, 1], [1, 0, 1])


def test_tasks_that_are_not_named_have_no_labels():
    expected = ([0, 0, 0], [1, 0, 1], [0, 0, 0], [1, 1, 1])
    assert labels_of({"tone": [1, 0, 1]}, tasks=(TOPIC, TONE)) == expected
    assert labels_of({"tone": [1, 0, 1], "topic": None}, tasks=(TOPIC, TONE)) == expected
    assert labels_of({"tone": [1, 0, 1], "topic": [None] * 3}, tasks=(TOPIC, TONE)) == expected


def test_sample_weights_multiply_what_is_labelled():
    y = {"topic": ["sport", None, "trade"], "tone": [0, 1, 1]}
    both = (TOPIC, TONE)
    assert labels_of(y, {"topic": [2, 3, 0.5]}, both)[2:] == ([2, 0, 0.5], [1, 1, 1])
    assert labels_of(y, np.array([2, 3, 0]), both)[2:] == ([2, 0, 0], [2, 3, 0])
    assert labels_of(y, np.array([[2], [3], [0]]), both)[2:] == ([2, 0, 0], [2, 3, 0])


def test_booleans_are_class_numbers():
    assert labels_of(np.array([True, False, True]), tasks=(TONE,)) == ([1, 0, 1], [1, 1, 1])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, r"labels of at least one task. Received: y=None. The tasks are \['topic', 'tone'\]"),
        ({}, "labels of at least one task"),
        ([0, 1, 2], "`y` of a model with several tasks must be a dictionary"),
        ({"tpoic": [0, 1, 2]}, r"`y` must name tasks .*'topic', 'tone'\]. Received: \['tpoic'\]"),
        ({"topic": [0, 1]}, "Labels of task 'topic' .* each of the 3 rows of x. Received: 2"),
        ({"topic": "sport"}, "each of the 3 rows of x. Received: 'sport'"),
        ({"topic": ["sport"]}, "Received: 1 labels"),
        ({"topic": [0, 3, -1]}, "'topic' .* label space. Received: 3 in row 1 of y, and 1 more"),
        ({"topic": [0, 1, 0.5]}, "Received: 0.5 in row 2 of y, and 0 more"),
        ({"topic": [0, 1.5, 1.0]}, "Received: 1.5 in row 1"),
        ({"topic": ["sport", "wether", None]}, "'wether' in row 1 of y of task 'topic'.*'weather'"),
        ({"topic": ["sport", 1, None]}, "Received: 1 in row 1"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        plain_labels(y, None, [TOPIC, TONE], *inputs(3))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 1], r"'topic' .* of shape \(3,\). Received: shape \(2,\)"),
        (2.0, r"Received: shape \(\)"),
        ([[1, 1, 1]] * 3, r"Received: shape \(3, 3\)"),
        ([1, -1, 2], r"0 or more.*Received: shape \(3,\) from -1.0 to 2.0"),
        ([1, float("nan"), 2], "from nan"),
        ([1, float("inf"), 2], "to inf"),
        ({"other": [1, 1, 1]}, "`sample_weight` must name tasks"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        plain_labels([0, 1, 2], weights, [TOPIC], *inputs(3))


# --- batches ---


def test_rows_are_grouped_by_a_few_lengths():
    lengths = np.array([0, 1, 16, 17, 400, 32, 33, 15])
    groups = by_padded_length(lengths)
    assert [length for length, _ in groups] == [16, 32, 64, 400]
    assert [rows.tolist() for _, rows in groups] == [[0, 1, 2, 7], [3, 5], [6], [4]]
    assert [length for length, _ in by_padded_length(np.array([3, 5]))] == [5]
    assert [length for length, _ in by_padded_length(np.array([0]))] == [1]
    random = np.random.default_rng(0).integers(0, 3000, 500)
    groups = by_padded_length(random)
    assert sorted(np.concatenate([rows for _, rows in groups]).tolist()) == list(range(500))
    assert all(random[rows].max() <= length for length, rows in groups) and len(groups) <= 9


def test_rows_are_filled_up_with_zeros():
    filled = fill_up({"ids": np.ones((3, 2), np.int32), "weights": np.ones(3, np.float32)}, 4)
    assert filled["ids"].tolist() == [[1, 1]] * 3 + [[0, 0]]
    assert filled["weights"].tolist() == [1, 1, 1, 0] and filled["ids"].dtype == np.int32
    assert len(fill_up({"ids": np.ones((4, 2))}, 4)["ids"]) == 4


@pytest.mark.parametrize(
    "labels",
    [
        ["pos", None, "neg"],
        ["pos", float("nan"), "neg"],
        ["pos", "", "neg"],
        np.array(["pos", np.nan, "neg"], object),
        [1, None, 0],
        [1, float("nan"), 0],
        np.array([1.0, np.nan, 0.0]),
        np.array([1.0, np.nan, 0.0], np.float32),
        np.array([[1.0], [np.nan], [0.0]]),
    ],
    ids=repr,
)
def test_a_label_may_be_missing_in_any_form(labels):
    inputs = {"token_ids": np.ones((3, 2), "int32")}
    found, weights = plain_labels({"tone": labels}, None, [TONE], inputs, None)
    assert found["tone"].tolist() == [1, 0, 0] and weights["tone"].tolist() == [1.0, 0.0, 1.0]
