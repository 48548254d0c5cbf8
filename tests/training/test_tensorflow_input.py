"""Input under a strategy: nobody waits for tuners that have nothing to tune."""

import keras
import pytest

from tests.training.small import demo_mixture, demo_model

if keras.backend.backend() != "tensorflow":
    pytest.skip("tf.distribute is TensorFlow's", allow_module_level=True)

import tensorflow as tf
from tensorflow.python.data.ops import multi_device_iterator_ops as made_by

from keras_mtl.training.tensorflow_input import input_scope


def test_datasets_of_replicas_are_not_tuned(monkeypatch):
    assert callable(made_by._create_device_dataset)  # Gone, it would be waited for again.
    dataset = tf.data.Dataset.range(3)
    monkeypatch.setattr(made_by, "_create_device_dataset", lambda *_, **__: dataset)
    make = made_by._create_device_dataset
    with input_scope():
        assert made_by._create_device_dataset(1, 2).options().autotune.enabled is False
    assert made_by._create_device_dataset is make
    assert dataset.options().autotune.enabled is None


def test_iterators_over_distributed_data_are_made_of_them(monkeypatch):
    make, found = made_by._create_device_dataset, []

    def recorded(*arguments):
        found.append(make(*arguments))
        return found[-1]

    monkeypatch.setattr(made_by, "_create_device_dataset", recorded)
    with input_scope():
        iterator = made_by.OwnedMultiDeviceIterator(tf.data.Dataset.range(2), ["/cpu:0"])
    assert len(found) == 1 and int(next(iterator)[0]) == 0


def test_nothing_is_missed_where_tensorflow_makes_them_otherwise(monkeypatch):
    monkeypatch.delattr(made_by, "_create_device_dataset")
    with input_scope():
        assert not hasattr(made_by, "_create_device_dataset")


def test_what_was_is_back_after_an_error():
    make = made_by._create_device_dataset
    with pytest.raises(KeyError), input_scope():
        raise KeyError
    assert made_by._create_device_dataset is make


def test_training_and_scoring_happen_there():
    model, mixture, make = demo_model(kind="bag"), demo_mixture(), made_by._create_device_dataset
    model.compile("sgd")
    seen = []

    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append(made_by._create_device_dataset is not make)

        on_test_begin = on_predict_begin = on_train_begin

    model.fit(mixture, epochs=1, steps_per_epoch=1, callbacks=[Look()], verbose=0)
    model.evaluate(mixture, callbacks=[Look()], verbose=0)
    model.predict(["one text"], callbacks=[Look()], verbose=0)
    assert seen == [True] * 3
    assert made_by._create_device_dataset is make
