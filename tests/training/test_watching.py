"""One figure from the logs of several tasks."""

import keras
import numpy as np
import pytest

from keras_mtl.training.watching import Choice, Watched
from tests.training.small import id_model, id_rows

LOGS = {
    "val_loss": 7.0,
    "val_topic_loss": 2.0, "val_topic_macro_f1": 0.5, "val_topic_accuracy": 0.75,
    "val_sentiment_loss": 6.0, "val_sentiment_macro_f1": 0.25, "val_sentiment_accuracy": 1.0,
    "topic_loss": 1.0, "sentiment_loss": 3.0, "loss": 3.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def model():
    model = id_model("bag")
    model.compile("adam", loss_weights={"topic": 0.5, "sentiment": 1.5})
    return model


@pytest.mark.parametrize(
    "by, metric, value, mode",
    [
        ("all", "loss", 7.0, "min"),
        ("topic", "loss", 2.0, "min"),
        ({"topic": 3.0, "sentiment": 1.0}, "loss", (3 * 2.0 + 6.0) / 4, "min"),
        ({"topic": 1, "sentiment": 0}, "loss", 2.0, "min"),
        ("all", "macro_f1", (0.5 * 0.5 + 1.5 * 0.25) / 2, "max"),
        ("sentiment", "accuracy", 1.0, "max"),
        ({"topic": np.float32(1), "sentiment": 1}, {"topic": "macro_f1", "sentiment": "accuracy"},
         0.75, "max"),
        ("topic", {"topic": "accuracy"}, 0.75, "max"),
    ],
)  # fmt: skip
def test_figures_by_hand(model, by, metric, value, mode):
    (watched,) = Choice("Mine", by, metric).of(model).values()
    assert watched.value(LOGS) == pytest.approx(value) and watched.mode == mode


def test_each_task_has_a_figure_of_its_own_and_direction(model):
    metric = {"topic": "macro_f1", "sentiment": "loss"}
    found = Choice("Mine", "each", metric).of(model)
    assert {name: (one.name, one.mode, one.tasks) for name, one in found.items()} == {
        "topic": ("val_topic_macro_f1", "max", ("topic",)),
        "sentiment": ("val_sentiment_loss", "min", ("sentiment",)),
    }


def test_names_say_what_the_figure_is(model):
    def name(*choice, **options):
        return Choice("Mine", *choice).of(model, **options)["all"].name

    assert name() == "val_loss" and name("topic", "accuracy") == "val_topic_accuracy"
    assert name(validated=False) == "loss"
    assert name("all", "accuracy") == "0.25 val_topic_accuracy + 0.75 val_sentiment_accuracy"


def test_tasks_of_weight_0_take_no_part():
    model = id_model("bag")
    model.compile("adam", loss_weights={"topic": 0.0})
    assert list(Choice("Mine", "each").of(model)) == ["sentiment"]
    assert Choice("Mine", "all", "accuracy").of(model)["all"].name == "val_sentiment_accuracy"
    model.set_loss_weights({"topic": 1.0})
    assert list(Choice("Mine", "each").of(model)) == ["topic", "sentiment"]


def test_an_epoch_without_the_figure_has_none():
    watched = Watched("val_loss", {"val_loss": 1.0}, ("a",), "min")
    assert watched.value({"loss": 1.0}) is None and watched.value(None) is None


@pytest.mark.parametrize(
    "mode, value, best, min_delta, better",
    [
        ("min", 1.0, None, 0.0, True),
        ("min", 1.0, 1.0, 0.0, False),
        ("min", 0.5, 1.0, 0.5, False),  # Better by `min_delta` is not better by more.
        ("min", 0.4, 1.0, 0.5, True),
        ("max", 1.5, 1.0, 0.5, False),
        ("max", 1.6, 1.0, 0.5, True),
        ("max", 0.9, 1.0, 0.0, False),
        ("min", float("nan"), None, 0.0, False),
        ("min", float("nan"), 1.0, 0.0, False),
        ("max", 1.0, float("nan"), 0.0, True),
    ],
)
def test_what_improves(mode, value, best, min_delta, better):
    assert Watched("x", {"x": 1.0}, (), mode).improves(value, best, min_delta) is better


@pytest.mark.parametrize(
    "choice, error, message",
    [
        ((3,), TypeError, "`by` of Mine must be a name or a dictionary.*by=3 of type int"),
        ((["topic"],), TypeError, "`by` of Mine must be a name or a dictionary"),
        (("all", None), TypeError, "`metric` of Mine must be a name or a dictionary"),
        (({"topic": -1.0},), ValueError, "task 'topic' a weight of 0 or more. Received: -1.0"),
        (({"topic": float("nan")},), ValueError, "task 'topic' a weight of 0 or more"),
        (({"topic": "1"},), TypeError, "must give task 'topic' a number. Received: '1'"),
        (({"topic": 0.0},), ValueError, "at least one task a weight above 0"),
        (({},), ValueError, "at least one task a weight above 0"),
        (("all", "loss", "mim"), ValueError, "must be one of auto, min, max.*Did you mean 'min'"),
        (("topics",), ValueError, r"\(topic, sentiment\), 'all' or 'each'.*Did you mean 'topic'"),
        (("eech",), ValueError, "Received: 'eech'. Did you mean 'each'"),
        (({"topics": 1.0},), ValueError, "must name tasks of the model.*'topics'"),
        (("all", {"topics": "loss"}), ValueError, "`metric` of Mine must name tasks.*'topics'"),
        (("topic", "macro_f2"), ValueError, "one of task 'topic': loss, accuracy, macro_f1.*Did "
         "you mean 'macro_f1'"),
        (("topic", "val_macro_f1"), ValueError, "'val_macro_f1'. Did you mean 'macro_f1'"),
        (("all", {"topic": "loss"}), ValueError, "must give task 'sentiment' one of loss, acc"),
        (("all", {"topic": "loss", "sentiment": "accuracy"}), ValueError, "must not mix figures"),
    ],
)  # fmt: skip
def test_bad_choices(model, choice, error, message):
    with pytest.raises(error, match=message):
        Choice("Mine", *choice).of(model)


def test_a_metric_that_does_not_tell_its_direction_needs_a_mode():
    @keras.saving.register_keras_serializable("tests")
    class Own(keras.metrics.Mean):
        def update_state(self, labels, prediction, sample_weight=None):
            super().update_state(prediction)

    model = id_model("bag")
    metrics = {
        "topic": [Own(name="own"), "accuracy"],
        "sentiment": keras.metrics.MeanSquaredError(),
    }
    model.compile("adam", metrics=metrics)
    with pytest.raises(ValueError, match="`mode` of Mine must be 'min' or 'max' .* 'own' of task"):
        Choice("Mine", "topic", "own").of(model)
    assert Choice("Mine", "topic", "own", "max").of(model)["all"].mode == "max"
    found = Choice("Mine", "sentiment", "mean_squared_error").of(model)["all"]
    assert found.mode == "min"  # Keras's own metrics tell it.


def test_a_model_without_tasks_is_refused():
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    plain.compile("sgd", "mse")
    for model in (plain, id_model("bag")):
        with pytest.raises(TypeError, match="Mine works in `fit` of a compiled MultiTaskModel"):
            Choice("Mine").of(model)


@pytest.mark.any_backend
def test_names_are_those_of_the_logs():
    (x, y), model = id_rows(), id_model("bag")
    model.compile("adam")
    logs = model.fit(x, y, validation_data=(x, y), verbose=0).history
    for metric in ("loss", "accuracy", "macro_f1", "weighted_f1"):
        for by in ("all", "each"):
            for one in Choice("Mine", by, metric).of(model).values():
                assert set(one.parts) <= set(logs)
