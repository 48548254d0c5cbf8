"""The loss of a task is the mean over what is labelled."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from tests.figures import at_most, exactly
from tests.training.small import (
    TASKS,
    demo_mixture,
    demo_model,
    id_model,
    id_rows,
    largest_difference,
    weights_of,
)

pytestmark = pytest.mark.any_backend


def mean_by_hand(probabilities, labels, weights):
    losses = -np.log(probabilities[np.arange(len(labels)), labels].astype("float64"))
    return float((losses * weights).sum() / max((weights > 0).sum(), 1))


def half_labelled(seed=1):
    random = np.random.default_rng(seed)
    weights = {name: random.uniform(0.5, 2, 24) for name in ("topic", "sentiment")}
    weights["topic"][::2] = 0
    weights["sentiment"][3:20] = 0
    return {name: weight.astype("float32") for name, weight in weights.items()}


def test_half_labelled_batch_equals_the_mean_by_hand():
    model, (x, y), weights = id_model(), id_rows(), half_labelled()
    model.compile(keras.optimizers.SGD(0.0))
    predicted = model.predict(x, verbose=0)
    logs = {
        "evaluate": model.evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0,
                                   batch_size=7),
        "fit": {k: v[0] for k, v in model.fit(
            x, y, sample_weight=weights, verbose=0, batch_size=5).history.items()},
    }  # fmt: skip
    for method, values in logs.items():
        for name in ("topic", "sentiment"):
            by_hand = mean_by_hand(predicted[name], y[name], weights[name])
            at_most(f"{method}: {name}_loss from the mean by hand",
                    abs(values[f"{name}_loss"] - by_hand), 1e-6)  # fmt: skip
    at_most("fit and evaluate apart", max(abs(logs["fit"][k] - logs["evaluate"][k])
                                          for k in logs["fit"]), 1e-6)  # fmt: skip


def test_gradient_of_a_half_labelled_batch_is_that_of_its_labelled_rows():
    (x, y), weights = id_rows(), half_labelled()
    models = [id_model(), id_model()]
    for model in models:
        model.compile(keras.optimizers.SGD(0.1), loss_weights={"sentiment": 0.0})
    models[0].train_on_batch(x, y, sample_weight=weights)
    rows = weights["topic"] > 0
    models[1].train_on_batch(
        {"token_ids": x["token_ids"][rows]},
        {"topic": y["topic"][rows]},
        sample_weight={"topic": weights["topic"][rows]},
    )
    assert largest_difference(*map(weights_of, models)) < 1e-6


def test_labels_of_weight_zero_may_be_anything():
    (x, y), weights = id_rows(), half_labelled()
    models = [id_model(), id_model()]
    nonsense = {name: np.where(weights[name] > 0, y[name], -7).astype("int32") for name in y}
    for model, labels in zip(models, (y, nonsense), strict=True):
        model.compile("adam")
        model.train_on_batch(x, labels, sample_weight=weights)
    exactly("weights apart", largest_difference(*map(weights_of, models)), 0.0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_task_of_weight_zero_leaves_its_own_variables_untouched(optimizer):
    model, (x, y) = id_model(), id_rows()
    model.compile(optimizer, loss_weights={"topic": 0.0})
    before = weights_of(model)
    model.fit(x, y, epochs=3, verbose=0)
    own = {id(v) for v in model.heads["topic"].variables}
    moved = {
        id(v) in own: largest_difference([a], [b])
        for v, a, b in zip(model.trainable_variables, before, weights_of(model), strict=True)
    }
    exactly(f"{optimizer}: largest move of the head of weight 0", moved[True], 0.0)
    assert moved[False] > 0


def test_class_weight_acts_in_a_batch_of_one_row():
    x, y = id_rows(rows=1)
    losses = []
    for weight in (1.0, 3.0):
        task = mtl.classification("topic", TASKS[0].labels, class_weight=[weight] * 8)
        model = id_model(tasks=(task,))
        model.compile(keras.optimizers.SGD(0.0))
        losses.append(model.test_on_batch(x, {"topic": y["topic"]}, return_dict=True)["loss"])
    assert losses[1] == pytest.approx(3 * losses[0], rel=1e-6)


def test_loss_is_as_exact_as_from_logits_where_probabilities_are_not():
    model, (x, _) = id_model(tasks=TASKS[1:]), id_rows()
    head = model.heads["sentiment"].scores
    head.bias.assign([200.0, 0.0])
    model.compile(keras.optimizers.SGD(0.0))
    labels = {"sentiment": np.ones(24, "int32")}
    loss = model.evaluate(x, labels, return_dict=True, verbose=0)["loss"]
    assert 195 < loss < 205  # A probability in float32 would have ended at -log(1e-7) = 16.


def test_loss_and_metrics_of_the_user_take_the_place_of_the_tasks_own():
    model, (x, y) = id_model(), id_rows()
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="share")
    model.compile(
        keras.optimizers.SGD(0.0),
        loss={"topic": keras.losses.SparseCategoricalCrossentropy()},
        metrics={"topic": ["accuracy", accuracy], "sentiment": accuracy},
    )
    logs = model.evaluate(x, y, return_dict=True, verbose=0)
    predicted = model.predict(x, verbose=0)
    for name in y:
        expected = np.mean(predicted[name].argmax(-1) == y[name])
        assert logs[f"{name}_share"] == pytest.approx(expected)  # One object, yet apart.
        assert logs[f"{name}_loss"] == pytest.approx(
            mean_by_hand(predicted[name], y[name], np.ones(24)), abs=1e-5
        )
    assert set(logs) == {"loss", "topic_loss", "topic_accuracy", "topic_share",
                         "sentiment_loss", "sentiment_share"}  # fmt: skip


def test_metrics_count_labelled_rows_once():
    (x, y), weights = id_rows(), half_labelled()
    model = id_model()
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0)
    right = model.predict(x, verbose=0)["topic"].argmax(-1) == y["topic"]
    assert logs["topic_accuracy"] == pytest.approx(right[weights["topic"] > 0].mean())


def test_row_weighting_multiplies_a_task_by_the_share_of_its_stream():
    moves = {}
    for weighting in ("task", "row"):
        model = demo_model(kind="bag")
        model.compile(keras.optimizers.SGD(0.1))
        before = {name: np.array(head.scores.bias) for name, head in model.heads.items()}
        model.fit(demo_mixture(weighting=weighting), steps_per_epoch=1, verbose=0)
        moves[weighting] = {
            name: np.array(head.scores.bias) - before[name] for name, head in model.heads.items()
        }
    for name, share in {"sentiment": 2 / 3, "topic": 1 / 3}.items():
        np.testing.assert_allclose(moves["row"][name], share * moves["task"][name], rtol=1e-4)
