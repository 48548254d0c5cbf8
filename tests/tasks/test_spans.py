import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.text.words import words_of
from keras_mtl.tasks import Span, tags_of

TEXT = "Ann Lee-Ray flew to New York, on Friday."
TYPES = ("PER", "LOC")


def ner(scheme="bio"):
    return mtl.tagging("ner", tags_of(TYPES, scheme), scheme=scheme)


def tags(spans, text=TEXT, task=None):
    return (task or ner()).from_spans(spans, words_of(text), text, "row 3 of mine")


@pytest.mark.parametrize(
    "spans",
    [
        [{"start": 20, "end": 28, "type": "LOC"}, {"start": 0, "end": 3, "type": "PER"}],
        [{"start": 0, "end": 3, "label": "PER", "token_start": 0}, (20, 28, "LOC")],
        [{"start": 0, "end": 3, "type": "PER", "label": "PER"}, Span(20, 28, "LOC")],
        ([np.int64(0), 3, "PER"], [20, 28, "LOC"]),
    ],
    ids=["answers", "labels", "both", "lists"],
)
def test_entities_become_tags_of_their_words(spans):
    words = [word.text for word in words_of(TEXT)]
    marked = {word: tag for word, tag in zip(words, tags(spans), strict=True) if tag != "O"}
    assert marked == {"Ann": "B-PER", "New": "B-LOC", "York": "I-LOC"}


def test_each_scheme_has_its_tags():
    spans = [(0, 3, "PER"), (4, 11, "PER"), (20, 28, "LOC")]
    assert tags(spans)[:4] == ["B-PER", "B-PER", "I-PER", "I-PER"]
    found = tags(spans, task=ner("bioes"))
    assert found[:4] == ["S-PER", "B-PER", "I-PER", "E-PER"] and found[6:8] == ["B-LOC", "E-LOC"]
    assert tags([]) == ["O"] * len(words_of(TEXT))


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
def test_the_entities_of_an_answer_come_back_as_its_tags(scheme):
    task, random = ner(scheme), np.random.default_rng(0)
    text = " 5 New\tYork, don't 你好! Ann  Lee (U.S.) 😀 "
    words = words_of(text)
    for _ in range(50):
        prediction = random.random((len(words), task.num_classes))
        answer = task.decode(prediction, words)
        expected = task._scheme().repaired(answer["tags"])
        assert tags(answer["entities"], text, task) == expected


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([(20, 41, "LOC")], r"lie in its text of 40 characters.*\(20, 41, 'LOC'\) as entity 0 of"),
        ([(-3, 3, "PER")], r"0 <= start < end <= 40. Received: \(-3, 3, 'PER'\)"),
        ([(0, 3, "PER"), (7, 7, "PER")], r"before it ends.*\(7, 7, 'PER'\) as entity 1 of row"),
        ([(3, 0, "PER")], r"begin before it ends.*Received: \(3, 0, 'PER'\)"),
        ([(20, 25, "LOC")], "it ends inside the word 'York'. .* are 20 to 28, 'New York'"),
        ([(21, 28, "LOC")], "it begins inside the word 'New'. The words there are 20 to 28"),
        ([(1, 2, "PER")], "begins inside the word 'Ann' and it ends inside .* 0 to 3"),
        ([(19, 28, "LOC")], "' New York' has white space.* at an edge. .* 20 to 28, 'New York'"),
        ([(20, 24, "LOC")], "'New ' has white space.* at an edge. The words there are 20 to 23"),
        ([(19, 20, "LOC")], "' ' has no word. Leave it out"),
        ([(0, 11, "PER"), (0, 3, "LOC")], r"\(0, 3, 'LOC'\) and \(0, 11, 'PER'\) in row 3"),
        ([(0, 3, "PER"), (0, 3, "PER")], "must not overlap: a word has one tag"),
        ([(0, 3, "PERS")], r"one of its 2 types \('PER', 'LOC'\).*The nearest is 'PER'"),
        ([{"start": 0, "end": 3}], r"Received: \{'start': 0, 'end': 3\} as entity 0 of row 3"),
        ([{"start": 0, "end": 3, "type": "PER", "label": "LOC"}], "`type` \\(or `label`\\)"),
        ([{"start": "0", "end": 3, "type": "PER"}], "whole numbers `start` and `end`"),
        ([(True, 3, "PER")], "whole numbers `start` and `end`"),
        ([(0, 3, "PER"), "O"], "Received: 'O' as entity 1 of row 3 of mine"),
        ([(0, 3)], "or a tuple \\(start, end, type\\). Received: \\(0, 3\\)"),
    ],
)
def test_spans_that_do_not_fit_are_refused(spans, message):
    with pytest.raises(ValueError, match=message) as error:
        tags(spans)
    assert "of task 'ner'" in str(error.value) and "row 3 of mine" in str(error.value)


def test_plain_tags_are_no_entities():
    task = mtl.tagging("pos", ("NOUN", "VERB"), scheme="plain")
    with pytest.raises(ValueError, match=r"Received: scheme='plain'.*row 3 of mine.*tags_of"):
        tags([(0, 3, "NOUN")], task=task)


def test_other_kinds_of_tasks_read_no_spans():
    task = mtl.classification("tone", ["neg", "pos"])
    with pytest.raises(ValueError, match="a Classification reads no spans of characters"):
        tags([(0, 3, "PER")], task=task)
