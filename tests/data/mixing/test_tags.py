"""Entities marked in texts, and tags, beside what a model reads of the rows."""

import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.mixing.tags import encode_tags
from keras_mtl.tasks import tags_of

TEXTS = ["to New York", "go!", "", "Rome, Rome"]
SPANS = [[{"start": 3, "end": 11, "type": "city"}], [], [], [(0, 4, "city"), (6, 10, "city")]]
TAGS = [["O", "B-city", "I-city"], ["O", "O"], [], ["B-city", "O", "B-city"]]
WORDS = [["to", "New", "York"], ["go", "!"], [], ["Rome", ",", "Rome"]]
NER = mtl.tagging("ner", tags_of(["city"]))


def encoded(values, rows, task=NER):
    return [
        [row.tolist() for row in part] for part in encode_tags(task, values, rows, "'mine', here")
    ]


def test_spans_are_the_tags_of_their_words():
    assert encoded(SPANS, TEXTS) == encoded(TAGS, WORDS) == encoded(TAGS, TEXTS)
    labels, weights = encoded([None, *SPANS[1:]], TEXTS)
    assert labels == [[], [0, 0], [], [1, 0, 1]] and weights[:2] == [[], [1, 1]]


def test_rows_of_spans_and_of_tags_may_mix():
    assert encoded([SPANS[0], *TAGS[1:]], TEXTS) == encoded(TAGS, WORDS)


def test_an_empty_list_beside_a_text_is_a_text_without_an_entity():
    assert encoded([[], None], TEXTS[:2]) == [[[0, 0, 0], []], [[1, 1, 1], []]]
    assert encoded([()], ["Rome"]) == [[[0]], [[1]]]


@pytest.mark.parametrize(
    ("values", "rows", "message"),
    [
        ([[], ["O", "O"]], TEXTS[:2], "0 tags and 3 words in row 0 of 'mine', here"),
        ([[]], WORDS[:1], "one for each word, or None for the row. Received: 0 tags and 3 words"),
        ([None, SPANS[0]], WORDS[:2], r"a text.*row 1 of 'mine', here, beside a list of words"),
        (SPANS[:1], None, "in row 0 of 'mine', here, beside token ids"),
        ([[3, 4, 5]], TEXTS[:1], "Received: 3 in row 0 of 'mine', here"),
        ([{"start": 3}], TEXTS[:1], "must be a list, one tag for each word.*a list of entities"),
        ([(3, 11, "city")], TEXTS[:1], "Received: 3 in row 0 of 'mine', here"),
        ([None, None, SPANS[0]], TEXTS[:3], "text of 0 characters.*entity 0 of row 2 of 'mine'"),
    ],
)
def test_rows_of_neither_tags_nor_spans_that_fit_are_refused(values, rows, message):
    with pytest.raises(ValueError, match=message):
        encoded(values, rows)


def test_an_empty_list_under_plain_tags_is_no_text_without_an_entity():
    task = mtl.tagging("pos", ("NOUN", "VERB"), scheme="plain")
    with pytest.raises(ValueError, match="scheme='plain'"):
        encoded([[]], TEXTS[:1], task)
    assert encoded([[]], [""], task) == [[[]], [[]]]


@pytest.fixture(scope="module")
def model():
    tokenizer = mtl.WordTokenizer(["to", "new", "york", "go", "!", "rome"])
    trunk = mtl.trunks.lstm(tokenizer, embedding_dim=3, units=2)
    model = mtl.MultiTaskModel(trunk, NER)
    model.compile("sgd")
    return model


@pytest.mark.any_backend
def test_streams_and_plain_rows_of_spans_are_scored_as_their_tags(model):
    tagged = mtl.Split({"tokens": WORDS, "ner": TAGS}, "mine/test")
    marked = mtl.Split({"text": TEXTS, "ner": SPANS}, "mine/test")
    found = [
        model.evaluate(mtl.Mixture({"ner": split}, batch_size=4), return_dict=True, verbose=0)
        for split in (tagged, marked)
    ]
    for texts in (TEXTS, np.array(TEXTS, dtype=object), marked):
        found.append(model.evaluate(texts, {"ner": SPANS}, return_dict=True, verbose=0))
    for other in found[1:]:
        assert other == pytest.approx(found[0], abs=1e-6)
    history = model.fit(TEXTS, {"ner": SPANS}, batch_size=4, verbose=0).history
    assert history["ner_loss"][0] == pytest.approx(found[0]["ner_loss"], abs=1e-6)


@pytest.mark.any_backend
def test_a_wrong_span_names_split_and_row(model):
    wrong = [[], [(0, 1, "city")], [], []]
    split = mtl.Split({"text": TEXTS, "ner": wrong}, "mine/train")
    message = r"\(0, 1, 'city'\) as entity 0 of row 1 of {}: it ends inside the word 'go'"
    with pytest.raises(ValueError, match=message.format("'mine/train', column 'ner'")):
        model.fit(mtl.Mixture({"ner": split}, batch_size=4), verbose=0)
    with pytest.raises(ValueError, match=message.format("y of task 'ner'")):
        model.fit(TEXTS, {"ner": wrong}, verbose=0)
