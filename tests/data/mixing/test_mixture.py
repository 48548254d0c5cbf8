import hashlib
import itertools
import os
import subprocess
import sys
from types import SimpleNamespace

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


# --- batches ---


def test_batches_are_nested_by_stream_in_the_order_of_names():
    x, y, weights = mixture().training_batches(TOKENIZER, TASKS)[0]
    assert list(x) == list(y) == list(weights) == ["reviews", "wires"]
    assert {name: list(labels) for name, labels in y.items()} == {
        "reviews": ["tone"],
        "wires": ["topic"],
    }
    assert [len(x[name]["token_ids"]) for name in x] == [5, 3]  # 60 to 31, of 8.


def test_an_epoch_is_all_rows_unless_said():
    assert mixture().steps_per_epoch == 12  # 91 rows in steps of 8.
    assert mixture(steps_per_epoch=3).steps_per_epoch == 3
    assert len(mixture().training_batches(TOKENIZER, TASKS, steps_per_epoch=5)) == 5


@pytest.mark.parametrize(
    ("share", "expected"),
    [("uniform", [4, 4]), ({"reviews": 7, "wires": 1}, [7, 1]), (1e9, [4, 4])],
)
def test_shares_decide_the_rows_of_a_step(share, expected):
    batches = mixture(share=share).training_batches(TOKENIZER, TASKS)
    assert list(batches.rows.values()) in (expected, expected[::-1])
    assert [batches.rows[name] for name in ("reviews", "wires")] == expected


def test_rows_are_multiples_of_the_replicas():
    batches = mixture().training_batches(TOKENIZER, TASKS, replicas=4)
    assert batches.rows == {"reviews": 4, "wires": 4}


def test_a_stream_may_feed_several_tasks_and_a_task_have_several_streams():
    one, other = split(TONE.labels, 9), split(TONE.labels, 5)
    second = classification("second", TONE.labels, "label")
    both = Mixture({"a": one, "b": other}, {"a": ["tone", "second"], "b": "tone"}, batch_size=4)
    _, y, _ = both.training_batches(TOKENIZER, (TONE, second))[0]
    assert {name: sorted(labels) for name, labels in y.items()} == {
        "a": ["second", "tone"],
        "b": ["tone"],
    }


def test_streams_named_as_their_tasks_need_no_tasks():
    named = Mixture({"tone": split(TONE.labels, 4)}, batch_size=2)
    assert named.tasks == {"tone": ("tone",)}
    assert repr(named) == "Mixture(tone: 4 rows for tone; batch_size=2)"
    many = Mixture({f"t{n:02}": split(TONE.labels, 4) for n in range(64)})
    assert repr(many).endswith(
        "t03: 4 rows for t03, and 60 more streams, 256 rows in all; batch_size=64)"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"tone": 1.0, "topic": 1.0}),
        ({"weighting": "row"}, {"tone": 60 / 91, "topic": 31 / 91}),
        ({"weighting": "row", "share": "uniform"}, {"tone": 0.5, "topic": 0.5}),
    ],
)
def test_task_shares(options, expected):
    assert mixture(**options).task_shares() == pytest.approx(expected)


def test_texts_are_encoded_once_and_again_for_another_tokenizer():
    both = mixture()
    streams = both.encode(TOKENIZER, TASKS)
    assert both.encode(TOKENIZER, list(TASKS)) is streams
    assert [stream.name for stream in streams] == ["reviews", "wires"]
    fewer = both.encode(WordTokenizer(WORDS[:50]), TASKS)
    assert fewer is not streams and len(fewer[0].inputs["token_ids"].values) > 0
    other = (TONE, classification("topic", ["art", "sea", "war", "sun"], "label"))
    assert both.encode(TOKENIZER, other) is not streams


# --- position and seed ---


def test_the_same_seed_gives_the_same_batches_in_a_fresh_process():
    code = "from tests.data.mixing import test_mixture as t; print(t.digest(t.mixture(seed=3)))"
    environment = {**os.environ, "PYTHONHASHSEED": "1234"}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert found.stdout.split()[-1] == digest(mixture(seed=3)) != digest(mixture(seed=4))


def test_a_restored_position_goes_on_where_it_was():
    both = mixture()
    whole = both.training_batches(TOKENIZER, TASKS)
    expected = whole[12 + 7]
    both.restore({"epoch": 1, "step": 7})
    resumed = both.training_batches(TOKENIZER, TASKS)
    assert both.position == {"epoch": 1, "step": 7}
    np.testing.assert_array_equal(resumed[0][1]["wires"]["topic"], expected[1]["wires"]["topic"])
    # It is restored once: the next series begins anew.
    assert digest(both) == digest(mixture())
    assert both.position == {"epoch": 0, "step": 0}


def test_a_restored_position_goes_before_the_initial_epoch():
    both = mixture()
    assert digest(both, initial_epoch=2) != digest(both)
    both.training_batches(TOKENIZER, TASKS, initial_epoch=2)
    assert both.position == {"epoch": 2, "step": 0}
    both.restore({"epoch": 5, "step": 1})
    both.training_batches(TOKENIZER, TASKS, initial_epoch=2)
    assert both.position == {"epoch": 5, "step": 1}


@pytest.mark.parametrize(
    "position", [{}, {"epoch": 1}, {"epoch": -1, "step": 0}, {"epoch": 0, "step": 0, "batch": 1}]
)
def test_what_is_no_position_is_refused(position):
    with pytest.raises(
        ValueError, match=r"`position` of a mixture must be {'epoch': e, 'step': s}"
    ):
        mixture().restore(position)


def test_a_report_changes_nothing():
    both = mixture()
    model = SimpleNamespace(preprocessor=TOKENIZER, tasks=TASKS)
    both.training_batches(TOKENIZER, TASKS, initial_epoch=4)
    both.restore({"epoch": 1, "step": 7})
    report = both.report(model)
    assert report["steps_per_epoch"] == 12 and report["rows_per_step"] == {"reviews": 5, "wires": 3}
    assert both.position == {"epoch": 4, "step": 0}
    both.training_batches(TOKENIZER, TASKS)
    assert both.position == {"epoch": 1, "step": 7}


# --- evaluation ---


@pytest.mark.parametrize("replicas", [1, 2, 4])
@pytest.mark.parametrize("sizes", [(60, 31), (3, 1), (1, 40)])
def test_evaluation_shows_every_row_once(replicas, sizes):
    both = mixture(*sizes)
    batches = both.evaluation_batches(TOKENIZER, TASKS, replicas)
    streams = {stream.name: stream for stream in both.encode(TOKENIZER, TASKS)}
    seen: dict[str, list] = {name: [] for name in FEEDS}
    for x, y, weights in batches.forward():
        for name, task in FEEDS.items():
            assert len(x[name]["token_ids"]) % replicas == 0
            real = weights[name][task] > 0
            assert (x[name]["token_ids"][~real] == 0).all()
            for ids, label in zip(x[name]["token_ids"][real], y[name][task][real], strict=True):
                seen[name].append((ids[ids > 0].tolist(), int(label)))
    for name, task in FEEDS.items():
        ids, labels = streams[name].inputs["token_ids"], streams[name].labels[task]
        expected = [(ids.row(row).tolist(), int(labels[row])) for row in range(len(labels))]
        assert sorted(seen[name]) == sorted(expected)


def test_evaluation_needs_no_shares_of_training():
    skewed = mixture(share={"reviews": 1, "wires": 1000})
    assert skewed.evaluation_batches(TOKENIZER, TASKS).rows == {"reviews": 5, "wires": 3}


def test_like_keeps_the_options():
    options = {"share": "uniform", "weighting": "row", "length_classes": 2, "seed": 9}
    both = mixture(**options)
    held_out = {"reviews": split(TONE.labels, 12), "wires": split(TOPIC.labels, 10)}
    for other in (both.like(**held_out), both.like(held_out["wires"], held_out["reviews"])):
        assert {name: rows.texts for name, rows in other.splits.items()} == {
            name: rows.texts for name, rows in held_out.items()
        }
        assert other.tasks == both.tasks and other.batch_size == 8
        assert {name: getattr(other, name) for name in options} == options
        assert other.steps_per_epoch == 3


@pytest.mark.parametrize(
    "names", [(), ("reviews",), ("reviews", "wire"), ("reviews", "wires", "x")]
)
def test_like_needs_a_split_for_each_stream(names):
    rows = split(TONE.labels, 3)
    with pytest.raises(
        ValueError, match=r"streams \['wires', 'reviews'\], .* or by name. Received"
    ):
        mixture().like(**{name: rows for name in names})
    with pytest.raises(ValueError, match="`like` of a mixture"):
        mixture().like(rows, wires=rows)
