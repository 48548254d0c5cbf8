"""Accuracy and F1 as they are told from counts are scikit-learn's, over all labelled rows."""

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

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
