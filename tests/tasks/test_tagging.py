import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.data.text.words import words_of
from keras_mtl.tasks import Word, from_config

TAGS = ("O", "B-city", "I-city", "B-day", "I-day")


def slots(**options):
    return mtl.tagging("slots", TAGS, **options)


def test_tags_become_numbers_and_weights():
    labels, weights = slots().encode([["O", "B-city", "I-city"], None, [], ["O", None]], "mine")
    assert [row.tolist() for row in labels] == [[0, 1, 2], [], [], [0, 0]]
    assert [row.tolist() for row in weights] == [[1, 1, 1], [], [], [1, 0]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["O", "I-city"], "'I-city' behind 'O' at word 1 in row 1 of mine.*repair=True"),
        (["B-day", "I-city"], "'I-city' behind 'B-day' at word 1 in row 1 of mine"),
        (["I-day"], "'I-day' behind 'O' at word 0 in row 1 of mine"),
        (["B-citi"], "Received: 'B-citi' in row 1 of mine. The nearest is 'B-city'"),
        ("O O", "must be a list, one tag for each word, or None. Received: 'O O' in row 1 of mine"),
    ],
)
def test_rows_that_are_no_tags_of_the_scheme_are_refused(row, message):
    with pytest.raises(ValueError, match=message):
        slots().encode([["O"], row], "mine")


def test_repair_keeps_entities():
    labels, _ = slots(repair=True).encode([["O", "I-city", "I-day", "I-day"]], "mine")
    assert [TAGS[number] for number in labels[0]] == ["O", "B-city", "B-day", "I-day"]


def test_plain_tags_may_stand_in_any_order():
    task = mtl.tagging("pos", ("NOUN", "VERB"), scheme="plain")
    labels, _ = task.encode([["VERB", "NOUN"]], "mine")
    assert labels[0].tolist() == [1, 0]
    decoded = task.decode(np.array([[0.2, 0.8], [0.7, 0.3]]), [Word("go"), Word("home")])
    assert decoded == {"words": ["go", "home"], "tags": ["VERB", "NOUN"]}


def test_an_answer_has_entities_with_text_and_places():
    text = "From New York,  on Friday"
    words = words_of(text)
    tags = ["O", "B-city", "I-city", "O", "O", "B-day"]
    prediction = np.full((8, len(TAGS)), 0.0, np.float32)
    for place, tag in enumerate(tags):
        prediction[place, TAGS.index(tag)] = 0.5 + 0.05 * place
    found = slots().decode(prediction, words)
    assert found["tags"] == tags
    city, day = found["entities"]
    assert (city["type"], city["text"], city["start"], city["end"]) == ("city", "New York", 5, 13)
    assert city["words"] == [1, 3] and city["score"] == pytest.approx(0.575)
    assert text[day["start"] : day["end"]] == day["text"] == "Friday"
    given = slots().decode(prediction, [Word(word.text) for word in words])
    assert given["entities"][0]["text"] == "New York" and "start" not in given["entities"][0]


def test_a_tag_that_continues_nothing_begins_an_entity_in_answers():
    prediction = np.eye(len(TAGS))[[2, 2, 4]]
    found = slots().decode(prediction, [Word("a"), Word("b"), Word("c")])
    kinds = [(one["type"], one["words"]) for one in found["entities"]]
    assert kinds == [("city", [0, 2]), ("day", [2, 3])]


@pytest.mark.any_backend
def test_loss_without_a_field_is_cross_entropy_of_each_word():
    random = np.random.default_rng(0)
    scores = random.normal(size=(3, 4, len(TAGS))).astype("float32")
    labels = random.integers(0, len(TAGS), (3, 4))
    found = ops.convert_to_numpy(slots().loss(ops.array(labels), ops.array(scores)))
    shares = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    expected = -np.log(np.take_along_axis(shares, labels[..., None], -1)[..., 0])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(B, W\).*Received: shape \(3,\)"):
        slots().loss(ops.array([0, 1, 2]), ops.zeros((3, 4, len(TAGS))))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ("O", "city")}, "must be 'O' or 'B-<type>', 'I-<type>' under scheme='bio'"),
        ({"labels": TAGS, "scheme": "iob"}, "one of 'plain', 'bio', 'bioes'"),
        ({"labels": TAGS, "dropout": 1.0}, r"`dropout` of task 'slots' must be in \[0, 1\)"),
        ({"labels": TAGS, "hidden_dim": 0}, "`hidden_dim` of task 'slots' must be at least 1"),
        ({"labels": ("O",)}, "`labels` of task 'slots' must be at least 2"),
    ],
)
def test_options_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        mtl.tagging("slots", **arguments)


def test_a_review_counts_texts_and_their_words():
    task = slots()
    labels = [np.array([0, 1], np.int32), np.array([1, 2, 0], np.int32), np.array([], np.int32)]
    weights = [np.ones(2, np.float32), np.ones(3, np.float32), np.ones(0, np.float32)]
    predictions = np.zeros((3, 2, len(TAGS)), np.float32)  # The third word was cut off.
    predictions[0, 0, 0] = predictions[0, 1, 1] = 0.9
    predictions[1, 0, 1] = predictions[1, 1, 4] = 0.9
    review = task.review(labels, weights, predictions)
    assert review.rows == 2
    assert review.right.tolist() == [True, False, False]
    assert review.expected == ("O B-city", "B-city I-city O", "")
    assert review.predicted[:2] == ("O B-city", "B-city I-day O")
    assert review.mistakes == ((), ((1, "I-city", "I-day"),), ())
    assert review.table.columns == ("type", "entities", "precision", "recall", "F1")
    # Found: a city of one word; taken for two words: another, and a day that is none.
    assert review.table.rows == (("city", 2, 0.5, 0.5, 0.5), ("day", 0, 0.0, None, 0.0))
    assert review.badness[1] > review.badness[0] and review.badness[2] == 0


def test_a_review_of_entities_counts_as_the_metric_does():
    task, random = slots(), np.random.default_rng(1)
    labels, predictions = random.integers(0, 5, (40, 7)), random.random((40, 7, 5))
    weights = (random.random((40, 7)) < 0.8).astype(np.float32)
    # Most of the time right, so that there is something to count.
    predictions[np.eye(5)[labels] * (random.random((40, 7, 1)) < 0.7) > 0] = 2.0
    metric = task.metrics()[1]
    metric.update_state(labels, ops.convert_to_tensor(predictions), sample_weight=weights)
    rows = task.review(list(labels), list(weights), predictions).table.rows
    hits = sum(row[1] * row[3] for row in rows)
    total = sum(row[1] + row[1] * row[3] / row[2] for row in rows)
    assert 0.2 < 2 * hits / total < 0.8
    assert 2 * hits / total == pytest.approx(float(metric.result()), abs=1e-6)


def test_a_review_of_plain_tags_is_by_tag():
    task = mtl.tagging("pos", ("NOUN", "VERB"), scheme="plain")
    review = task.review([np.array([0, 1, 1])], [np.ones(3)], np.eye(2)[None, [0, 1, 0]])
    assert review.table.columns == ("tag", "words", "precision", "recall", "F1")
    assert review.table.rows[0] == ("NOUN", 1, 0.5, 1.0, pytest.approx(2 / 3))
    assert review.mistakes == (((2, "VERB", "NOUN"),),)


def test_a_task_survives_its_configuration():
    task = slots(crf=True, repair=True, hidden_dim=3)
    assert from_config({**_serialized(task)}) == task


def _serialized(task):
    import keras

    return keras.saving.serialize_keras_object(task)
