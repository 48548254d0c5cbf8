"""The gradient of each task, against steps of one task at a time."""

import keras
import numpy as np
import pytest

from keras_mtl.training.checks import SelfCheckError
from tests.training import traded
from tests.training.small import demo_mixture, demo_model, largest_difference, weights_of

pytestmark = pytest.mark.any_backend


def furthest(model, left):
    return max(float(np.abs(one - left[path]).max())
               for path, one in traded.values_of(model).items())  # fmt: skip


@pytest.mark.parametrize("case", list(traded.CASES))
def test_a_step_is_the_weighted_sum_of_single_steps(case):
    make = traded.CASES[case]
    chosen = (0.25, 3.0, 0.5)[: len(make()[0].tasks)]
    model, _ = traded.one_step(make, traded.Fixed(chosen))
    assert furthest(model, traded.expected(make, lambda *_: chosen)) < 2e-6


@pytest.mark.parametrize("case", list(traded.CASES))
def test_weights_are_made_of_the_dot_products(case):
    make = traded.CASES[case]
    model, logs = traded.one_step(make, traded.UnitMean())
    assert furthest(model, traded.expected(make, traded.unit_mean)) < 5e-6
    own = [list(own.values()) for own in traded.gradients_of(make)]
    assert {name for name in logs if name.endswith("_weight")} == {
        f"{task.name}_weight" for task in model.tasks
    } and own


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("case", ["plain", "missing"])
def test_compiled_by_xla_or_not(case, jit_compile):
    make = traded.CASES[case]
    model, _ = traded.one_step(make, traded.UnitMean(), jit_compile=jit_compile)
    assert furthest(model, traded.expected(make, traded.unit_mean)) < 5e-6


def test_loss_weights_multiply_first():
    model, _ = traded.one_step(traded.plain, traded.UnitMean(), loss_weights=traded.LOSS_WEIGHTS)
    left = traded.expected(traded.plain, traded.unit_mean, traded.LOSS_WEIGHTS)
    assert furthest(model, left) < 5e-6


def test_logs_tell_norms_and_cosines():
    model, logs = traded.one_step(traded.plain, "equal", log_gradients=True)
    trunk = len(model.trunk.trainable_variables)
    assert trunk < len(model.trainable_variables)
    topic, sentiment = (
        np.concatenate([one[path].ravel() for path in range(trunk)])
        for one in traded.gradients_of(traded.plain)
    )
    norms = np.linalg.norm(topic), np.linalg.norm(sentiment)
    assert logs["topic_gradient_norm"] == pytest.approx(norms[0], rel=1e-4)
    assert logs["sentiment_gradient_norm"] == pytest.approx(norms[1], rel=1e-4)
    cosine = topic @ sentiment / norms[0] / norms[1]
    assert logs["topic_sentiment_cosine"] == pytest.approx(cosine, abs=1e-4)
    assert logs["topic_weight"] == logs["sentiment_weight"] == 1.0


@pytest.mark.parametrize("case", list(traded.CASES))
def test_logged_gradients_leave_plain_training_as_it_is(case):
    models = [
        traded.one_step(traded.CASES[case], "equal", log_gradients=log)[0] for log in (False, True)
    ]
    assert largest_difference(*map(weights_of, models)) < 2e-6


@pytest.mark.parametrize("case", ["plain", "absent"])
def test_at_features_the_sum_is_the_same(case):
    make = traded.CASES[case]
    options = {"self_checks": False} if case == "absent" else {}
    models = [traded.one_step(make, traded.Fixed(level=level), **options)[0]
              for level in ("parameters", "features")]  # fmt: skip
    assert largest_difference(*map(weights_of, models)) < 2e-6


def test_at_features_weights_are_of_features():
    model, logs = traded.one_step(traded.plain, traded.UnitMean(level="features"))
    other, exact = traded.one_step(traded.plain, traded.UnitMean())
    for name in ("topic", "sentiment"):
        product = logs[f"{name}_weight"] * logs[f"{name}_gradient_norm"]
        assert product == pytest.approx(0.5, abs=1e-4)
        assert logs[f"{name}_gradient_norm"] != pytest.approx(
            exact[f"{name}_gradient_norm"], rel=1e-3
        )
    assert 1e-4 < largest_difference(weights_of(model), weights_of(other))


@pytest.mark.parametrize("level", ["parameters", "features"])
def test_weights_are_kept_between_solves(level):
    model, _ = traded.plain()
    model.compile(keras.optimizers.SGD(0.1), balancer=traded.UnitMean(every=3, level=level))
    x, y = traded.id_rows(rows=48)
    weights = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, number, logs=None):
            model.adapter.sync(model)
            weights.append(keras.ops.convert_to_numpy(model.balancer.current).tolist())

    model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0, callbacks=[Watch()])
    assert weights[0] == weights[1] == weights[2] != weights[3] == weights[4] == weights[5]
    assert int(model.balancer.steps) == 6


@pytest.mark.parametrize("level", ["parameters", "features"])
def test_kept_weights_act_as_new_ones(level):
    models = []
    for every in (1, 2):
        model, (x, y, _) = traded.plain()
        model.compile(keras.optimizers.SGD(0.1), balancer=traded.Fixed(every=every, level=level))
        model.fit(x, y, batch_size=12, epochs=2, shuffle=False, verbose=0)
        # What `Fixed` weighs does not hang on the step, so both must move alike.
        models.append(model)
    assert largest_difference(*map(weights_of, models)) < 2e-6


def test_mixed_precision_comes_close_and_unscales():
    found = []
    for policy in ("float32", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        try:
            optimizer = keras.optimizers.SGD(1.0)
            if policy != "float32":
                optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=256.0)
            found.append(traded.one_step(traded.plain, traded.UnitMean(), optimizer))
        finally:
            keras.config.set_dtype_policy("float32")
    (exact, logs), (half, half_logs) = found
    assert 0 < largest_difference(weights_of(exact), weights_of(half)) < 2e-2
    for name in ("topic", "sentiment"):
        norm = logs[f"{name}_gradient_norm"]
        assert half_logs[f"{name}_gradient_norm"] == pytest.approx(norm, rel=2e-2)


def test_a_run_goes_on_between_two_solves(tmp_path):
    """Two steps, saved, and one more: as three steps at once."""
    found = []
    for cut in (False, True):
        model, (x, y, weights) = traded.bags()
        model.compile(keras.optimizers.SGD(0.1), balancer=traded.UnitMean(every=3, name="units"))
        for number in range(4):
            if cut and number == 2:
                model.save(tmp_path / "model.keras")
                with keras.saving.custom_object_scope({"UnitMean": traded.UnitMean}):
                    model = keras.models.load_model(tmp_path / "model.keras")
            model.train_on_batch(x, y, weights)
        found.append(weights_of(model))
    assert largest_difference(*found) < 1e-6


def test_a_balancer_of_another_model_is_refused():
    balancer = traded.Fixed()
    model, _ = traded.bags()
    model.compile("sgd", balancer=balancer)
    model.compile("sgd", balancer=balancer)
    with pytest.raises(ValueError, match="must be a new Fixed for each model"):
        traded.words()[0].compile("sgd", balancer=balancer)


def test_features_of_streams_are_refused():
    model = demo_model()
    model.compile("sgd", balancer=traded.Fixed(level="features"))
    with pytest.raises(ValueError, match="tasks on the same rows. Received: streams .*'reviews'"):
        model.fit(demo_mixture(), verbose=0)


def test_features_of_rows_with_some_labels_are_refused():
    model, (x, y, _) = traded.plain()
    weights = {name: np.ones(24, "float32") for name in y}
    weights["topic"][3] = 0
    model.compile("sgd", balancer=traded.Fixed(level="features"))
    with pytest.raises(SelfCheckError, match="Received: 1 row.* with labels of some"):
        model.fit(x, y, sample_weight=weights, batch_size=12, shuffle=False, verbose=0)


def test_one_task_is_trained_as_it_is_with_a_note():
    x, y = traded.id_rows()
    models = []
    for balancer in ("equal", traded.UnitMean()):
        model = traded.id_model(tasks=(traded.id_model().tasks[0],))
        if balancer == "equal":
            model.compile("sgd")
        else:
            with pytest.warns(UserWarning, match="UnitMean has one task, 'topic'"):
                model.compile("sgd", balancer=balancer)
        model.train_on_batch(x, {"topic": y["topic"]})
        models.append(model)
    assert largest_difference(*map(weights_of, models)) < 1e-6


def test_what_a_balancer_keeps_is_saved_with_the_model(tmp_path):
    model, batch = traded.plain()
    model.compile("sgd", balancer=traded.UnitMean(every=5, name="units"))
    model.train_on_batch(*batch)
    model.save(tmp_path / "model.keras")
    with keras.saving.custom_object_scope({"UnitMean": traded.UnitMean}):
        copy = keras.models.load_model(tmp_path / "model.keras")
    assert type(copy.balancer) is traded.UnitMean and copy.balancer.every == 5
    assert int(copy.balancer.steps) == 1
    np.testing.assert_array_equal(*(keras.ops.convert_to_numpy(one.balancer.current)
                                    for one in (model, copy)))  # fmt: skip
