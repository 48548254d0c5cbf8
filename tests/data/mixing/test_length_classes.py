import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.data.mixing import length_classes
from keras_mtl.data.mixing.length_classes import LengthPlan, plan_lengths

GRID, PASS_COST = 20, 16
STREAM = st.lists(st.integers(0, 200), min_size=1, max_size=60)


def random_streams(seed: int, streams: int) -> list[np.ndarray]:
    """Streams of 20 to 80 rows, each with lengths of its own kind."""
    random = np.random.default_rng(seed)
    return [
        random.geometric(random.uniform(0.01, 0.2), random.integers(20, 80)).astype(np.int32)
        for _ in range(streams)
    ]


def longest_up_to(lengths: np.ndarray, twentieths: int) -> int:
    """Padded length of the shortest so many twentieths of the rows, counted row by row."""
    count = next(n for n in range(1, len(lengths) + 1) if n * GRID >= len(lengths) * twentieths)
    longest = max(sorted(lengths.tolist())[:count])
    return min(-(-max(longest, 1) // 8) * 8, max(*lengths.tolist(), 1))


def cheapest(streams: list[np.ndarray], rows: list[int], max_classes: int) -> float:
    """Least padded tokens of a step on average, over all classes and all runs of streams."""
    means = [np.mean([longest_up_to(one, end) for end in range(1, GRID + 1)]) for one in streams]
    order = sorted(range(len(streams)), key=lambda number: means[number])
    costs = []
    for cuts in itertools.chain.from_iterable(
        itertools.combinations(range(1, len(order)), count) for count in range(3)
    ):
        groups = [order[a:b] for a, b in itertools.pairwise((0, *cuts, len(order)))]
        costs += [
            cost_of(streams, rows, groups, ends)
            for count in range(max_classes)
            for inner in itertools.combinations(range(1, GRID), count)
            for ends in [(*inner, GRID)]
        ]
    return min(costs)


def cost_of(streams, rows, groups, ends) -> float:
    total = 0.0
    for begin, end in itertools.pairwise((0, *ends)):
        for group in groups:
            length = max(longest_up_to(streams[number], end) for number in group)
            work = sum(rows[number] for number in group) + PASS_COST
            total += (end - begin) / GRID * work * length
    return total


@pytest.mark.parametrize(
    ("seed", "streams", "classes"), [(0, 1, 3), (1, 2, 2), (2, 3, 2), (3, 4, 1)]
)
def test_the_plan_is_the_cheapest_there_is(seed, streams, classes):
    lengths = random_streams(seed, streams)
    rows = np.random.default_rng(seed).integers(1, 40, streams).tolist()
    plan = plan_lengths(lengths, rows, classes)
    ends = np.rint(np.cumsum(plan.shares) * GRID).astype(int).tolist()
    assert cost_of(lengths, rows, plan.groups, ends) == pytest.approx(
        cheapest(lengths, rows, classes)
    )


@pytest.mark.parametrize("worth", [0.0, np.inf], ids=["one_order", "own_orders"])
@settings(max_examples=60, deadline=None)
@given(st.lists(STREAM, min_size=1, max_size=5), st.integers(1, 6))
def test_every_plan_holds_together(worth, streams, max_classes):
    lengths = [np.array(one, np.int32) for one in streams]
    with mock.patch.object(length_classes, "_WORTH", worth):
        plan = plan_lengths(lengths, [3] * len(lengths), max_classes)
    assert 1 <= plan.classes <= max_classes
    assert sum(plan.shares) == pytest.approx(1.0) and min(plan.shares) > 0
    assert sorted(itertools.chain(*plan.groups)) == list(range(len(lengths)))
    assert len(plan.groups) == len(plan.lengths) and 1 <= plan.passes <= 3
    columns = list(zip(*plan.lengths, strict=True))
    assert len(columns) == plan.classes == len(set(columns))
    assert [max(one) for one in columns] == sorted(max(one) for one in columns)
    if not worth:
        assert len(plan.groups) <= 3
        assert all(list(of_group) == sorted(of_group) for of_group in plan.lengths)
    for number, one in enumerate(lengths):
        rows = [plan.rows(number, one, part) for part in range(plan.classes)]
        assert set(np.concatenate(rows).tolist()) == set(range(len(one)))
        if len(one) >= GRID:  # Shorter streams lend rows to a class that would have none.
            assert sum(map(len, rows)) == len(one)
        for part, chosen in enumerate(rows):
            assert len(chosen) and (np.diff(chosen) > 0).all()
            assert one[chosen].max() <= plan.length(number, part)


@pytest.mark.parametrize("count", range(1, 6))
def test_tiny_streams_have_rows_in_every_class(count):
    lengths = [np.arange(10, 10 + 30 * count, 30, np.int32), np.arange(1, 300, dtype=np.int32)]
    plan = plan_lengths(lengths, [4, 4], 4)
    rows = [plan.rows(0, lengths[0], part) for part in range(plan.classes)]
    assert plan.classes == 4 and all(len(one) for one in rows)
    assert set(np.concatenate(rows).tolist()) == set(range(count))


def test_classes_by_hand():
    plan = plan_lengths([np.array([3] * 15 + [100] * 5)], [8], 2)
    assert plan == LengthPlan((0.75, 0.25), ((0,),), ((8, 100),))
    lengths = np.array([100, 3, 3, 3])
    assert plan.rows(0, lengths, 0).tolist() == [1, 2, 3]
    assert plan.rows(0, lengths, 1).tolist() == [0]
    assert plan.passes == 1


def test_streams_of_like_length_share_a_pass():
    short, long = np.full(50, 10), np.full(50, 400)
    plan = plan_lengths([long, short, long, short], [16] * 4, 4)
    assert plan.groups == ((1, 3), (0, 2))
    assert plan.lengths == ((10,), (400,))
    assert plan_lengths([short, short + 1], [16] * 2, 4).groups == ((0, 1),)


def test_texts_without_any_token_have_length_one():
    assert plan_lengths([np.zeros(3, np.int32)], [2], 4).lengths == ((1,),)


def test_a_stream_that_is_not_there():
    plan = plan_lengths([np.full(9, 5)], [2], 1)
    with pytest.raises(ValueError, match="no stream number 1"):
        plan.length(1, 0)
    with pytest.raises(ValueError, match="must have a stream or more"):
        plan_lengths([], [], 1)


# --- an order of its own for each stream ---


def test_rows_of_a_stream_that_meets_the_classes_in_its_own_order():
    plan = LengthPlan((0.25, 0.5, 0.25), ((1,), (0, 2)), ((48, 8, 16), (48, 64, 80)))
    lengths = np.array([40, 5, 12, 3])
    assert [plan.rows(1, lengths, k).tolist() for k in range(3)] == [[0], [1, 3], [2]]
    assert [plan.rows(2, lengths, k).tolist() for k in range(3)] == [[3], [1, 2], [0]]
    assert plan.passes == 1.75  # In the first class both groups have one length.


def like_reviews(streams: int, size: int = 200) -> list[np.ndarray]:
    """Streams as unlike as FDU-MTL's: logarithms of lengths have means from 3 to 5.3."""
    random = np.random.default_rng(0)
    return [
        np.clip(np.exp(random.normal(mean, 0.8, size)), 1, 400).astype(np.int32)
        for mean in np.linspace(3.0, 5.3, streams)
    ]


def tokens_of(plan: LengthPlan, streams: list[np.ndarray], rows: list[int]) -> float:
    """Padded tokens of a step on average, passes as rows, counted class by class."""
    total = 0.0
    for number, share in enumerate(plan.shares):
        lengths = [plan.length(stream, number) for stream in range(len(streams))]
        total += share * (np.dot(rows, lengths) + PASS_COST * sum(set(lengths)))
    return total


@pytest.mark.parametrize(("streams", "rows"), [(16, 4), (64, 1)])
def test_many_unlike_streams_cost_a_tenth_less_than_in_one_order(streams, rows):
    lengths, counts = like_reviews(streams), [rows] * streams
    with mock.patch.object(length_classes, "_WORTH", 0.0):
        same = plan_lengths(lengths, counts, 4)
    own = plan_lengths(lengths, counts, 4)
    assert tokens_of(own, lengths, counts) < 0.9 * tokens_of(same, lengths, counts)
    assert own.classes <= 4


def test_less_than_a_tenth_is_not_worth_an_order_of_its_own():
    lengths, counts = like_reviews(2), [32, 32]
    with mock.patch.object(length_classes, "_WORTH", np.inf):
        own = plan_lengths(lengths, counts, 4)
    plan = plan_lengths(lengths, counts, 4)
    saved = 1 - tokens_of(own, lengths, counts) / tokens_of(plan, lengths, counts)
    assert 0 < saved < 0.1
    assert all(list(of_group) == sorted(of_group) for of_group in plan.lengths)
