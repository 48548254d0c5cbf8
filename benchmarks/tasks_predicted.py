"""How many tasks one text is predicted for in the time of as many models of one task.

    python benchmarks/tasks_predicted.py              # goal: .9 T for T tasks
    python benchmarks/tasks_predicted.py --texts 32 --trunks bert

Models with 1 to 64 tasks on the same trunk are exported, and their SavedModels asked as a server
would, texts in and probabilities out: all in turn in each round. T models of one task take T times
what the model of one does. Trunks: an LSTM, and a BERT of the size of MiniLM, with random weights.
The status is 1 where a model of T tasks is less than the goal times T as fast as T models.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

GOAL = 0.9
TASKS = (1, 2, 4, 8, 16, 32, 64)
LABELS = tuple(f"label {number}" for number in range(8))


def exported(trunk, tasks, folder):
    """The signature of a SavedModel with so many tasks."""
    import keras
    import tensorflow as tf

    import keras_mtl as mtl

    reviews = mtl.load_dataset("demo_reviews").train
    words = mtl.WordTokenizer.fit(reviews, vocabulary_size=20_000, sequence_length=128)
    keras.utils.set_random_seed(0)
    if trunk == "lstm":
        encoder = mtl.trunks.lstm(words, 128, 64)
    else:
        encoder = mtl.trunks.transformer(
            words, hidden_dim=384, layers=6, heads=12, intermediate_dim=1536
        )
    found = [mtl.classification(f"task_{number}", LABELS) for number in range(tasks)]
    path = Path(folder) / f"{trunk}_{tasks}"
    mtl.export(mtl.MultiTaskModel(encoder, found), path)
    loaded = tf.saved_model.load(str(path / "saved_model"))
    return loaded, loaded.signatures["serving_default"]


def milliseconds(ask, texts, calls):
    """The median time of some calls, after two that are not counted."""
    times = []
    for _ in range(calls + 2):
        begin = time.perf_counter()
        for value in ask(texts=texts).values():
            value.numpy()
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times[2:])


def main():
    """Measure, print a table and the least share of T."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trunks", nargs="+", choices=("lstm", "bert"), default=("lstm", "bert"))
    parser.add_argument("--tasks", type=int, nargs="+", default=TASKS)
    parser.add_argument("--texts", type=int, default=1, help="texts in a call")
    parser.add_argument("--words", type=int, default=60, help="words of a text")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=40, help="calls of each model in a round")
    options = parser.parse_args()
    import tensorflow as tf

    import keras_mtl as mtl

    words = " ".join(mtl.load_dataset("demo_reviews").test["text"]).split()
    texts = tf.constant([" ".join(words[n : n + options.words]) for n in range(options.texts)])
    short = False
    print("| trunk | tasks | ms a call | as fast as T models | of T |")
    print("|---|---|---|---|---|")
    for trunk in options.trunks:
        with tempfile.TemporaryDirectory() as folder:
            models = {tasks: exported(trunk, tasks, folder) for tasks in {1, *options.tasks}}
            rounds = {tasks: [] for tasks in sorted(models)}
            for _ in range(options.rounds):
                for tasks, found in rounds.items():
                    found.append(milliseconds(models[tasks][1], texts, options.calls))
        for tasks, found in rounds.items():
            shares = [one / own for one, own in zip(rounds[1], found, strict=True)]
            share = statistics.median(shares)
            short = short or share < GOAL
            print(
                f"| {trunk} | {tasks} | {statistics.median(found):.2f} | {tasks * share:.2f} | "
                f"{share:.3f} ({min(shares):.3f} to {max(shares):.3f}) |",
                flush=True,
            )
    print(f"goal: at least {GOAL} of T")
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
