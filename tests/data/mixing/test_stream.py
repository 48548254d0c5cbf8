import numpy as np
import pytest

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.stream import encode_stream
from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.tasks import classification

TOKENIZER = WordTokenizer(["good", "film"])
TONE, TOPIC = (
    classification("tone", ["neg", "pos"]),
    classification("topic", ["art", "war"], "kind"),
)
ROWS = Split(
    {
        "text": ["good film", "good", "", "film good film"],
        "tone": ["pos", None, "neg", "pos"],
        "kind": ["art", "war", None, None],
    },
    "mine/train",
)


def test_a_split_becomes_numbers():
    stream = encode_stream("mine", ROWS, TOKENIZER, [TONE, TOPIC])
    assert len(stream) == 4 and stream.lengths.tolist() == [2, 1, 0, 3]
    assert stream.labels["tone"].tolist() == [1, 0, 0, 1]
    assert stream.weights["tone"].tolist() == [1, 0, 1, 1]
    assert stream.labels["topic"].tolist() == [0, 1, 0, 0]
    assert stream.weights["topic"].tolist() == [1, 1, 0, 0]


def test_numbers_are_kept_in_little_memory():
    stream = encode_stream("mine", ROWS, TOKENIZER, [TONE])
    ids = stream.inputs["token_ids"]
    assert ids.values.dtype == np.int32 and ids.values.tolist() == [2, 3, 2, 3, 2, 3]
    assert stream.lengths.dtype == stream.labels["tone"].dtype == np.int32
    assert stream.weights["tone"].dtype == np.float32


@pytest.mark.parametrize("blank", [0, 2])
def test_take_pads_and_adds_blank_rows_of_no_weight(blank):
    stream = encode_stream("mine", ROWS, TOKENIZER, [TONE])
    inputs, labels, weights = stream.take(np.array([3, 1]), 4, blank)
    assert inputs["token_ids"].tolist() == [[3, 2, 3, 0], [2, 0, 0, 0]] + [[0] * 4] * blank
    assert labels["tone"].tolist() == [1, 0] + [0] * blank
    assert weights["tone"].tolist() == [1, 0] + [0] * blank
    assert inputs["token_ids"].dtype == labels["tone"].dtype == np.int32
    assert weights["tone"].dtype == np.float32
    none = stream.take(np.array([], int), 4, blank)
    assert none[0]["token_ids"].shape == (blank, 4) and not none[2]["tone"].any()


def test_an_unknown_label_names_split_and_column():
    other = classification("topic", ["art", "peace"], "kind")
    with pytest.raises(ValueError, match="'war' in row 1 of 'mine/train', column 'kind'"):
        encode_stream("mine", ROWS, TOKENIZER, [other])


def test_a_missing_column_is_refused():
    lost = classification("tone", ["neg", "pos"], "tune")
    with pytest.raises(ValueError, match="'mine/train' .*text, tone, kind.* Received: 'tune'"):
        encode_stream("mine", ROWS, TOKENIZER, [lost])
