import numpy as np
import pytest
from keras import ops
from sklearn.metrics import ndcg_score

import keras_mtl as mtl
from keras_mtl.heads import NEVER
from keras_mtl.tasks import ABSENT, Word
from keras_mtl.tasks.ranking_metrics import normalised_gains, reciprocal_ranks
from tests.figures import at_most

pytestmark = pytest.mark.any_backend


def random_rows(ties, rows=200, most=7, seed=0):
    """Relevance and scores of 2 to `most` candidates a row."""
    random = np.random.default_rng(seed)
    relevance = random.integers(0, 4, (rows, most)).astype("float32")
    relevance[:, 0] = np.maximum(relevance[:, 0], 1)
    scores = random.normal(size=(rows, most)).astype("float32")
    if ties:
        scores = np.round(scores)
    there = np.arange(most) < random.integers(2, most + 1, rows)[:, None]
    return np.where(there, relevance, ABSENT), np.where(there, scores, NEVER), there


def numpy_of(function, *arrays):
    return np.asarray(ops.convert_to_numpy(function(*map(ops.array, arrays))), float)


@pytest.mark.parametrize("ties", [False, True])
def test_gain_is_that_of_scikit_learn(ties):
    relevance, scores, there = random_rows(ties)
    found = numpy_of(normalised_gains, relevance, scores.astype("float32"))
    expected = [
        ndcg_score(one[None, mask], other[None, mask])
        for one, other, mask in zip(relevance, scores, there, strict=True)
    ]
    at_most("nDCG from scikit-learn's", np.abs(found - expected).max(), 1e-6)


@pytest.mark.parametrize("ties", [False, True])
def test_reciprocal_rank_is_that_of_the_first_relevant_one(ties):
    relevance, scores, there = random_rows(ties, seed=1)
    relevance = np.where(relevance > 1, relevance, np.minimum(relevance, 0))
    relevance[:, 0] = 2
    expected = []
    for one, other, mask in zip(relevance, scores, there, strict=True):
        # Of equal scores what is not relevant stands first.
        order = sorted(np.flatnonzero(mask), key=lambda place: (-other[place], one[place] > 0))
        first = next(rank for rank, place in enumerate(order, 1) if one[place] > 0)
        expected.append(1 / first)
    found = numpy_of(reciprocal_ranks, relevance, scores.astype("float32"))
    at_most("reciprocal ranks from sorting", np.abs(found - expected).max(), 1e-6)


def test_metrics_are_weighted_means_over_batches():
    relevance, scores, _ = random_rows(False, rows=30)
    weights = np.arange(30) % 3 > 0
    for metric in mtl.ranking("a").metrics():
        for part in (slice(0, 11), slice(11, 30)):
            metric.update_state(relevance[part], scores[part], weights[part].astype("float32"))
        function = {"mrr": reciprocal_ranks, "ndcg": normalised_gains}[metric.name]
        expected = numpy_of(function, relevance, scores.astype("float32"))[weights].mean()
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_losses_are_those_of_numpy():
    relevance, scores, there = random_rows(False, rows=20)
    found = {
        kind: numpy_of(mtl.ranking("a", loss=kind).loss, relevance, scores.astype("float32"))
        for kind in ("listwise", "pairwise")
    }
    apart = []
    for row, mask in enumerate(there):
        gains, values = relevance[row, mask].astype(float), scores[row, mask].astype(float)
        logs = values - np.log(np.exp(values).sum())
        listwise = -(gains / gains.sum() * logs).sum()
        pairs = [
            np.log1p(np.exp(values[j] - values[i]))
            for i in range(len(gains))
            for j in range(len(gains))
            if gains[i] > gains[j]
        ]
        pairwise = np.mean(pairs) if pairs else 0.0
        apart.append([found["listwise"][row] - listwise, found["pairwise"][row] - pairwise])
    at_most("losses of a ranking from numpy", np.abs(apart).max(), 1e-5)


def test_labels_are_lists_of_relevance():
    task = mtl.ranking("a")
    labels, weights = task.encode([[1, 0], None, [0, 0.5, 2]], "here")
    np.testing.assert_array_equal(labels, [[1, 0, -1], [-1, -1, -1], [0, 0.5, 2]])
    assert weights.tolist() == [1, 0, 1]
    outside = ops.convert_to_numpy(task.outside(ops.array([[1, 0, -1], [0, 0, -1], [-2, 1, 0.0]])))
    assert outside.tolist() == [False, True, True]


def test_answers_are_in_order_and_reviews_count_them():
    task = mtl.ranking("a")
    scores = np.array([[0.5, 2.0, NEVER], [1.0, 0.0, -1.0]])
    answer = task.decode(scores[0], [Word("one"), Word("two")])
    assert [one["text"] for one in answer["ranking"]] == ["two", "one"]
    assert answer["ranking"][0] == {"candidate": 1, "text": "two", "score": 2.0}
    labels, weights = task.encode([[1, 0], [3, 0, 1]], "here")
    review = task.review(labels, weights, scores)
    assert review.rows == 2 and review.right.tolist() == [False, True]
    assert review.expected == ("candidate 0", "candidate 0")
    assert review.predicted == ("candidate 1", "candidate 0")
    queries, best, mrr, _ = review.table.rows[0]
    assert (queries, best, mrr) == (2, 0.5, 0.75)


@pytest.mark.parametrize("options", [{"loss": "both"}, {"pooling": "sum"}, {"dropout": 2.0}])
def test_bad_options(options):
    with pytest.raises(ValueError, match=f"`{next(iter(options))}` of task 'a'"):
        mtl.ranking("a", **options)
