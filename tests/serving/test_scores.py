"""Scores and grades from a bundle."""

import numpy as np
import pytest
import tensorflow as tf

import keras_mtl as mtl
from keras_mtl.export import export
from tests.training.small import GRADES, score_model, score_split


@pytest.fixture(scope="module")
def model():
    made = score_model(score_split(), kind="bag")
    random = np.random.default_rng(0)
    for variable in made.trainable_variables:  # So that some scores leave the range.
        variable.assign(random.normal(0.0, 3.0, variable.shape))
    return made


@pytest.fixture(scope="module")
def bundle(model, tmp_path_factory):
    return export(model, tmp_path_factory.mktemp("bundles") / "scores")


def test_answers_are_in_the_unit_and_the_names_of_the_labels(model, bundle):
    texts = list(score_split(seed=1).texts)
    expected = model.predict(texts, verbose=0)
    scores = expected["stars"]
    assert (scores == 1).any() and (scores == 5).any() and ((scores > 1) & (scores < 5)).any()
    answers = mtl.Predictor(bundle)(texts)
    found = [answer["stars"]["score"] for answer in answers]
    np.testing.assert_allclose(found, scores[:, 0], atol=1e-5)
    medians = (np.cumsum(expected["grade"], axis=1)[:, :-1] < 0.5).sum(axis=1)
    assert [answer["grade"]["label"] for answer in answers] == [GRADES[n] for n in medians]


def test_the_saved_model_has_unit_and_range_in_it(model, bundle):
    texts = list(score_split(seed=1).texts)
    loaded = tf.saved_model.load(str(bundle / "saved_model"))
    found = loaded.signatures["stars"](texts=tf.constant(texts))["stars"].numpy()
    np.testing.assert_allclose(found, model.predict(texts, verbose=0)["stars"], atol=1e-5)


def test_a_model_that_was_kept_goes_on(model, bundle):
    import keras

    loaded = keras.models.load_model(bundle / "model.keras")
    assert loaded.tasks == model.tasks
