"""A task more, a task less; old tasks that stay as they are, or are held near."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer
from tests.figures import at_most, exactly
from tests.training.small import TASKS, demo_mixture, demo_model, demo_splits

pytestmark = pytest.mark.any_backend

LONG = mtl.classification("long", ["short", "long"], "length")


def of_length(split, name):
    lengths = ["long" if len(text.split()) > 12 else "short" for text in split["text"]]
    return mtl.Split({"text": split["text"], "length": lengths}, name)


def new_rows(**options):
    reviews, _ = demo_splits()
    options = {"batch_size": 16, **options}
    return mtl.Mixture({"lengths": of_length(reviews, "l")}, {"lengths": "long"}, **options)


def trained(epochs=2, **options):
    model = demo_model()
    model.compile(keras.optimizers.Adam(0.01), **options)
    model.fit(demo_mixture(length_classes=4), epochs=epochs, verbose=0)
    return model


TEXTS = ["a dull film", "wheat and oil prices rose", ""]


def test_old_tasks_answer_as_before_while_the_trunk_is_frozen():
    """To the last bit, though Adam remembers which way their heads went."""
    model = trained(loss_weights={"topic": 0.5})
    before = model.predict(TEXTS, verbose=0)
    steps = int(model.optimizer.iterations)
    more = model.add_task(LONG, loss_weight=2.0)
    assert [task.name for task in more.tasks] == ["topic", "sentiment", "long"]
    assert more.settings.loss_weights == (0.5, 1.0, 2.0)
    transfer.freeze(more, ["trunk", "topic", "sentiment"])
    more.fit(new_rows(), epochs=2, verbose=0)
    after = more.predict(TEXTS, verbose=0)
    change = max(np.abs(before[name] - after[name]).max() for name in ("topic", "sentiment"))
    exactly("largest change of an old task's probability", float(change), 0.0)
    assert int(more.optimizer.iterations) == steps + 2 * new_rows().steps_per_epoch
    # The old model shares the trunk, and predicts what it did.
    again = model.predict(TEXTS, verbose=0)
    np.testing.assert_array_equal(before["topic"], again["topic"])


def test_what_the_optimizer_knows_goes_on():
    model = trained()
    old = {v.path: np.array(v) for v in model.optimizer.variables}
    more = model.add_task(LONG)
    own = {v.path: np.array(v) for v in more.optimizer.variables}
    momentum = [path for path in old if "topic_head" in path]
    assert len(momentum) == 4
    for path in momentum:
        name = path.partition("/")[2]
        (found,) = [value for place, value in own.items() if place.endswith("/" + name)]
        np.testing.assert_array_equal(found, old[path])
    # The new head takes the steps of a new optimizer: the first is the rate long.
    rows, head = new_rows(batch_size=120), more.heads["long"]
    before = [np.array(v) for v in head.trainable_variables]
    transfer.freeze(more, ["topic", "sentiment"])
    more.fit(rows, verbose=0, steps_per_epoch=1)
    moved = max(np.abs(np.array(v) - b).max() for v, b in zip(head.weights, before, strict=True))
    assert moved == pytest.approx(0.01, rel=1e-2)


@pytest.mark.parametrize("balancer", ["uncertainty", "pcgrad"])
def test_a_balancer_begins_anew(balancer):
    more = trained(balancer=balancer).add_task(LONG)
    # What is new counts its own steps, the variables of the balancer among it.
    steps = [int(one.iterations) for one, _ in more.optimizer.groups]
    assert sorted(steps)[0] == 0 and len(steps) == 2
    assert more.balancer.task_names == ("topic", "sentiment", "long")
    both = transfer.rehearse(new_rows(batch_size=40), demo_mixture(), share=0.75)
    more.fit(both, epochs=1, verbose=0)


def test_a_task_less():
    model = trained(loss_weights={"topic": 0.5})
    before = model.predict(TEXTS, verbose=0)
    less = model.remove_task("topic")
    after = less.predict(TEXTS, verbose=0)
    assert list(after) == ["sentiment"]
    np.testing.assert_array_equal(before["sentiment"], after["sentiment"])
    assert less.settings.loss_weights == (1.0,)


def test_a_model_that_is_not_compiled_stays_so():
    more = demo_model().add_task(LONG)
    assert more.settings is None
    assert set(more.predict(TEXTS, verbose=0)) == {"topic", "sentiment", "long"}


def test_rehearsal_gives_old_tasks_their_share():
    both = transfer.rehearse(new_rows(batch_size=32), demo_mixture(), share=0.25)
    more = trained().add_task(LONG)
    report = both.report(more)
    rows = report["rows_per_step"]
    assert rows["lengths"] == 24 and sum(rows.values()) == 32
    assert report["passes_over_rows_per_epoch"]["lengths"] == pytest.approx(1.0, abs=0.1)


def test_drift_is_told_and_stops_a_run():
    def run(**options):
        model = trained(epochs=6).add_task(LONG)
        transfer.freeze(model, ["topic", "sentiment"])
        model.optimizer.learning_rate = 0.05
        check = transfer.DriftCheck(demo_mixture(), **options)
        history = model.fit(new_rows(), epochs=6, callbacks=[check], verbose=0)
        return check, history.history

    check, history = run(bound=10.0)
    assert check.stopped_by is None and len(history["loss"]) == 6
    assert set(check.drift) == {"topic", "sentiment"}
    worst = max(history["sentiment_drift"][-1], history["topic_drift"][-1])
    assert worst > 0.05
    stopped, history = run(bound=0.01)
    assert stopped.stopped_by in ("topic", "sentiment")
    assert len(history["loss"]) < 6 or stopped.drift[stopped.stopped_by] > 0.01


def test_rehearsal_holds_the_drift():
    """The same new task, with and without a share of old rows."""
    drifts = []
    for rehearsed in (False, True):
        model = trained(epochs=6).add_task(LONG)
        mixture = new_rows()
        if rehearsed:
            mixture = transfer.rehearse(mixture, demo_mixture(length_classes=4), share=0.5)
        else:
            transfer.freeze(model, ["topic", "sentiment"])
        model.optimizer.learning_rate = 0.02
        check = transfer.DriftCheck(demo_mixture(), bound=10.0)
        model.fit(mixture, epochs=6, callbacks=[check], verbose=0)
        drifts.append(max(check.drift.values()))
    print(f"drift without rehearsal: {drifts[0]:.3f}")
    at_most("drift with half of the rows from old tasks", drifts[1], 0.02)
    assert drifts[0] > 0.02


def test_saved_and_loaded(tmp_path):
    more = trained().add_task(LONG)
    transfer.freeze(more, ["topic", "sentiment"])
    more.fit(new_rows(), verbose=0)
    more.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    mine, theirs = more.predict(TEXTS, verbose=0), loaded.predict(TEXTS, verbose=0)
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_bad_input():
    model = demo_model()
    with pytest.raises(ValueError, match=r"must have a new name. Received: 'topic'"):
        model.add_task(TASKS[0])
    with pytest.raises(TypeError, match=r"`task` of `add_task` must be a task.*'sentiment'"):
        model.add_task("sentiment")
    with pytest.raises(ValueError, match=r"Did you mean 'topic'"):
        model.remove_task("topics")
    with pytest.raises(ValueError, match=r"not the only one"):
        mtl.MultiTaskModel(model.trunk, TASKS[0]).remove_task("topic")
    with pytest.raises(ValueError, match=r"`share` of `rehearse`.*share=1.0"):
        transfer.rehearse(new_rows(), demo_mixture(), share=1.0)
    with pytest.raises(ValueError, match=r"different names. Received: 'newswire', 'reviews'"):
        transfer.rehearse(demo_mixture(), demo_mixture())
    with pytest.raises(TypeError, match=r"`rows` of DriftCheck"):
        transfer.DriftCheck([1])
