"""What a mixture refuses."""

import hashlib
import itertools

import numpy as np
import pytest

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.mixture import Mixture
from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.tasks import classification

WORDS = [f"w{number}" for number in range(100)]
TOKENIZER = WordTokenizer(WORDS, sequence_length=40)
TONE = classification("tone", ["neg", "pos"], "label")
TOPIC = classification("topic", ["art", "sea", "war"], "label")
TASKS = (TONE, TOPIC)
FEEDS = {"reviews": "tone", "wires": "topic"}


def split(labels: tuple[str, ...], size: int, name: str = "mine/train") -> Split:
    random = np.random.default_rng(size)
    lengths = random.integers(1, 50, size)
    texts = [" ".join(random.choice(WORDS, length)) for length in lengths]
    return Split({"text": texts, "label": random.choice(labels, size).tolist()}, name)


def mixture(reviews: int = 60, wires: int = 31, **options) -> Mixture:
    splits = {"wires": split(TOPIC.labels, wires), "reviews": split(TONE.labels, reviews)}
    return Mixture(splits, options.pop("tasks", FEEDS), **{"batch_size": 8, **options})


def digest(of: Mixture, count: int = 30, **options) -> str:
    found = hashlib.sha256()
    batches = of.training_batches(TOKENIZER, TASKS, **options)
    for x, y, weights in itertools.islice(batches.forward(), count):
        for name in x:
            task = FEEDS[name]
            for part in (x[name]["token_ids"], y[name][task], weights[name][task]):
                found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize(
    ("tasks", "error", "message"),
    [
        ({"reviews": "tone"}, ValueError, r"Received: no task for the streams \['wires'\]"),
        ({**FEEDS, "x": "tone"}, ValueError, r"tasks for \['x'\], which are no streams"),
        (None, None, None),
        ("tone", ValueError, "`tasks` of a mixture must be a dictionary .*Received: tasks='tone'"),
        (["tone", "topic"], ValueError, "must be a dictionary from stream"),
        ({**FEEDS, "wires": []}, ValueError, "`tasks` of stream 'wires' .* one or more"),
        ({**FEEDS, "wires": ["topic"] * 2}, ValueError, r"none of them twice. Received: \['topic'"),
        ({**FEEDS, "wires": TOPIC}, TypeError, "'wires' .* name of a task.*use its `name`"),
        ({**FEEDS, "wires": None}, TypeError, "'wires' .* name of a task"),
    ],
)
def test_tasks_that_do_not_fit_the_streams_are_refused(tasks, error, message):
    if error is None:
        assert mixture(tasks=tasks).tasks == {"wires": ("wires",), "reviews": ("reviews",)}
        return
    with pytest.raises(error, match=message):
        mixture(tasks=tasks)


@pytest.mark.parametrize(
    ("splits", "error", "message"),
    [
        ({}, ValueError, "`splits` of a mixture must be a dictionary"),
        (None, ValueError, "must be a dictionary from stream name to rows"),
        ([split(TONE.labels, 3)], ValueError, "must be a dictionary"),
        (
            {"a": None},
            TypeError,
            "Stream 'a' .* rows of a dataset.* Received: None of type NoneType",
        ),
        ({"a": {"text": ["x"]}}, TypeError, "Stream 'a' .* of type dict"),
        ({1: split(TONE.labels, 3)}, TypeError, "name of a stream .* Received: 1"),
    ],
)
def test_what_are_no_streams_is_refused(splits, error, message):
    with pytest.raises(error, match=message):
        Mixture(splits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 1}, r"`batch_size` .* batch_size=1 for 2 streams \(wires, reviews\)"),
        ({"batch_size": 0}, "`batch_size` of a mixture must be a whole number of 1 or more"),
        ({"batch_size": 8.0}, "Received: batch_size=8.0"),
        ({"length_classes": 0}, "`length_classes` .* Received: length_classes=0"),
        ({"steps_per_epoch": 0}, "`steps_per_epoch` .* Received: steps_per_epoch=0"),
        ({"seed": -1}, "`seed` of a mixture must be a whole number of 0 or more"),
        ({"seed": None}, "Received: seed=None"),
        (
            {"weighting": "rows"},
            "`weighting` of a mixture .*'task', 'row'. Received: weighting='rows'",
        ),
        ({"share": "equal"}, "`share` of a mixture must be 'proportional'.*share='equal'"),
        ({"share": {}}, r"positive number for each of \['wires', 'reviews'\].* Received: share={}"),
        ({"share": {"reviews": 1}}, "positive number for each"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        mixture(**options)


def test_the_streams_must_feed_the_tasks_of_the_model():
    extra = classification("mood", ["calm", "loud"])
    with pytest.raises(ValueError, match=r"every task .* no stream for \['mood'\]; .*'reviews'"):
        mixture().training_batches(TOKENIZER, (*TASKS, extra))
    with pytest.raises(ValueError, match=r"only tasks .*\['tone'\].* 'wires' for task 'topic'"):
        mixture().evaluation_batches(TOKENIZER, (TONE,))


def test_too_few_rows_for_the_replicas_are_refused():
    with pytest.raises(ValueError, match="on 8 replica.* use at least 16"):
        mixture().training_batches(TOKENIZER, TASKS, replicas=8)


def test_a_label_outside_the_task_is_refused_before_anything_is_tokenized():
    narrow = classification("topic", ["art", "sea"], "label")
    with pytest.raises(
        ValueError, match="Received: 'war' in row .* of 'mine/train', column 'label'"
    ):
        mixture().encode(TOKENIZER, (TONE, narrow))
