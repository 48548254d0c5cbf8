"""Rates by group: as optimizers of their own would update each group."""

import keras
import numpy as np
import pytest

from keras_mtl import transfer
from keras_mtl.training import FineTuning
from keras_mtl.training.selecting import groups_of
from keras_mtl.transfer import GroupedOptimizer
from tests.figures import at_most
from tests.training.small import id_model, id_rows

pytestmark = pytest.mark.any_backend

OPTIMIZERS = {
    "sgd with momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "adamw": lambda: keras.optimizers.AdamW(0.02, weight_decay=0.1),
    "adam on a schedule": lambda: keras.optimizers.Adam(
        keras.optimizers.schedules.ExponentialDecay(0.05, 2, 0.5)
    ),
    "fine-tuning": lambda: FineTuning(10, 0.05, weight_decay=0.2),
}


def variables():
    random, found = np.random.default_rng(1), []
    for scope, name, shape in (
        ("low", "kernel", (3, 2)), ("low", "bias", (2,)), ("high", "kernel", (2, 2))
    ):  # fmt: skip
        with keras.name_scope(scope):
            found.append(keras.Variable(random.normal(size=shape), name=name))
    return found


def gradients(step):
    random = np.random.default_rng(100 + step)
    return [random.normal(size=shape).astype("float32") for shape in ((3, 2), (2,), (2, 2))]


def apply(optimizer, of, step):
    found = [keras.ops.convert_to_tensor(one) for one in gradients(step)]
    optimizer.apply([found[place] for place, _ in of], [variable for _, variable in of])


def scaled(optimizer, factor):
    """An optimizer whose rate is a factor times that of another, made by hand."""
    rate = optimizer._learning_rate
    found = type(optimizer).from_config(optimizer.get_config())
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        found.learning_rate = lambda: rate(found._iterations) * factor
    else:
        found.learning_rate = float(rate) * factor
    return found


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_each_group_is_updated_as_by_an_optimizer_of_its_own(make):
    grouped, expected = variables(), variables()
    pattern = make()
    pattern.global_clipnorm = None
    optimizer = GroupedOptimizer(pattern, {"low*": 0.25}, decay_all=True)
    optimizer.build(grouped)
    low, high = scaled(pattern, 0.25), scaled(pattern, 1.0)
    for step in range(4):
        apply(optimizer, list(enumerate(grouped)), step)
        apply(low, list(enumerate(expected))[:2], step)
        apply(high, list(enumerate(expected))[2:], step)
    apart = max(
        np.abs(np.array(a) - np.array(b)).max() for a, b in zip(grouped, expected, strict=True)
    )
    at_most("largest difference from optimizers by hand", float(apart), 1e-6)


@pytest.mark.parametrize(
    "options",
    [{"global_clipnorm": 0.1}, {"clipnorm": 0.1}, {"clipvalue": 0.05}, {"use_ema": True}],
    ids=str,
)
def test_what_is_of_all_gradients_is_done_to_all_together(options):
    grouped, expected = variables(), variables()
    optimizer = GroupedOptimizer(keras.optimizers.Adam(0.1, **options), {"low*": 1.0, "hi*": 1.0})
    other = keras.optimizers.Adam(0.1, **options)
    for one, of in ((optimizer, grouped), (other, expected)):
        one.build(of)
        for step in range(3):
            apply(one, list(enumerate(of)), step)
        one.finalize_variable_values(of)
    for mine, theirs in zip(grouped, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)


def test_the_norm_is_of_all_groups():
    """Two groups, one clip: half the norm is not left to each."""
    of = variables()
    before = [np.array(one) for one in of]
    optimizer = GroupedOptimizer(keras.optimizers.SGD(1.0, global_clipnorm=0.1), {"low*": 0.5})
    optimizer.build(of)
    apply(optimizer, list(enumerate(of)), 0)
    moved = [np.array(one) - start for one, start in zip(of, before, strict=True)]
    whole = np.sqrt(sum((one**2).sum() for one in (moved[0] * 2, moved[1] * 2, moved[2])))
    assert whole == pytest.approx(0.1, rel=1e-5)


def test_biases_do_not_decay_unless_they_are_to():
    for decay_all in (False, True):
        of = variables()
        before = [np.array(one) for one in of]
        pattern = keras.optimizers.AdamW(0.1, weight_decay=0.5)
        optimizer = GroupedOptimizer(pattern, decay_all=decay_all)
        optimizer.build(of)
        zeros = [keras.ops.zeros(one.shape) for one in of]
        optimizer.apply(zeros, of)
        shrunk = [np.array(one) / start for one, start in zip(of, before, strict=True)]
        np.testing.assert_allclose(shrunk[0], 0.95, rtol=1e-5)
        np.testing.assert_allclose(shrunk[1], 0.95 if decay_all else 1.0, rtol=1e-5)


def test_it_keeps_nothing_of_the_model_itself():
    of = variables()
    optimizer = GroupedOptimizer("adam", {"low*": 0.5})
    optimizer.build(of)
    kept = {id(one) for one in optimizer.variables}
    assert len(kept) == len(optimizer.variables) == 2 + 2 * 1 + 2 * 3
    assert not kept & {id(one) for one in of}


def test_layerwise_decay_falls_from_the_heads_down():
    model = id_model(layers=2)
    model.compile(GroupedOptimizer("sgd", transfer.layerwise_decay(0.5)))
    names = [group.name for group in groups_of(model)]
    assert names == ["embedding", "lstm_1", "lstm_2", "heads"]
    factors = model.optimizer.factors
    for variable in model.trainable_variables:
        depth = next((n for n, name in enumerate(names) if variable.path.startswith(name)), 3)
        assert factors[variable.path] == 0.5 ** (3 - depth)


def test_a_model_trains_at_its_rates_and_a_rate_of_zero_is_none():
    x, y = id_rows()
    model = id_model()
    model.compile(GroupedOptimizer(keras.optimizers.Adam(0.01), {"*": 1, "embedding": 0.0}))
    before = [np.array(one) for one in model.trainable_variables]
    model.fit(x, y, batch_size=8, verbose=0)
    for variable, start in zip(model.trainable_variables, before, strict=True):
        assert np.array_equal(variable, start) is (variable.path == "embedding/embeddings")


def test_saving_loading_and_going_on_keep_the_rates(tmp_path):
    x, y = id_rows()
    model = id_model()
    model.compile(GroupedOptimizer(FineTuning(12, 0.05), transfer.layerwise_decay(0.5)))
    model.fit(x, y, batch_size=8, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.factors == model.optimizer.factors
    for one in (model, loaded):
        one.fit(x, y, batch_size=8, epochs=2, verbose=0, shuffle=False)
    apart = []
    for mine, theirs in zip(model.trainable_variables, loaded.trainable_variables, strict=True):
        apart.append(np.abs(np.array(mine) - np.array(theirs)).max())
    at_most("largest difference after saving, loading and going on", float(max(apart)), 1e-5)


def test_the_rate_can_be_set_while_it_trains(tmp_path):
    x, y = id_rows()
    model = id_model()
    model.compile(GroupedOptimizer(keras.optimizers.SGD(0.5), {"trunk": 0.5}))
    model.optimizer.learning_rate = 0.0
    before = [np.array(one) for one in model.trainable_variables]
    model.fit(x, y, batch_size=8, verbose=0)
    assert all(map(np.array_equal, before, model.trainable_variables))
    model.save(tmp_path / "model.keras")
    assert float(keras.models.load_model(tmp_path / "model.keras").optimizer.learning_rate) == 0.0


@pytest.mark.parametrize(
    ("rates", "error", "message"),
    [
        ({"trunc": 0.1}, ValueError, r"`rates` must name a part.*Did you mean 'trunk'"),
        ({"trunk": -1}, ValueError, r"'trunk' must be a factor of 0 or more"),
        ([0.1], TypeError, r"factors by name or pattern"),
    ],
)
def test_rates_that_are_none_are_refused(rates, error, message):
    with pytest.raises(error, match=message):
        id_model().compile(GroupedOptimizer("adam", rates))


def test_a_wrong_name_changes_nothing():
    x, y = id_rows()
    model = id_model()
    model.compile("adam")
    optimizer = model.optimizer
    with pytest.raises(ValueError, match=r"Did you mean 'embedding'"):
        model.compile(GroupedOptimizer("adam", {"embeding": 0.1}))
    assert model.optimizer is optimizer
    model.fit(x, y, batch_size=8, verbose=0)


def test_more_bad_input():
    with pytest.raises(ValueError, match=r"above 0 and at most 1.*Received: 1.1"):
        transfer.layerwise_decay(1.1)
    with pytest.raises(ValueError, match=r"'cut_fraction|`cut_fraction` of SlantedTriangular"):
        transfer.SlantedTriangular(0.1, 10, cut_fraction=1.0)
    with pytest.raises(ValueError, match=r"must be a plain one"):
        GroupedOptimizer(GroupedOptimizer("adam"))
    with pytest.raises(ValueError, match=r"outside of a MultiTaskModel"):
        GroupedOptimizer("adam", transfer.layerwise_decay()).build(variables())
    with pytest.raises(ValueError, match=r"matches nothing. Did you mean 'low"):
        GroupedOptimizer("adam", {"lowkernel": 1}).build(variables())
