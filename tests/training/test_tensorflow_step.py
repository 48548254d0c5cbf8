"""What the step on TensorFlow does for its speed changes nothing but that."""

import importlib
import itertools
import os

import keras
import numpy as np
import pytest

import keras_mtl
from keras_mtl.training import tensorflow_step
from keras_mtl.training.tensorflow_input import feed_of
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


@pytest.mark.parametrize(("given", "kept"), [(None, "true"), ("false", "false")])
def test_memory_is_pooled_unless_the_user_decides(given, kept, monkeypatch):
    monkeypatch.setenv("TF_CPU_ALLOCATOR_USE_BFC", given or "")
    if given is None:
        monkeypatch.delenv("TF_CPU_ALLOCATOR_USE_BFC")
    importlib.reload(keras_mtl)
    assert os.environ["TF_CPU_ALLOCATOR_USE_BFC"] == kept


def test_batches_are_handed_over_without_the_tuner_that_delays_the_end_of_fit():
    model, mixture = demo_model(), demo_mixture()
    for batches, hand_over in (
        (mixture.training_batches, tensorflow_step.training_input),
        (mixture.evaluation_batches, tensorflow_step.evaluation_input),
    ):
        dataset = hand_over(batches(model.preprocessor, TASKS))
        assert dataset.options().autotune.enabled is False


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("kind", ["training", "evaluation"])
def test_batches_arrive_as_they_were_sent(kind, replicas):
    """Also from a step for all shapes, and packed: a few arrays in place of many."""
    model, mixture = demo_model(), demo_mixture()
    sent = getattr(mixture, f"{kind}_batches")(model.preprocessor, TASKS)
    hand_over = getattr(tensorflow_step, f"{kind}_input")
    expected = list(itertools.islice(sent.forward(), 12))
    kinds = set()
    for batch, data in zip(expected, hand_over(sent, replicas).take(12), strict=True):
        feed = feed_of(data)
        kinds.add(feed.kind)
        arrays = len(keras.tree.flatten(feed.arguments))
        assert (arrays < len(keras.tree.flatten(batch))) == (replicas == 1)
        for found in (feed.batch(*feed.arguments), feed.batch_of_any_shape(*feed.arguments)):
            for one, other in zip(
                keras.tree.flatten_with_path(batch),
                keras.tree.flatten_with_path(found),
                strict=True,
            ):
                assert one[0] == other[0] and one[1].dtype == other[1].dtype.as_numpy_dtype
                np.testing.assert_array_equal(other[1], one[1], strict=True)
    assert len(expected) > 1
    shapes = {tuple(part.shape for part in keras.tree.flatten(batch)) for batch in expected}
    assert len(kinds) == len(shapes) > (kind == "training")


def test_a_second_mixture_of_like_batches_needs_no_new_step():
    model = demo_model()
    model.compile("adam")
    model.fit(demo_mixture(), epochs=2, verbose=0)
    compiled = dict(model.compilations)
    model.fit(demo_mixture(), epochs=2, verbose=0)
    assert model.compilations == compiled


def test_steps_of_all_shapes_share_one_compiled_update():
    model, mixture = demo_model(), demo_mixture()
    model.compile("adam")
    model.fit(mixture, epochs=2, verbose=0)
    assert model.compilations["train"] > 1
    optimizer, update = model.settings.update
    assert optimizer is model.optimizer
    exactly("compiled updates", update.experimental_get_tracing_count(), 1)


def trained(optimizer, trunk="bag", **options):
    """A model after two epochs, and its logs."""
    model = id_model(trunk)
    model.compile(optimizer, **options)
    x, y = id_rows()
    logs = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    return model, logs


def make_optimizer(kind):
    schedule = keras.optimizers.schedules.PolynomialDecay(0.05, 6)
    return {
        "adam": lambda: keras.optimizers.Adam(0.05),
        "clipped": lambda: keras.optimizers.Adam(0.05, global_clipnorm=0.1),
        "schedule": lambda: keras.optimizers.AdamW(schedule, weight_decay=0.01),
        "averaged": lambda: keras.optimizers.SGD(
            0.05, use_ema=True, ema_overwrite_frequency=2, gradient_accumulation_steps=2
        ),
    }[kind]()


@pytest.mark.filterwarnings("ignore:`gradient_accumulation_steps` of SGD")
@pytest.mark.parametrize("kind", ["adam", "clipped", "schedule", "averaged"])
def test_the_compiled_update_is_that_of_an_eager_step(kind):
    model, logs = trained(make_optimizer(kind))
    eager, eager_logs = trained(make_optimizer(kind), run_eagerly=True)
    assert model.settings.update is not None and eager.settings.update is None
    difference = largest_difference(weights_of(model), weights_of(eager))
    at_most(f"{kind}, weights from those of eager steps", difference, 1e-6)
    for name, values in logs.items():
        np.testing.assert_allclose(values, eager_logs[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("trunk", ["bag", "lstm"])
def test_a_step_compiled_whole_is_that_of_an_eager_one(trunk):
    model, _ = trained(keras.optimizers.Adam(0.01), trunk, jit_compile=True)
    eager, _ = trained(keras.optimizers.Adam(0.01), trunk, run_eagerly=True)
    difference = largest_difference(weights_of(model), weights_of(eager))
    at_most(f"{trunk}, weights from those of eager steps", difference, 1e-6)


class OwnSchedule(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.05

    def get_config(self):
        return {}


class MySGD(keras.optimizers.SGD):
    pass


@pytest.mark.parametrize("own", [MySGD(0.05), keras.optimizers.SGD(OwnSchedule())])
def test_optimizers_of_the_user_are_left_to_tensorflow(own):
    model, _ = trained(own)
    assert model.settings.update is None


def test_another_optimizer_gets_an_update_of_its_own():
    model, _ = trained("adam")
    first = model.settings.update
    model.optimizer = keras.optimizers.SGD(0.0)
    model.optimizer.build(model.trainable_variables)
    before = weights_of(model)
    model.train_function = None
    x, y = id_rows()
    model.fit(x, y, verbose=0)
    assert model.settings.update is not first
    exactly("largest move", largest_difference(before, weights_of(model)), 0.0)
