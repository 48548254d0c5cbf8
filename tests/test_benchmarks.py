"""benchmarks/pair: the arithmetic, the tables, and that both frameworks train one model."""

import dataclasses

import many_tasks
import numpy as np
import pytest
from pair import costs, tables
from pair.data import Rows, TaskRows
from pair.settings import MODELS, Settings

import keras_mtl as mtl

SMALL = Settings(
    vocabulary_size=12, sequence_length=5, embedding_dim=4, units=3, batch_size=4,
    pair_dim=2, pair_buckets=7, word_dropout=0.0, dropout=0.0,
)  # fmt: skip


def result(seconds, padded=4_000):
    return {
        "seconds": seconds,
        "steps": 10,
        "rows": 640,
        "real_tokens": 2_000,
        "padded_tokens": padded,
        "losses": {"sentiment": 0.5, "topic": 2.0},
        "peak_megabytes": 1_234.4,
    }


def rows_of(*rows):
    """Rows with the labels 0, 1, 0, 1 ..."""
    offsets = np.cumsum([0, *map(len, rows)])
    labels = np.arange(len(rows), dtype=np.int32) % 2
    return Rows(np.concatenate(rows).astype(np.int32), offsets, labels)


def sets_of():
    reviews, news = rows_of([2, 3, 4], [5], [6, 7, 8, 9, 10]), rows_of([11, 2], [3, 4, 5])
    return {
        "sentiment": TaskRows(reviews, reviews, classes=2, rows_per_step=2),
        "topic": TaskRows(news, news, classes=3, rows_per_step=1),
    }


def test_an_lstm_needs_as_many_operations_as_its_kernels_have_entries_twice():
    settings = Settings(embedding_dim=128, units=64)
    assert costs.lstm_flops(settings) == 2 * (128 * 256 + 64 * 256)
    assert costs.training_flops(settings, real_tokens=10) == 30 * 98_304
    both = Settings(embedding_dim=128, units=64, bidirectional=True)
    assert costs.lstm_flops(both) == 2 * costs.lstm_flops(settings)


def test_domains_are_put_together_or_cut_without_losing_a_row():
    parts = {
        name: mtl.Split({"text": [f"{name}{n}" for n in range(5)], "label": ["pos"] * 5}, name)
        for name in "abcd"
    }
    every = sorted(text for one in parts.values() for text in one.texts)
    for tasks in (1, 2, 4, 8):
        found = many_tasks.streams(parts, tasks)
        assert len(found) == tasks
        assert sorted(text for one in found.values() for text in one.texts) == every
    assert many_tasks.streams(parts, 8)["b_1"].texts == ("b1", "b3")
    with pytest.raises(ValueError, match="divide the 4 domains, or be a multiple. Received: 3"):
        many_tasks.streams(parts, 3)


def test_spread_and_tokens_of_many_tasks():
    assert many_tasks.spread({1: [300, 100, 200], 4: [100, 50, 400]}) == 2.0
    report = {
        "groups": [["a", "b"], ["c"]],
        "rows_per_step": {"a": 1, "b": 1, "c": 2},
        "length_class_shares": [0.75, 0.25],
        "lengths": [[8, 16], [100, 200]],
    }
    assert many_tasks.tokens_per_row(report) == (2 * 10 + 2 * 125) / 4


def test_padding_is_a_share_of_all_tokens():
    assert costs.padding_share(real_tokens=3, padded_tokens=4) == 0.25


def test_peak_memory_grows_by_what_is_held():
    before = costs.peak_megabytes()
    held = np.ones(50_000_000)
    assert costs.peak_megabytes() >= before
    assert costs.peak_megabytes() > held.nbytes / 1e6


def test_ratios_are_those_of_neighbours_not_of_medians():
    rounds = {"ours": [result(1.0), result(4.0), result(2.0)],
              "other": [result(2.0), result(4.0), result(6.0)]}  # fmt: skip
    assert tables.ratios(rounds, "other", tables.rows_per_second) == tables.Figure(2.0, 1.0, 3.0)


def test_speed_table():
    rounds = {"ours": [result(1.0)] * 2, "other": [result(2.0, 8_000)] * 2}
    rate = 2 * costs.training_flops(SMALL, 2_000)
    table = tables.speed_table(rounds, SMALL, rate).splitlines()
    assert table[1] == "| --- |" + " ---: |" * 7
    assert [len(line.split("|")) for line in table] == [10] * 4
    assert table[3] == (
        "| other | 320 (320 to 320) | 200.0 (200.0 to 200.0) | 75.0% | 1,234 "
        "| 25.0% (25.0% to 25.0%) | 2.00 (2.00 to 2.00) | 0.500, 2.000 |"
    )


def test_plot_is_the_same_twice(tmp_path):
    rounds = {"ours": [result(1.0), result(2.0)], "other": [result(2.0), result(3.0)]}
    drawn = []
    for name in ("first.svg", "second.svg"):
        tables.plot(rounds, tables.rows_per_second, "rows per second", tmp_path / name)
        drawn.append((tmp_path / name).read_text(encoding="utf-8"))
    assert drawn[0] == drawn[1]
    assert "rows per second" in drawn[0]


def test_plain_array_has_every_row_once_and_weights_for_its_own_task():
    from pair.plain_keras import one_array

    token_ids, labels, weights = one_array(SMALL, sets_of())
    assert token_ids.tolist() == [
        [2, 3, 4, 0, 0], [5, 0, 0, 0, 0], [6, 7, 8, 9, 10], [11, 2, 0, 0, 0], [3, 4, 5, 0, 0],
    ]  # fmt: skip
    assert labels["topic"].tolist() == [0, 0, 0, 0, 1]
    assert weights["sentiment"].tolist() == [1, 1, 1, 0, 0]
    assert weights["topic"].tolist() == [0, 0, 0, 1, 1]


def test_buckets_have_every_row_once_and_like_lengths():
    pytest.importorskip("torch")
    from pair.torch_data import Buckets

    lengths = np.random.default_rng(0).integers(1, 400, 1_000)
    batches = list(Buckets(lengths, rows=8, pool=50))
    assert sorted(sum(batches, [])) == list(range(1_000))
    assert len(batches) == len(Buckets(lengths, rows=8))
    assert np.mean([np.ptp(lengths[batch]) for batch in batches]) < 20


def test_every_trunk_has_its_operations_and_both_frameworks():
    pytest.importorskip("torch")
    from pair import ours, plain_keras, torch_models

    trunks = [one.TRUNKS for one in (ours, plain_keras, torch_models)]
    assert all(set(one) == set(MODELS) for one in (costs.FLOPS_PER_TOKEN, *trunks))


def weights_of(model):
    """What a PyTorch model trains, in the shapes and the order of Keras."""
    tables = {id(one.weight) for one in model.modules() if type(one).__name__ == "Embedding"}
    return [
        (values if id(one) in tables else values.T).copy()
        for one in model.parameters()
        if one.requires_grad
        for values in [one.detach().numpy()]
    ]


@pytest.mark.parametrize("model_name", MODELS)
def test_one_model_in_all_and_one_step_in_ours_and_in_pytorch(model_name):
    torch = pytest.importorskip("torch")
    import keras
    from pair import ours, plain_keras, torch_loops

    settings = dataclasses.replace(SMALL, model=model_name)
    sets = sets_of()
    tasks = [mtl.classification(task, [*"abc"][: rows.classes]) for task, rows in sets.items()]
    plain = plain_keras.build(settings, sets)
    model = ours.build(settings, SMALL.vocabulary_size, tasks)
    theirs = torch_loops.build(settings, sets)[0]
    for one in (plain, model):
        for variable, value in zip(one.trainable_variables, weights_of(theirs), strict=True):
            variable.assign(value)

    token_ids, labels, weights = plain_keras.one_array(SMALL, sets)
    own = {task: weights[task] == 1 for task in sets}
    batches = {
        task: (torch.from_numpy(token_ids[rows]), torch.from_numpy(labels[task][rows]).long())
        for task, rows in own.items()
    }
    for task, rows in own.items():
        scores = theirs(batches[task][0], task).detach()
        probabilities = model.predict({"token_ids": token_ids}, verbose=0)[task][rows]
        np.testing.assert_allclose(plain.predict(token_ids, verbose=0)[task][rows], scores, 0, 1e-6)
        np.testing.assert_allclose(probabilities, scores.softmax(-1), 0, 1e-6)

    # SGD, as the two Adams differ where gradients are small: see `torch_loops.build`.
    optimizer = torch.optim.SGD(theirs.parameters(), lr=1.0)
    # The bag's words are not weighed here, as PyTorch's are not.
    model.compile(keras.optimizers.SGD(1.0), self_checks=False)
    losses = torch_loops.train_step(theirs, optimizer, batches)
    history = model.fit({"token_ids": token_ids}, labels, sample_weight=weights, verbose=0).history
    for task, loss in losses.items():
        assert history[f"{task}_loss"][0] == pytest.approx(loss, abs=1e-6)
    for variable, value in zip(model.trainable_variables, weights_of(theirs), strict=True):
        np.testing.assert_allclose(variable.numpy(), value, 0, 1e-6)
