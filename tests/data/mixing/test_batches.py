"""Each row carries its own number, as its label and in every token, so that batches tell all."""

import itertools
from collections import Counter
from unittest import mock

import numpy as np
import pytest

from keras_mtl.data.mixing import length_classes
from keras_mtl.data.mixing.batches import EvaluationBatches, TrainingBatches
from keras_mtl.data.mixing.length_classes import plan_lengths
from keras_mtl.data.mixing.stream import Stream
from keras_mtl.data.text.ragged import Ragged

SIZES = {"a": 70, "b": 23, "c": 41}
ROWS = {"a": 5, "b": 2, "c": 3}


def stream(name: str, size: int, kind: tuple[float, float] | None = None) -> Stream:
    """Rows of any length, or of lengths whose logarithms have a mean and a deviation."""
    random = np.random.default_rng(size)
    lengths = random.integers(1, 60, size)
    if kind is not None:
        lengths = np.clip(np.exp(random.normal(*kind, size)), 1, 60).astype(int)
    ids = Ragged.from_rows([np.full(length, row + 1) for row, length in enumerate(lengths)])
    weights = np.ones(size, np.float32)
    return Stream(name, {"token_ids": ids}, {"t": np.arange(size)}, {"t": weights})


STREAMS = [stream(name, size) for name, size in SIZES.items()]
PLAN = plan_lengths([one.lengths for one in STREAMS], list(ROWS.values()), 4)
# Short rows, long ones and rows of any length; each stream meets the classes in its own order.
UNLIKE = [stream("a", 70, (1.5, 0.5)), stream("b", 23, (3.7, 0.4)), stream("c", 41, (2.5, 1.2))]
with mock.patch.object(length_classes, "_WORTH", np.inf):
    OWN_ORDERS = plan_lengths([one.lengths for one in UNLIKE], list(ROWS.values()), 4)
PLANS = {"one_order": (STREAMS, PLAN), "own_orders": (UNLIKE, OWN_ORDERS)}
any_plan = pytest.mark.parametrize(("streams", "plan"), PLANS.values(), ids=list(PLANS))


def training(steps: int = 13, seed: int = 0, epoch: int = 0, step: int = 0, **options):
    arguments = {"streams": STREAMS, "rows": ROWS, "plan": PLAN, **options}
    return TrainingBatches(**arguments, steps_per_epoch=steps, seed=seed, epoch=epoch, step=step)


def rows_of(batch, name: str) -> list[int]:
    """Numbers of the rows of a stream in a batch that count, from its labels."""
    return batch[1][name]["t"][batch[2][name]["t"] > 0].tolist()


def numbers(batches, count: int) -> list[dict[str, list[int]]]:
    return [
        {name: rows_of(batch, name) for name in SIZES}
        for batch in itertools.islice(batches.forward(), count)
    ]


def assert_equal(one, other) -> None:
    for part, expected in zip(one, other, strict=True):
        for name in SIZES:
            for key in expected[name]:
                np.testing.assert_array_equal(part[name][key], expected[name][key])


# --- training ---


def test_the_plans_differ_in_the_orders_of_their_classes():
    assert all(list(one) == sorted(one) for one in PLAN.lengths)
    assert len({tuple(np.argsort(one, kind="stable")) for one in OWN_ORDERS.lengths}) > 1


@any_plan
def test_every_batch_has_the_rows_of_each_stream_and_one_length_a_group(streams, plan):
    batches = training(streams=streams, plan=plan)
    shapes = set()
    for x, y, weights in itertools.islice(batches.forward(), 40):
        assert list(x) == list(y) == list(weights) == list(SIZES)
        widths = []
        for name, count in ROWS.items():
            ids, labels = x[name]["token_ids"], y[name]["t"]
            assert len(ids) == len(labels) == len(weights[name]["t"]) == count
            assert (weights[name]["t"] == 1).all() and ids.dtype == np.int32
            # Label and tokens are of one row, which is there whole.
            assert (ids[:, 0] == labels + 1).all()
            lengths = streams[list(SIZES).index(name)].lengths[labels]
            assert ((ids > 0).sum(axis=1) == lengths).all()
            widths.append(ids.shape[1])
        for group in plan.groups:
            assert len({widths[number] for number in group}) == 1
        shapes.add(tuple(widths))
    assert len(shapes) == plan.classes


@any_plan
@pytest.mark.parametrize("steps", [1, 7, 13])
def test_a_position_gives_what_an_uninterrupted_series_would(steps, streams, plan):
    options = {"streams": streams, "plan": plan}
    whole = list(itertools.islice(training(steps, **options).forward(), 4 * steps + 9))
    for epoch, step in ((0, 0), (0, steps - 1), (1, 0), (2, steps // 2), (3, steps - 1)):
        resumed = training(steps, epoch=epoch, step=step, **options)
        begin = epoch * steps + step
        for number, batch in enumerate(itertools.islice(resumed.forward(), 9)):
            assert_equal(batch, whole[begin + number])
            assert_equal(resumed[number], whole[begin + number])


def test_a_step_beyond_the_epoch_counts_on():
    assert_equal(training(7, epoch=1, step=9)[0], training(7, epoch=2, step=2)[0])


@any_plan
def test_no_row_comes_twice_before_all_of_its_class_have_come(streams, plan):
    batches = training(17, streams=streams, plan=plan)
    order: dict[tuple[str, int], list[int]] = {}
    for step in range(17 * 12):
        length_class, chosen, blanks = batches.choose(step)
        assert blanks == [0, 0, 0]
        for name, rows in zip(SIZES, chosen, strict=True):
            order.setdefault((name, length_class), []).extend(rows.tolist())
    for (name, length_class), seen in order.items():
        number = list(SIZES).index(name)
        size = len(plan.rows(number, streams[number].lengths, length_class))
        passes = [seen[begin : begin + size] for begin in range(0, len(seen), size)]
        assert len(passes) > 2, (name, length_class)
        for one in passes:
            assert len(set(one)) == len(one), (name, length_class)
        assert passes[0] != passes[1] and sorted(passes[0]) == sorted(passes[1])


@any_plan
def test_all_rows_are_used_alike_in_the_long_run(streams, plan):
    steps = 20 * 14  # Twenty passes over `a`: 280 steps of 5 rows.
    counts = {name: Counter() for name in SIZES}
    for batch in numbers(training(14, streams=streams, plan=plan), steps):
        for name, rows in batch.items():
            counts[name].update(rows)
    for name, size in SIZES.items():
        expected = steps * ROWS[name] / size
        assert len(counts[name]) == size
        assert expected * 0.8 - 1 <= min(counts[name].values())
        assert max(counts[name].values()) <= expected * 1.2 + 1


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_classes_get_their_share_of_steps_on_average(steps):
    epochs = 3000 // steps
    batches = training(steps, seed=5)
    counts = np.bincount([batches.choose(step)[0] for step in range(steps * epochs)])
    found = counts / counts.sum()
    # Four standard deviations of independent draws; these vary less.
    allowed = 4 * np.sqrt(np.array(PLAN.shares) / 3000)
    assert (np.abs(found - PLAN.shares) < allowed).all(), (found, PLAN.shares)
    for epoch in range(5):
        of_epoch = [batches.choose(epoch * steps + step)[0] for step in range(steps)]
        exact = np.array(PLAN.shares) * steps
        assert (np.abs(np.bincount(of_epoch, minlength=PLAN.classes) - exact) < 1 + 1e-6).all()


def test_seeds_and_epochs_have_orders_of_their_own():
    first, again, other = training(14), training(14), training(14, seed=1)
    assert numbers(first, 14) == numbers(again, 14)
    assert numbers(first, 14) != numbers(other, 14)
    assert numbers(first, 14) != numbers(training(14, epoch=1), 14)
    classes = [
        [batches.choose(step)[0] for step in range(14)]
        for batches in (first, other, training(14, epoch=1))
    ]
    assert classes[0] != classes[1] and classes[0] != classes[2]
    assert classes[0] != sorted(classes[0])


def test_batches_do_not_depend_on_what_was_asked_before():
    fresh, used = training(), training()
    for step in (90, 3, 41, 3):
        used[step]
    assert_equal(used[40], fresh[40])


def test_a_stream_smaller_than_its_rows_of_a_step():
    small = stream("a", 2)
    plan = plan_lengths([small.lengths], [5], 4)
    batches = TrainingBatches([small], {"a": 5}, plan, 3, 0)
    for step in range(6):
        assert set(rows_of(batches[step], "a")) <= {0, 1} and len(rows_of(batches[step], "a")) == 5


def test_for_keras_the_series_has_no_end_but_epochs_have():
    batches = training(13)
    assert len(batches) == 13 and batches.num_batches is None


# --- the report ---


@any_plan
def test_report_by_counting(streams, plan):
    batches = training(20, streams=streams, plan=plan)  # Shares of classes are twentieths.
    report = batches.report()
    real = padded = passes = 0
    for x, _, _ in itertools.islice(batches.forward(), 20):
        passes += len({inputs["token_ids"].shape[1] for inputs in x.values()})
        for inputs in x.values():
            real += int((inputs["token_ids"] > 0).sum())
            padded += inputs["token_ids"].size
    assert report["padding"] == pytest.approx(1 - real / padded) and 0 < report["padding"] < 0.5
    assert report["steps_per_epoch"] == 20
    assert report["rows_per_step"] == ROWS
    expected = {"a": 20 * 5 / 70, "b": 20 * 2 / 23, "c": 20 * 3 / 41}
    assert report["passes_over_rows_per_epoch"] == pytest.approx(expected)
    assert report["passes_through_trunk_per_step"] == passes / 20
    assert len(report["groups"]) == len(plan.groups)
    assert sorted(itertools.chain(*report["groups"])) == list(SIZES)
    assert sum(report["length_class_shares"]) == pytest.approx(1)
    assert report["lengths"] == [list(lengths) for lengths in plan.lengths]


def test_report_of_texts_without_padding():
    ids = Ragged.from_rows([np.full(8, 3)] * 6)
    even = Stream("a", {"token_ids": ids}, {"t": np.arange(6)}, {"t": np.ones(6, np.float32)})
    plan = plan_lengths([even.lengths], [2], 4)
    assert TrainingBatches([even], {"a": 2}, plan, 3, 0).report()["padding"] == 0.0


# --- evaluation ---


@pytest.mark.parametrize(
    "sizes", [SIZES, {"a": 1}, {"a": 3, "b": 50}, {"a": 5, "b": 1}, {"a": 20, "b": 21}]
)
@pytest.mark.parametrize("rows", [1, 4])
def test_every_row_exactly_once_and_blanks_weigh_nothing(sizes, rows):
    streams = [stream(name, size) for name, size in sizes.items()]
    per_step = {name: rows for name in sizes}
    plan = plan_lengths([one.lengths for one in streams], list(per_step.values()), 4)
    assert_every_row_once(EvaluationBatches(streams, per_step, plan), sizes, rows)


@pytest.mark.parametrize("rows", [1, 4])
def test_every_row_exactly_once_where_streams_have_their_own_orders(rows):
    batches = EvaluationBatches(UNLIKE, dict.fromkeys(SIZES, rows), OWN_ORDERS)
    assert_every_row_once(batches, SIZES, rows)


@pytest.mark.parametrize("sizes", [{"a": 1, "b": 90, "c": 90}, {"a": 3, "b": 2, "c": 90}])
def test_every_row_exactly_once_of_streams_with_fewer_rows_than_classes(sizes):
    kinds = dict(zip(sizes, ((1.5, 0.5), (3.7, 0.4), (2.5, 1.2)), strict=True))
    streams = [stream(name, size, kinds[name]) for name, size in sizes.items()]
    with mock.patch.object(length_classes, "_WORTH", np.inf):
        plan = plan_lengths([one.lengths for one in streams], [2, 2, 2], 4)
    assert_every_row_once(EvaluationBatches(streams, dict.fromkeys(sizes, 2), plan), sizes, 2)
    trained = TrainingBatches(streams, dict.fromkeys(sizes, 2), plan, 20, 0)
    for name, size in sizes.items():
        found = {
            row
            for batch in itertools.islice(trained.forward(), 900)
            for row in rows_of(batch, name)
        }
        assert found == set(range(size))


def assert_every_row_once(batches, sizes, rows) -> None:
    seen: dict[str, list[int]] = {name: [] for name in sizes}
    count = 0
    for x, y, weights in batches.forward():
        count += 1
        for name in sizes:
            assert len(x[name]["token_ids"]) == len(y[name]["t"]) == rows
            blank = weights[name]["t"] == 0
            assert (x[name]["token_ids"][blank] == 0).all()
            kept = y[name]["t"][~blank]
            assert (x[name]["token_ids"][~blank, 0] == kept + 1).all()
            seen[name] += kept.tolist()
    assert count == len(batches) == batches.num_batches
    for name, size in sizes.items():
        assert sorted(seen[name]) == list(range(size))


def test_evaluation_ends():
    batches = EvaluationBatches(STREAMS, ROWS, PLAN)
    for step in (len(batches), -1):
        with pytest.raises(IndexError, match=f"There are {len(batches)} batches. Received: step="):
            batches[step]
