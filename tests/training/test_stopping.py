"""Early stopping of all tasks, of one, and of each on its own."""

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.training import MultiTaskEarlyStopping
from keras_mtl.training.loss_weights import until_the_end
from tests.figures import exactly
from tests.training.small import (
    TASKS,
    demo_mixture,
    demo_model,
    demo_splits,
    id_model,
    id_rows,
    largest_difference,
    weights_of,
)


class Script(keras.callbacks.Callback):
    """Writes figures into the logs, and keeps the weights of every epoch's end."""

    def __init__(self, **figures):
        super().__init__()
        self.figures, self.trunks, self.heads = figures, [], {}

    def on_epoch_end(self, epoch, logs=None):
        logs.update({name: float(values[epoch]) for name, values in self.figures.items()})
        self.trunks.append(self.model.trunk.get_weights())
        for name, head in self.model.heads.items():
            self.heads.setdefault(name, []).append(head.get_weights())


def scripted(callback, model, epochs):
    """Epochs until `callback` stops, for logs that are only written down; `None` if it does not."""
    model.stop_training, model._validates = False, True
    callback.set_model(model)
    callback.on_train_begin()
    with until_the_end(model):
        return _stop_of(callback, model, epochs)


def _stop_of(callback, model, epochs):
    for epoch, logs in enumerate(epochs):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, logs)
        if model.stop_training:
            return epoch + 1
    return None


@pytest.fixture(scope="module")
def model():
    model = id_model("bag")
    model.compile("adam")
    return model


def small_fit(model, callbacks, epochs=9, **options):
    (x, y), (validation_x, validation_y) = id_rows(16), id_rows(16, seed=5)
    options = {"validation_data": (validation_x, validation_y), **options}
    return model.fit(
        x, y, batch_size=8, epochs=epochs, verbose=0, shuffle=False, callbacks=callbacks, **options
    ).history


@pytest.mark.parametrize(
    "options, values, stops, best",
    [
        ({}, [3, 2, 2, 2], 4, 1),
        ({"patience": 1}, [3, 2, 2, 2], 3, 1),
        ({"patience": 0}, [3, 2, 2, 2], 3, 1),
        ({}, [3, 2, 2.5, 1.5, 1.6, 1.7], 6, 3),
        ({"min_delta": 0.5}, [3, 2.6, 2.5, 2.4], 3, 0),
        ({"min_delta": 0.5}, [3, 2.6, 2.4, 2.3, 2.2], 5, 2),
        ({"start_from_epoch": 2}, [1, 1, 3, 2, 2, 2], 6, 3),
        ({"mode": "max"}, [1, 2, 1, 1], 4, 1),
        ({}, [3, None, 2, None, 2, None, 2], 7, 2),  # Every second epoch is validated.
        ({}, [float("nan"), 3, float("nan"), float("nan")], 4, 1),
        ({}, [float("nan"), float("nan")], 2, None),
        ({}, [5, 4, 3, 2, 1], None, 4),
    ],
)
def test_decisions_by_hand(model, options, values, stops, best):
    stopping = MultiTaskEarlyStopping(restore_best_weights=False, **options)
    logs = [{} if value is None else {"val_loss": value} for value in values]
    assert scripted(stopping, model, logs) == stops
    assert stopping.progress["all"].best_epoch == best


def test_each_task_waits_on_its_own_and_the_last_ends_training(model):
    stopping = MultiTaskEarlyStopping("each", restore_best_weights=False)
    topic, sentiment = [3, 2, 2, 2, 1, 1, 1], [9, 8, 7, 6, 7, 7, 5]
    logs = [{"val_topic_loss": a, "val_sentiment_loss": b}
            for a, b in zip(topic, sentiment, strict=True)]  # fmt: skip
    assert scripted(stopping, model, logs) == 6
    found = {name: (one.best_epoch, one.stopped_epoch, one.best)
             for name, one in stopping.progress.items()}  # fmt: skip
    assert found == {"topic": (1, 3, 2), "sentiment": (3, 5, 6)}


@given(
    values=st.lists(st.integers(-16, 16).map(lambda number: number / 8), min_size=1, max_size=12),
    patience=st.integers(0, 4),
    min_delta=st.integers(0, 4).map(lambda number: number / 8),
    start=st.integers(0, 5),
    mode=st.sampled_from(["min", "max"]),
)
def test_decisions_are_those_of_keras(values, patience, min_delta, start, mode):
    class Stub:  # What both ask of a model; a real one would take long.
        stop_training = False

        def get_weights(self):
            return []

        def set_weights(self, weights):
            pass

    options = {"patience": patience, "min_delta": min_delta, "start_from_epoch": start}
    theirs = keras.callbacks.EarlyStopping("val_loss", mode=mode, **options)
    ours = MultiTaskEarlyStopping(mode=mode, restore_best_weights=False, **options)
    ends = []
    for callback in (theirs, ours):
        stub = Stub()
        callback.set_model(stub)
        if callback is theirs:
            callback.on_train_begin()
        else:
            stub.settings, stub.tasks, stub._validates = settings_of(TASKS), TASKS, True
            callback.on_train_begin()
        ended = None
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {"val_loss": value})
            if stub.stop_training:
                ended = epoch
                break
        ends.append(ended)
    assert ends[0] == ends[1]
    if len(values) > start:
        assert ours.progress["all"].best_epoch == theirs.best_epoch


def settings_of(tasks):
    class Settings:
        loss_weights = training_weights = (1.0,) * len(tasks)

    return Settings()


@pytest.mark.any_backend
@pytest.mark.parametrize("case", ["all", "each task of one"])
def test_a_fit_ends_as_with_early_stopping_of_keras(case):
    tasks, by = (TASKS, "all") if case == "all" else (TASKS[:1], "each")
    ends = []
    for callback in (
        keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
        MultiTaskEarlyStopping(by, patience=2),
    ):
        model = id_model("bag", tasks=tasks)
        model.compile(keras.optimizers.Adam(0.1))
        (x, y), (other_x, other_y) = id_rows(16), id_rows(16, seed=5)
        names = [task.name for task in tasks]
        history = model.fit(
            x, {name: y[name] for name in names}, epochs=30, verbose=0, shuffle=False,
            validation_data=(other_x, {name: other_y[name] for name in names}),
            callbacks=callback,
        ).history  # fmt: skip
        ends.append((history, weights_of(model)))
    (theirs, their_weights), (ours, our_weights) = ends
    exactly("epochs", len(ours["loss"]), len(theirs["loss"]))
    assert 3 <= len(ours["loss"]) < 30 and ours == theirs
    exactly("bits apart", largest_difference(our_weights, their_weights), 0.0)


@pytest.fixture(scope="module")
def stopped_one_by_one():
    tasks = tuple(
        type(task)(task.name, labels=task.labels, hidden_dim=4, dropout=0.3) for task in TASKS
    )
    model = id_model("bag", tasks=tasks)
    model.compile(keras.optimizers.AdamW(0.05), loss_weights={"topic": 0.5})
    script = Script(
        val_topic_loss=[3, 2, 2, 2, 1, 1, 1, 1, 1],
        val_sentiment_loss=[9, 8, 7, 6, 5, 5, 5, 4, 4],
    )
    history = small_fit(model, [script, MultiTaskEarlyStopping("each")])
    return model, script, history


def moves(weights):
    return [largest_difference(*pair) for pair in zip(weights, weights[1:], strict=False)]


@pytest.mark.any_backend
def test_a_stopped_head_is_that_of_its_best_epoch_to_the_bit(stopped_one_by_one):
    model, script, history = stopped_one_by_one
    topic = script.heads["topic"]
    assert len(history["loss"]) == 7 and len(topic) == 7
    assert all(moves(topic[:4]))  # Until the end of the epoch in which it stops.
    for epoch in (4, 5, 6):
        exactly("moves", largest_difference(topic[epoch], topic[1]), 0.0)
    exactly("moves", largest_difference(model.heads["topic"].get_weights(), topic[1]), 0.0)


@pytest.mark.any_backend
def test_the_others_train_on_and_the_best_of_them_is_kept(stopped_one_by_one):
    model, script, _ = stopped_one_by_one
    sentiment = script.heads["sentiment"]
    assert all(moves(sentiment)) and all(moves(script.trunks))
    # Epoch 4 is the last in which any task improved.
    kept = model.heads["sentiment"].get_weights()
    exactly("head", largest_difference(kept, sentiment[4]), 0.0)
    exactly("trunk", largest_difference(model.trunk.get_weights(), script.trunks[4]), 0.0)


@pytest.mark.any_backend
def test_losses_and_settings_keep_the_weights_of_compile(stopped_one_by_one):
    model, _, history = stopped_one_by_one
    for loss, topic, sentiment in zip(
        history["loss"], history["topic_loss"], history["sentiment_loss"], strict=True
    ):
        assert loss == pytest.approx(0.5 * topic + sentiment, rel=1e-6)
    assert model.settings.training_weights == (0.5, 1.0)
    assert model.get_compile_config()["loss_weights"] == {"topic": 0.5, "sentiment": 1.0}
    exactly("compiled steps", model.compilations["train"], 2)  # Once more as a task stopped.


@pytest.mark.any_backend
def test_a_callback_begins_anew_with_every_fit():
    model = id_model("bag")
    model.compile("adam")
    figures = {"val_topic_loss": [1, 1, 1, 1, 1], "val_sentiment_loss": [4, 3, 2, 1, 0]}
    stopping = MultiTaskEarlyStopping("each", patience=1)
    for _ in range(2):
        script = Script(**figures)
        assert len(small_fit(model, [script, stopping], epochs=5)["loss"]) == 5
        assert moves(script.heads["topic"])[0] > 0
        exactly("moves", largest_difference(script.heads["topic"][0], script.heads["topic"][4]), 0)
        assert stopping.progress["topic"].stopped_epoch == 1


@pytest.mark.any_backend
def test_without_restoring_everything_stays_as_it_is():
    model = id_model("bag")
    model.compile("adam")
    script = Script(val_topic_loss=[1, 1, 1, 1], val_sentiment_loss=[4, 3, 2, 1])
    stopping = MultiTaskEarlyStopping("each", patience=1, restore_best_weights=False)
    small_fit(model, [script, stopping], epochs=4)
    kept = model.heads["topic"].get_weights()
    exactly("moves since", largest_difference(kept, script.heads["topic"][1]), 0.0)
    assert largest_difference(kept, script.heads["topic"][0]) > 0
    end = model.heads["sentiment"].get_weights()
    exactly("last epoch", largest_difference(end, script.heads["sentiment"][3]), 0.0)


@pytest.mark.any_backend
def test_a_mixture_trains_on_without_a_stopped_task():
    reviews, newswire = demo_splits(rows=40, seed=3)
    model = demo_model(kind="bag")
    model.compile("adam")
    script = Script(val_sentiment_loss=[1, 1, 1, 1], val_topic_loss=[4, 3, 2, 1])
    mixture = demo_mixture(rows=40, length_classes=1)
    model.fit(
        mixture, epochs=4, validation_data=mixture.like(reviews, newswire), verbose=0,
        callbacks=[script, MultiTaskEarlyStopping("each", patience=1)],
    )  # fmt: skip
    sentiment = script.heads["sentiment"]
    exactly("moves", largest_difference(sentiment[0], sentiment[3]), 0.0)
    assert all(moves(script.heads["topic"])) and all(moves(script.trunks))


@pytest.mark.any_backend
def test_validation_data_are_needed_with_labels_of_what_is_watched(model):
    stopping = MultiTaskEarlyStopping("topic", "macro_f1")
    with pytest.raises(ValueError, match="judges by val_topic_macro_f1: `fit` must get `valida"):
        small_fit(model, stopping, validation_data=None)
    x, y = id_rows(16)
    only = {"sentiment": y["sentiment"]}
    for by, what in (("topic", "topic"), ("each", "topic")):
        with pytest.raises(ValueError, match=f"must have labels of {what}, by which MultiTaskEa"):
            small_fit(model, MultiTaskEarlyStopping(by), validation_data=(x, only))
    small_fit(model, MultiTaskEarlyStopping(), epochs=1, validation_data=(x, only))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"patience": -1}, "`patience` .* must be a whole number of 0 or more"),
        ({"patience": 1.5}, "`patience` .* must be a whole number of 0 or more"),
        ({"min_delta": -0.1}, "`min_delta` .* must be a number of 0 or more"),
        ({"start_from_epoch": None}, "`start_from_epoch` .* must be a whole number"),
        ({"mode": "up"}, "`mode` of MultiTaskEarlyStopping must be one of auto, min, max"),
        ({"by": {"topic": -2}}, "must give task 'topic' a weight of 0 or more"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        MultiTaskEarlyStopping(**arguments)


def test_verbose_tells_who_stops_and_why(model, capsys):
    stopping = MultiTaskEarlyStopping("each", verbose=1, restore_best_weights=False)
    logs = [{"val_topic_loss": 0.25, "val_sentiment_loss": 1.0 - epoch} for epoch in range(3)]
    scripted(stopping, model, logs)
    expected = "Epoch 3: task 'topic' stops by val_topic_loss; its best was 0.25 in epoch 1.\n"
    assert capsys.readouterr().out.strip("\n") + "\n" == expected
    assert stopping.progress["sentiment"].stopped_epoch is None
