"""Averages of models that began alike; and what a task taught, added and taken away."""

import keras
import numpy as np
import pytest

from keras_mtl import transfer
from tests.training.small import id_model, id_rows

pytestmark = pytest.mark.any_backend


def trained(seed=0, epochs=1, rows=0, rate=0.05, **options):
    model = id_model(seed=seed, kind="bag")
    model.compile(keras.optimizers.SGD(rate))
    x, y = id_rows(seed=rows)
    model.fit(x, y, batch_size=8, epochs=epochs, verbose=0, **options)
    return model


def values(model):
    of_heads = [v for name in sorted(model.heads) for v in model.heads[name].weights]
    return [np.array(v) for v in [*model.trunk.weights, *of_heads]]


def same(model, expected):
    for mine, theirs in zip(values(model), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7)


def test_a_soup_is_the_average():
    one, other = trained(rows=1), trained(rows=2)
    target = id_model(kind="bag")
    expected = [(a + b) / 2 for a, b in zip(values(one), values(other), strict=True)]
    transfer.soup(target, [one, other])
    same(target, expected)
    transfer.soup(target, [one, other], weights=[3, 1])
    same(target, [0.75 * a + 0.25 * b for a, b in zip(values(one), values(other), strict=True)])


def test_models_of_other_ancestors_are_refused(tmp_path):
    one, other = trained(rows=1), trained(seed=3, rows=2)
    with pytest.raises(ValueError, match=r"2 different starts among 2 models"):
        transfer.soup(id_model(kind="bag"), [one, other])
    one.save(tmp_path / "one.keras")
    loaded = keras.models.load_model(tmp_path / "one.keras")
    assert loaded.ancestor == one.ancestor
    again = trained(rows=2)
    transfer.soup(id_model(kind="bag"), [loaded, again])
    with pytest.raises(ValueError, match=r"which differs in embedding/embeddings: \(40, 6\)"):
        transfer.soup(id_model(kind="bag"), [id_model(kind="bag", vocabulary_size=50)])
    with pytest.raises(TypeError, match=r"Received: 'one.keras'"):
        transfer.soup(id_model(kind="bag"), ["one.keras"])
    with pytest.raises(ValueError, match=r"one model or more"):
        transfer.soup(id_model(kind="bag"), [])


def test_loading_a_source_is_a_new_beginning():
    source, target = trained(seed=5), trained(seed=1)
    first = target.ancestor
    transfer.load_source(target, source, tokenizer="same")
    x, y = id_rows()
    target.fit(x, y, batch_size=8, verbose=0)
    assert target.ancestor != first
    other = id_model(seed=9, kind="bag")
    other.compile("sgd")
    transfer.load_source(other, source, tokenizer="same")
    other.fit(x, y, batch_size=8, verbose=0)
    assert other.ancestor == target.ancestor


def test_a_greedy_soup_takes_what_helps():
    """The score is the nearness to a point: the average of two sources is nearer, a third not."""
    sources = [trained(rows=number) for number in range(3)]
    first, second, _ = map(values, sources)
    goal = [(a + b) / 2 for a, b in zip(first, second, strict=True)]

    def score(model):
        pairs = zip(values(model), goal, strict=True)
        return -float(sum(((a - b) ** 2).sum() for a, b in pairs))

    target = id_model(kind="bag")
    before = [values(one) for one in sources]
    taken = transfer.greedy_soup(target, sources, score)
    assert sorted(number for number, _ in taken) == [0, 1]
    assert taken[1][1] > taken[0][1]
    same(target, goal)
    for one, expected in zip(sources, before, strict=True):
        same(one, expected)


class Ends(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.ends = []

    def on_epoch_end(self, epoch, logs=None):
        self.model.adapter.sync(self.model)
        self.ends.append(values(self.model))


@pytest.mark.parametrize(
    ("options", "counted"), [({"start": 1}, slice(1, None)), ({"last": 2}, slice(-2, None))]
)
def test_the_average_of_epochs(options, counted):
    watch = Ends()
    model = trained(epochs=4, callbacks=[watch, transfer.AverageEpochs(**options)])
    parts = list(zip(*watch.ends[counted], strict=True))
    same(model, [sum(one) / len(one) for one in parts])


def test_task_vectors():
    base = id_model(kind="bag")
    one, other = trained(rows=1), trained(rows=2)
    first, second = transfer.task_vector(one, base), transfer.task_vector(other, base.trunk)
    start = [np.array(v) for v in base.trunk.weights]
    (first + 0.5 * second - second * 0.25).apply_to(base)
    expected = [
        a + (b - a) + 0.25 * (c - a)
        for a, b, c in zip(start, one.trunk.get_weights(), other.trunk.get_weights(), strict=True)
    ]
    for mine, theirs in zip(base.trunk.weights, expected, strict=True):
        np.testing.assert_allclose(np.array(mine), theirs, rtol=1e-5, atol=1e-7)
    with pytest.raises(ValueError, match=r"must have begun at the same weights"):
        first.apply_to(base)  # It was changed since.
    back = id_model(kind="bag")
    first.apply_to(back)
    for mine, theirs in zip(back.trunk.weights, one.trunk.weights, strict=True):
        np.testing.assert_allclose(np.array(mine), np.array(theirs), rtol=1e-5, atol=1e-7)


def test_task_vectors_of_others_are_refused():
    base, stranger = id_model(kind="bag"), trained(seed=4)
    with pytest.raises(ValueError, match=r"A model and the `base`.*Fine-tune both from one trunk"):
        transfer.task_vector(stranger, base)
    other = transfer.task_vector(stranger, id_model(seed=4, kind="bag"))
    with pytest.raises(ValueError, match=r"Task vectors that are added"):
        transfer.task_vector(trained(), base) + other
    with pytest.raises(ValueError, match=r"differs in embedding/embeddings"):
        transfer.task_vector(trained(), id_model(kind="bag", vocabulary_size=50))


def test_bad_input():
    with pytest.raises(ValueError, match=r"`last` of AverageEpochs.*last=0"):
        transfer.AverageEpochs(last=0)
    with pytest.raises(ValueError, match=r"`weights` of `soup`"):
        transfer.soup(id_model(kind="bag"), [trained()], weights=[0])
