"""One batch at a time, by Keras's methods for that; and what there is nothing to do with."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from tests.figures import at_most
from tests.training.small import (
    demo_mixture,
    demo_model,
    demo_splits,
    largest_difference,
    weights_of,
)

pytestmark = pytest.mark.any_backend

ROWS = 12


def rows():
    """Texts with their labels by name, one of them missing."""
    split = demo_splits()[0].select(range(ROWS))
    labels = list(split["label"])
    return list(split["text"]), {"sentiment": [None, *labels[1:]]}


def compiled():
    model = demo_model(seed=1)
    model.compile(keras.optimizers.SGD(0.1), self_checks=False)
    return model


def test_a_step_is_that_of_fit():
    (texts, y), one, other = rows(), compiled(), compiled()
    logs = one.train_on_batch(texts, y, return_dict=True)
    found = other.fit(texts, y, batch_size=ROWS, shuffle=False, verbose=0).history
    at_most("weights apart", largest_difference(weights_of(one), weights_of(other)), 1e-6)
    assert logs == pytest.approx({name: values[0] for name, values in found.items()}, abs=1e-5)


def test_shares_of_a_mixture_before_do_not_count():
    (texts, y), one, other = rows(), compiled(), compiled()
    one.fit(demo_mixture(rows=40, weighting="row"), epochs=1, verbose=0)
    other.set_weights(one.get_weights())
    for model in (one, other):
        model.train_on_batch(texts, y)
    at_most("weights apart", largest_difference(weights_of(one), weights_of(other)), 1e-6)


def test_a_score_is_that_of_evaluate():
    (texts, y), model = rows(), compiled()
    weights = {"sentiment": np.linspace(0, 1, ROWS)}
    found = model.evaluate(texts, y, sample_weight=weights, return_dict=True, verbose=0)
    assert model.test_on_batch(texts, y, weights, return_dict=True) == pytest.approx(found)
    flat = model.test_on_batch(texts, y, weights)
    assert flat == pytest.approx([found[name] for name in model.settings.scoring.log_names])
    y["sentiment"][2] = "nobody's"
    with pytest.raises(ValueError, match="Each label of task 'sentiment' must be one of"):
        model.test_on_batch(texts, y)


def test_a_prediction_is_that_of_predict():
    (texts, _), model = rows(), compiled()
    wanted = model.predict(texts, verbose=0)
    encoded = model.preprocessor.encode(texts)["token_ids"]
    ids = encoded.take(np.arange(ROWS), int(encoded.lengths.max()))
    for given in (texts, {"token_ids": ids}):
        found = model.predict_on_batch(given)
        apart = max(float(np.abs(found[name] - one).max()) for name, one in wanted.items())
        at_most("predictions apart", apart, 1e-5)


def test_what_is_no_batch_is_told():
    (texts, y), model = rows(), compiled()
    with pytest.raises(ValueError, match="`train_on_batch` takes the rows of one batch"):
        model.train_on_batch(demo_mixture())
    with pytest.raises(ValueError, match="belong to a task: .* in `train_on_batch`"):
        model.train_on_batch(texts, y, class_weight={0: 1.0})
    with pytest.raises(ValueError, match="Call `compile` before `test_on_batch`"):
        demo_model().test_on_batch(texts, y)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_no_rows_are_told(method):
    with pytest.raises(ValueError, match=r"`x` must have a row or more. Received: x=\[\]"):
        getattr(compiled(), method)([], {"sentiment": []})


def test_a_split_without_labels_is_told():
    split, model = (
        mtl.Split({"text": ["good", "bad"], "sentiment": ["pos", "neg"]}, "mine"),
        compiled(),
    )
    with pytest.raises(ValueError, match=r"split 'mine' without `y`. Pass Mixture\({'rows'"):
        model.fit(split)
    with pytest.raises(ValueError, match=r"for validation `mixture.like\(split\)`"):
        model.fit(*rows(), validation_data=split, verbose=0)
