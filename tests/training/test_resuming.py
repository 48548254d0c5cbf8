"""A `fit` that was broken off goes on to the same bits."""

import os
import signal

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer
from keras_mtl.training.callbacks import SaveAndResume, TrainingStopped
from tests.training.small import demo_mixture, demo_model, demo_splits

EPOCHS = 3


class Broken(RuntimeError):
    pass


class Stateless(keras.callbacks.Callback):
    def get_state(self):
        return None


class BreakOff(Stateless):
    """Breaks a `fit` off at a step, counted over its epochs, or in a validation."""

    def __init__(self, step=None, validation=None):
        super().__init__()
        self.step, self.validation = step, validation
        self.steps = self.validations = 0

    def on_train_batch_begin(self, batch, logs=None):
        if self.steps == self.step:
            raise Broken
        self.steps += 1

    def on_test_batch_begin(self, batch, logs=None):
        self.validations += 1
        if self.validations == self.validation:
            raise Broken


def adam():
    return keras.optimizers.Adam(0.02, use_ema=True)


def balanced(balancer):
    def make():
        model = demo_model(seed=1, dropout=0.3)
        model.compile(adam(), balancer=balancer())
        return model, []

    return make


def stopping():
    model = demo_model(seed=1, dropout=0.3)
    model.compile(keras.optimizers.Adam(0.05))
    each = mtl.callbacks.MultiTaskEarlyStopping("each", patience=1)
    plateau = keras.callbacks.ReduceLROnPlateau("val_loss", patience=1, min_delta=10.0)
    return model, [each, plateau, keras.callbacks.EarlyStopping("val_loss", patience=9)]


def thawing():
    model = demo_model(seed=1, kind="bag", dropout=0.3)
    model.compile(adam())
    return model, [transfer.GradualThaw(), transfer.AverageEpochs()]


class Decay(Stateless):
    """Lowers the rate at every step, from what it is."""

    def on_train_batch_begin(self, batch, logs=None):
        self.model.adapter.sync(self.model)
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        self.model.optimizer.learning_rate = float(rate) * 0.9


def decaying():
    model = demo_model(seed=1, kind="bag")
    model.compile(keras.optimizers.Adam(0.05))
    return model, [Decay()]


def in_a_schedule():
    model = demo_model(seed=1, dropout=0.3)
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 40)
    model.compile(keras.optimizers.AdamW(schedule), balancer="grad_norm", steps_per_execution=2)
    return model, []


RUNS = {
    "equal": balanced(lambda: "equal"),
    "pcgrad": balanced(lambda: mtl.balancing.PCGrad("random")),
    "nash": balanced(lambda: mtl.balancing.NashMTL(every=4)),
    "stopping": stopping,
    "thawing": thawing,
    "decaying": decaying,
    "in a schedule": in_a_schedule,
}


def run(make, *more):
    """Train, and return the bits of everything there is then."""
    model, callbacks = make()
    mixture = demo_mixture(rows=100, batch_size=16, length_classes=2, seed=4)
    validation = mixture.like(*demo_splits(rows=40, seed=9))
    history = model.fit(
        mixture, epochs=EPOCHS, validation_data=validation, verbose=0, callbacks=[*callbacks, *more]
    ).history
    found = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(one)) for one in found], history


def changed(one, other):
    """How many variables differ, and how many figures of the history."""
    variables = sum(a.tobytes() != b.tobytes() for a, b in zip(one[0], other[0], strict=True))
    assert one[1].keys() == other[1].keys()
    figures = sum(one[1][name] != other[1][name] for name in one[1])
    return variables, figures


@pytest.fixture(scope="module")
def uninterrupted():
    found = {}

    def of(name):
        if name not in found:
            found[name] = run(RUNS[name])
        return found[name]

    return of


# The others are gone on with by benchmarks/crash.py on both backends.
ANYWHERE = ("pcgrad", "thawing", "decaying")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.any_backend] if name in ANYWHERE else [])
        for name in RUNS
    ],
)
def test_a_run_that_was_broken_off_ends_with_the_same_bits(name, uninterrupted, tmp_path):
    resume = {"every_steps": 2, "keep": 2}
    with pytest.raises(Broken):
        run(RUNS[name], SaveAndResume(tmp_path, **resume), BreakOff(step=13))
    assert len(list(tmp_path.iterdir())) == 2
    found = run(RUNS[name], SaveAndResume(tmp_path, **resume))
    print(f"{name}: {changed(uninterrupted(name), found)} changed (goal: none)")
    assert changed(uninterrupted(name), found) == (0, 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.any_backend
def test_broken_off_in_every_epoch_and_in_a_validation(uninterrupted, tmp_path):
    for one in (BreakOff(step=1), BreakOff(step=4), BreakOff(validation=2), BreakOff(step=8)):
        with pytest.raises(Broken):
            run(RUNS["stopping"], SaveAndResume(tmp_path, every_steps=1), one)
    found = run(RUNS["stopping"], SaveAndResume(tmp_path, every_steps=1))
    assert changed(uninterrupted("stopping"), found) == (0, 0)


class Tell(Stateless):
    """Sends a signal to this process at a step, or in a validation."""

    def __init__(self, step=None, validation=False, end=False):
        super().__init__()
        self.step, self.validation, self.end, self.steps = step, validation, end, 0

    def on_train_batch_begin(self, batch, logs=None):
        self.steps += 1
        if self.steps == self.step:
            os.kill(os.getpid(), signal.SIGTERM)

    def on_test_batch_begin(self, batch, logs=None):
        if self.validation:
            os.kill(os.getpid(), signal.SIGTERM)

    def on_epoch_end(self, epoch, logs=None):
        if self.end and epoch == EPOCHS - 1:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("where", [{"step": 12}, {"validation": True}, {"end": True}])
def test_sigterm_saves_and_ends_with_status_0(where, uninterrupted, tmp_path, capsys):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TrainingStopped) as caught:
        run(RUNS["stopping"], SaveAndResume(tmp_path), Tell(**where))
    assert caught.value.code == 0
    assert "Stopped by SIGTERM in epoch" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before
    found = run(RUNS["stopping"], SaveAndResume(tmp_path))
    assert changed(uninterrupted("stopping"), found) == (0, 0)
