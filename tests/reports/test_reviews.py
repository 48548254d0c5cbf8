import json

import numpy as np
import pytest

from keras_mtl.reports import review_json
from keras_mtl.tasks import Review, Table, classification, tagging

LABELS = ("no", "yes")
# Rows: right, wrong, wrong and worse, no label.
PREDICTIONS = np.array([[0.9, 0.1], [0.4, 0.6], [0.125, 0.875], [0.5, 0.5]])
REVIEW = classification("a", LABELS).review(
    np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 1.0, 0.0]), PREDICTIONS
)
TEXTS = ["first", "second", "third", "fourth"]


def test_the_worst_comes_first_and_only_mistakes_come():
    found = review_json(REVIEW, TEXTS)
    assert (found["rows"], found["wrong"]) == (3, 2)
    assert [one["text"] for one in found["examples"]] == ["third", "second"]
    assert found["examples"][0] == {
        "row": 2,
        "text": "third",
        "expected": "no",
        "predicted": "yes",
        "badness": pytest.approx(np.log(8)),
        "probability": 0.125,
        "predicted_probability": 0.875,
    }
    assert found["matrix"] == {"names": ["no", "yes"], "counts": [[1, 2], [0, 0]]}
    assert found["confusions"] == [{"expected": "no", "predicted": "yes", "rows": 2, "of": 3}]
    assert found["table"]["columns"] == ["label", "rows", "precision", "recall", "F1"]
    assert found["table"]["rows"] == [["no", 3, 1.0, 1 / 3, 0.5], ["yes", 0, 0.0, None, 0.0]]


def test_is_json_without_nan():
    text = json.dumps(review_json(REVIEW, TEXTS), allow_nan=False)
    assert json.loads(text) == review_json(REVIEW, TEXTS)


def test_most():
    assert [one["text"] for one in review_json(REVIEW, TEXTS, 1)["examples"]] == ["third"]
    found = review_json(REVIEW, TEXTS, 0)
    assert found["examples"] == [] and found["wrong"] == 2


def test_long_texts_are_cut_and_pairs_joined():
    texts = ["", ("a premise", "a hypothesis"), "x" * 401, ""]
    worst, second = review_json(REVIEW, texts)["examples"]
    assert worst["text"] == "x" * 400 + "…"
    assert second["text"] == "a premise\na hypothesis"
    worst, second = review_json(REVIEW, ["", ["some", "tokens"], "x" * 400, ""])["examples"]
    assert worst["text"] == "x" * 400 and second["text"] == "some tokens"


def test_a_large_matrix_is_left_out_but_not_its_confusions():
    names = [f"label {number}" for number in range(26)]
    labels = np.array([0] * 5 + [3] * 2 + [9])
    taken = np.array([1] * 4 + [2] + [4] * 2 + [9])
    review = classification("a", names).review(labels, np.ones(8), np.eye(26)[taken])
    found = review_json(review, ["text"] * 8)
    assert found["matrix"] is None and len(found["table"]["rows"]) == 26
    assert [list(one.values()) for one in found["confusions"]] == [
        ["label 0", "label 1", 4, 5],
        ["label 3", "label 4", 2, 2],
        ["label 0", "label 2", 1, 5],
    ]
    small = classification("a", names[:25]).review(labels, np.ones(8), np.eye(25)[taken])
    assert len(review_json(small, ["text"] * 8)["matrix"]["counts"]) == 25


def test_a_kind_without_matrix_and_probabilities():
    review = Review(
        1, Table(("part", "error"), (("all", 0.5),)), None, np.array([0.5]), ("3.0",), ("3.5",),
        np.array([False]),
    )  # fmt: skip
    found = review_json(review, ["text"])
    assert found["matrix"] is None and found["confusions"] == []
    assert found["examples"][0]["probability"] is None
    assert found["examples"][0]["predicted_probability"] is None


def test_words_that_are_wrong_are_named():
    task = tagging("slots", ("O", "B-city", "I-city"))
    labels, weights = [np.array([0, 1, 2])] * 2, [np.ones(3)] * 2
    review = task.review(labels, weights, np.stack([np.eye(3)[[0, 0, 0]], np.eye(3)[[0, 1, 2]]]))
    (from_words,) = review_json(review, [["to", "New", "York"], ["to", "New", "York"]])["examples"]
    (from_text,) = review_json(review, ["to New York"] * 2)["examples"]
    assert from_words == from_text and from_words["more"] == 0
    assert from_words["words"] == [
        {"word": "New", "expected": "B-city", "predicted": "O"},
        {"word": "York", "expected": "I-city", "predicted": "O"},
    ]
    assert (from_words["expected"], from_words["predicted"]) == ("O B-city I-city", "O O O")


def test_long_rows_of_tags_are_cut():
    task = tagging("slots", ("O", "B-city", "I-city"))
    review = task.review([np.ones(99, int)], [np.ones(99)], np.eye(3)[None, [0] * 99])
    (found,) = review_json(review, [["York"] * 99])["examples"]
    assert len(found["words"]) == 12 and found["more"] == 87
    assert len(found["expected"]) <= 401 and found["expected"].endswith("…")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="`texts` .* each of the 4 reviewed rows. Received: 2"):
        review_json(REVIEW, ["a", "b"])
    with pytest.raises(ValueError, match="`most` must be at least 0. Received: most=-1"):
        review_json(REVIEW, TEXTS, -1)
