"""Heads alike pass together, to the figures of each on its own."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.heads import PooledHead
from keras_mtl.training import step
from tests.training.small import largest_difference, weights_of

pytestmark = pytest.mark.any_backend

LABELS = ("art", "sea", "war")


def tasks_of(**options):
    return [
        *(mtl.classification(f"t{n}", LABELS, "label", **options) for n in range(5)),
        *(mtl.classification(f"u{n}", ("no", "yes"), "label") for n in range(4)),
    ]


def batch(tasks, rows=lambda task: 2, length=6):
    """A stream for each task, the last row of every other one without a label."""
    random = np.random.default_rng(0)
    x, y, weights = {}, {}, {}
    for place, task in enumerate(tasks):
        name, count = task.name, rows(task.name)
        x[name] = {"token_ids": random.integers(1, 20, (count, length)).astype("int32")}
        y[name] = {name: random.integers(0, len(task.labels), count).astype("int32")}
        weights[name] = {name: random.uniform(0.5, 2, count).astype("float32")}
        weights[name][name][-1] *= place % 2
    return x, y, weights


def model_of(tasks, **options):
    keras.utils.set_random_seed(0)
    trunk = mtl.trunks.bag(20, 6, bigram_buckets=0, word_dropout=0.0, dropout=0.0)
    model = mtl.MultiTaskModel(trunk, tasks)
    model.compile(keras.optimizers.SGD(0.5), **options)
    return model


@pytest.fixture
def heads_called(monkeypatch):
    """Names of the heads that pass by themselves."""
    called, call = [], PooledHead.call

    def counting(head, features, training=None):
        called.append(head.task)
        return call(head, features, training)

    monkeypatch.setattr(PooledHead, "call", counting)
    return called


def train(model, x, y, weights, steps=3):
    """The logs of some steps, of an evaluation, and the weights."""
    logs = [
        model.train_on_batch(x, y, sample_weight=weights, return_dict=True) for _ in range(steps)
    ]
    logs.append(model.test_on_batch(x, y, sample_weight=weights, return_dict=True))
    return logs, weights_of(model)


@pytest.mark.parametrize("options", [{}, {"hidden_dim": 3}, {"pooling": "max"}])
def test_together_and_one_by_one_train_to_the_same(options, heads_called, monkeypatch):
    tasks = tasks_of(**options)
    given = batch(tasks)
    model = model_of(tasks, loss_weights={"t1": 0.3})
    heads_called.clear()
    logs, found = train(model, *given)
    assert heads_called == []
    monkeypatch.setattr(step, "scored_together", lambda *_: {})
    expected_logs, expected = train(model_of(tasks, loss_weights={"t1": 0.3}), *given)
    assert set(heads_called) == {task.name for task in tasks}
    assert largest_difference(found, expected) < 1e-6
    for one, other in zip(logs, expected_logs, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_what_cannot_pass_together_passes_by_itself(heads_called):
    tasks = tasks_of()
    model = model_of(tasks, loss_weights={"u2": 0.0})
    heads_called.clear()
    model.train_on_batch(*batch(tasks, lambda name: 3 if name == "t4" else 2)[:2])
    # One task has more rows; one learns nothing.
    assert set(heads_called) == {task.name for task in tasks}
    heads_called.clear()
    model.test_on_batch(*batch(tasks)[:2])
    assert heads_called == []


def test_a_penalty_on_what_a_head_gives_is_that_of_its_own_rows(heads_called):
    tasks, found = tasks_of(), []
    for penalty in (None, keras.regularizers.L2(10.0)):
        model = model_of(tasks)
        model.heads["u1"].scores.activity_regularizer = penalty
        heads_called.clear()
        model.train_on_batch(*batch(tasks)[:2])
        assert set(heads_called) == (set() if penalty is None else {f"u{n}" for n in range(4)})
        found.append(weights_of(model))
    assert largest_difference(*found) > 1e-4


def test_a_task_in_two_streams_or_none_passes_by_itself(heads_called):
    tasks = tasks_of()
    x, y, _ = batch(tasks)
    x["more"], y["more"] = x["t0"], {"t0": y["t0"]["t0"]}
    del x["u0"], y["u0"]
    model = model_of(tasks)
    heads_called.clear()
    model.train_on_batch(x, y)
    assert set(heads_called) == {task.name for task in tasks} - {"u0"}


def test_dropout_acts_in_training_alone():
    tasks = tasks_of(dropout=0.9)
    x, y, weights = batch(tasks)
    model = model_of(tasks, loss_weights=None)
    model.optimizer.learning_rate = 0.0
    logs, _ = train(model, x, y, weights, steps=4)
    losses = np.array([[one[f"t{n}_loss"] for n in range(5)] for one in logs])
    assert len(np.unique(losses[:4, 0].round(6))) > 1
    assert np.allclose(
        losses[4],
        [model.test_on_batch(x, y, sample_weight=weights, return_dict=True)[f"t{n}_loss"]
         for n in range(5)],
        atol=1e-6,
    )  # fmt: skip


def test_half_precision(monkeypatch):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        tasks = tasks_of(hidden_dim=3)
        model = model_of(tasks)
        given = batch(tasks)
        logs = model.test_on_batch(*given[:2], return_dict=True)
        monkeypatch.setattr(step, "scored_together", lambda *_: {})
        expected = model_of(tasks).test_on_batch(*given[:2], return_dict=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert logs == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("how", ["plain", "logged", "parameters", "features"])
def test_on_shared_rows_too_and_each_head_stays_that_of_its_task(how, monkeypatch):
    """A gradient of each task reaches the shared variables and its own head alone."""
    tasks = tasks_of()
    random = np.random.default_rng(1)
    x = {"token_ids": random.integers(1, 20, (8, 6)).astype("int32")}
    y = {task.name: random.integers(0, len(task.labels), 8).astype("int32") for task in tasks}
    found = []
    for joined in (True, False):
        if not joined:
            monkeypatch.setattr(step, "scored_together", lambda *_: {})
        balancer = mtl.balancing.PCGrad("ascending", level=how) if how[-1] == "s" else "equal"
        model = model_of(tasks, balancer=balancer, log_gradients=how == "logged")
        logs = [model.train_on_batch(x, y, return_dict=True) for _ in range(2)]
        found.append((weights_of(model), logs))
        if how in ("logged", "parameters"):
            shared = {model.trainable_variables[at].path for at in model.settings.part.shared}
            assert shared == {one.path for one in model.trunk.trainable_variables}
    assert largest_difference(found[0][0], found[1][0]) < 1e-6
    for one, other in zip(found[0][1], found[1][1], strict=True):
        assert one == pytest.approx(other, abs=1e-5)
