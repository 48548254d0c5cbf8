"""Accuracy and F1 as they are told from counts are scikit-learn's, over all labelled rows."""

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

import keras_mtl as mtl
from keras_mtl.tasks.classification import Classification
from keras_mtl.tasks.f1 import F1Score
from tests.figures import at_most
from tests.training.test_joint import TASKS, Batches, model_of

pytestmark = pytest.mark.any_backend


def seen_by(model):
    """Task name to the labels of all its labelled rows, and to what is likeliest for each."""
    seen = {task.name: ([], []) for task in TASKS}
    for x, y, weights in (Batches()[number] for number in range(3)):
        for stream, labels in y.items():
            found = model.predict(x[stream], verbose=0)
            for name, own in labels.items():
                counts = weights[stream][name] > 0
                seen[name][0].extend(own[counts])
                seen[name][1].extend(found[name].argmax(-1)[counts])
    return seen


def test_figures_are_those_of_scikit_learn():
    """Tasks alone and several alike; rows without a label; a task of two streams."""
    model = model_of()
    model.fit(Batches(), epochs=3, shuffle=False, verbose=0)
    logs = model.evaluate(Batches(), return_dict=True, verbose=0)
    apart = {}
    for name, (labels, found) in seen_by(model).items():
        assert len(labels) > 3
        expected = {"accuracy": accuracy_score(labels, found)} | {
            f"{average}_f1": f1_score(labels, found, average=average, zero_division=0)
            for average in ("macro", "weighted")
        }
        apart |= {
            f"{name}_{what}": abs(logs[f"{name}_{what}"] - expected[what]) for what in expected
        }
    assert len(apart) == 3 * len(TASKS) and len({logs[name] for name in apart}) > 6
    worst = max(apart, key=apart.get)
    at_most(f"accuracy and F1 of {len(TASKS)} tasks apart, {worst}", apart[worst], 1e-6)


def test_rows_begin_anew_with_each_epoch():
    model = model_of()
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(Batches(), epochs=2, shuffle=False, verbose=0).history
    for name in ("other_accuracy", "t1_macro_f1"):
        assert history[name][0] == pytest.approx(history[name][1], abs=1e-7) != 0


def test_metrics_of_the_user_count_for_themselves():
    model = model_of()
    own = [keras.metrics.SparseCategoricalAccuracy(name="accuracy"), F1Score(2, name="f1")]
    model.compile("sgd", metrics={"other": own})
    scoring = model.settings.scoring
    assert not any("other" in one.names for one in scoring.counts)
    x, y, weights = Batches()[0]
    logs = model.test_on_batch(x, y, sample_weight=weights, return_dict=True)
    right = model.predict(x["s_other"], verbose=0)["other"].argmax(-1) == y["s_other"]["other"]
    labelled = weights["s_other"]["other"] > 0
    assert logs["other_accuracy"] == pytest.approx(np.mean(right[labelled]), abs=1e-6)
    assert "other_f1" in logs and "other_macro_f1" not in logs


def test_f1_of_some_classes_leaves_accuracy_alone():
    """A kind of task with an F1 of its own, which counts fewer classes than there are."""

    class OfTwo(Classification):
        def metrics(self):
            own = F1Score(2, name="f1_of_two")
            return [keras.metrics.SparseCategoricalAccuracy(name="accuracy"), own]

    task = OfTwo("topic", labels=("art", "sea", "war"))
    model = mtl.MultiTaskModel(mtl.trunks.bag(20, 6, bigram_buckets=0), [task])
    model.compile("sgd")
    x, labels = np.arange(1, 13).reshape(12, 1), np.arange(12) % 3
    logs = model.test_on_batch({"token_ids": x}, {"topic": labels}, return_dict=True)
    found = model.predict({"token_ids": x}, verbose=0)["topic"].argmax(-1)
    assert logs["topic_accuracy"] == pytest.approx(accuracy_score(labels, found), abs=1e-6)
