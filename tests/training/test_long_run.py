"""Ten thousand steps hold no more memory than a thousand, and compile nothing new."""

import gc
import os
import sys

import keras
import pytest

from tests.figures import at_most, exactly
from tests.training.small import demo_mixture, demo_model

STEPS = 10_000


def resident_megabytes():
    gc.collect()
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Watch(keras.callbacks.Callback):
    """Notes, at the end of each epoch, what the process holds and what was compiled."""

    def on_train_begin(self, logs=None):
        self.megabytes, self.compilations = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.megabytes.append(resident_megabytes())
        self.compilations.append(self.model.compilations["train"])


@pytest.mark.learning
@pytest.mark.any_backend
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["lstm", "bag"])
def test_memory_is_flat(kind):
    model, mixture = demo_model(kind=kind), demo_mixture(rows=400, steps_per_epoch=STEPS // 10)
    model.compile("adam")
    watch = Watch()
    model.fit(mixture, epochs=10, callbacks=[watch], verbose=0)
    classes = len(mixture.report(model)["length_class_shares"])
    exactly("compilations after all steps", watch.compilations[-1], classes)
    growth = watch.megabytes[-1] / watch.megabytes[0] - 1
    at_most(f"share of its memory that steps 1,001 to {STEPS:,} add", growth, 0.02)
