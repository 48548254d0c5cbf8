"""Every balancer in `fit`, on streams and on shared rows."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.balancing import (
    FAMO,
    DynamicTaskPrioritization,
    DynamicWeightAverage,
    GradientAggregator,
    LossBalancer,
    PCGrad,
    UncertaintyWeighting,
    UPGrad,
    WeightSchedule,
)
from keras_mtl.training.checks import SelfCheckError
from tests.balancing.kinds import exported, made
from tests.training import traded
from tests.training.small import demo_mixture, demo_model, largest_difference, weights_of

pytestmark = pytest.mark.any_backend


def own_arguments(kind):
    return {"weights": {"topic": [(0, 0.5)]}} if kind is WeightSchedule else {}


@pytest.mark.parametrize("kind", [*exported(LossBalancer), *exported(GradientAggregator)])
def test_it_trains_streams_and_shared_rows(kind):
    for make in (traded.bags, traded.bags_of_streams):
        model, batch = make()
        model.compile(keras.optimizers.SGD(0.1), balancer=made(kind, **own_arguments(kind)))
        before = weights_of(model)
        for _ in range(2):
            logs = model.train_on_batch(*batch, return_dict=True)
        after = weights_of(model)
        assert all(np.isfinite(one).all() for one in after)
        assert all((one != other).any() for one, other in zip(before, after, strict=True))
        assert all(np.isfinite(one) for one in logs.values())
        assert model.balancer.problem() is None


@pytest.mark.parametrize("kind", [UPGrad, PCGrad])
def test_a_step_is_what_its_weights_say(kind):
    """By numpy, from the gradients of single tasks."""

    def by_numpy(gradients, present):
        flat = np.stack([np.concatenate([one.ravel() for one in own]) for own in gradients])
        given = {} if kind is UPGrad else {"order": "ascending"}
        found = kind(**given).weights(flat @ flat.T, present=np.array(present, "float32"))
        return keras.ops.convert_to_numpy(found)

    for make in (traded.streams, traded.missing):
        model, batch = make()
        given = {} if kind is UPGrad else {"order": "ascending"}
        model.compile(keras.optimizers.SGD(1.0), balancer=kind(**given))
        model.train_on_batch(*batch)
        left = traded.expected(make, by_numpy)
        assert max(float(np.abs(one - left[path]).max())
                   for path, one in traded.values_of(model).items()) < 2e-5  # fmt: skip


def test_uncertainty_is_trained_with_the_model():
    model, batch = traded.plain()
    model.compile(keras.optimizers.SGD(0.5), balancer="uncertainty")
    logs = model.train_on_batch(*batch, return_dict=True)
    found = keras.ops.convert_to_numpy(model.balancer.log_variance)
    expected = [-0.5 * (0.5 - logs[f"{name}_loss"]) for name in ("topic", "sentiment")]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert logs["topic_weight"] == logs["sentiment_weight"] == 1.0
    later = model.train_on_batch(*batch, return_dict=True)
    assert later["topic_weight"] != 1.0


def test_a_loss_weighting_under_an_aggregator_composes():
    """The plain sum of gradients of weighed losses is what the weighting alone does."""
    models = []
    for balancer in (
        UncertaintyWeighting(0.7),
        traded.Fixed((1.0, 1.0), loss_balancer=UncertaintyWeighting(0.7)),
    ):
        model, (x, y, _) = traded.bags()
        model.compile(keras.optimizers.SGD(0.5), balancer=balancer)
        model.fit(x, y, batch_size=12, epochs=2, shuffle=False, verbose=0)
        models.append(model)
    assert largest_difference(*map(weights_of, models)) < 2e-6


@pytest.mark.parametrize("inside", [False, True])
def test_famo_sees_the_same_rows_after_the_step(inside):
    """Dropout included: with a step of length 0 nothing has changed, so nothing is learned."""
    found = []
    for rate in (0.0, 0.5):
        model = demo_model(dropout=0.3)
        famo = FAMO(weight_decay=0.0)
        balancer = UPGrad(loss_balancer=famo) if inside else famo
        model.compile(keras.optimizers.SGD(rate), balancer=balancer)
        model.fit(demo_mixture(batch_size=24), steps_per_epoch=3, verbose=0)
        found.append(keras.ops.convert_to_numpy(famo.logits))
    assert np.abs(found[0]).max() == 0.0 < np.abs(found[1]).max()


def test_epochs_reach_the_balancer():
    model = demo_model()
    model.compile("sgd", balancer=DynamicWeightAverage())
    history = model.fit(demo_mixture(batch_size=24), epochs=4, verbose=0).history
    assert history["topic_weight"][:2] == [1.0, 1.0]
    rates = [history[f"{name}_loss"][1] / history[f"{name}_loss"][0]
             for name in ("topic", "sentiment")]  # fmt: skip
    expected = 2 * np.exp(np.array(rates) / 2) / np.exp(np.array(rates) / 2).sum()
    assert history["topic_weight"][2] == pytest.approx(expected[0], rel=1e-4)


def test_metrics_of_validation_reach_the_balancer():
    model, mixture = demo_model(), demo_mixture(batch_size=24)
    model.compile("sgd", balancer=DynamicTaskPrioritization(discount=1.0, metric="accuracy"))
    validation = demo_mixture(rows=60, seed=3)
    history = model.fit(mixture, validation_data=validation, epochs=2, verbose=0).history
    seen = np.clip(history["val_topic_accuracy"][0], 1e-3, 1 - 1e-3)
    assert history["topic_weight"][1] == pytest.approx(-(1 - seen) * np.log(seen), rel=1e-4)


def test_schedules_act_in_their_epoch():
    model, mixture = demo_model(), demo_mixture(batch_size=24)
    model.compile("sgd", balancer=WeightSchedule({"topic": [(0, 0.0), (2, 1.0)]}))
    history = model.fit(mixture, epochs=3, verbose=0).history
    assert history["topic_weight"] == pytest.approx([0.0, 0.5, 1.0])


def test_a_problem_ends_training():
    model, (x, y, _) = traded.bags()

    class Negative(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.sum(y_pred, axis=-1) * 0.0 - 1.0

    model.compile("sgd", balancer="geometric_mean", loss={"topic": Negative(reduction=None)})
    with pytest.raises(SelfCheckError, match="Losses of task 'topic' must be above 0 under Geom"):
        model.fit(x, y, batch_size=8, verbose=0)


def test_what_balancers_keep_is_saved(tmp_path):
    for balancer in (UncertaintyWeighting(0.3), made(mtl.balancing.GradVac)):
        model, batch = traded.bags()
        model.compile("sgd", balancer=balancer)
        model.train_on_batch(*batch)
        model.save(tmp_path / "model.keras")
        copy = keras.models.load_model(tmp_path / "model.keras")
        kept, same = (
            [v for layer in one.balancer_layers for v in layer.weights] for one in (model, copy)
        )
        assert len(kept) == len(same) > 0
        for own, other in zip(kept, same, strict=True):
            np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (own, other)))
