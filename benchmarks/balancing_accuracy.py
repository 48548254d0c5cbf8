"""What each balancing method learns on real tasks: FDU-MTL's sixteen domains, IMDB and Reuters.

    python benchmarks/balancing_accuracy.py domains pair
    python benchmarks/balancing_accuracy.py domains --methods equal upgrad --output found.jsonl

Every method by name is trained with one seed on a small budget of epochs, the same rows for all;
the best five by the mean over tasks on validation, and equal weighting, then on the full one with
three seeds. A schedule is no method but a plan of one's own, and left out. Figures are of the
test split: mean over tasks, worst task, and the least milliseconds of a step that were seen. How
far a method is from equal weighting is told as the mean over seeds of their difference, with the
distance from lowest to highest; only one of which all are on one side of 0 differs. The status is
1 when a method is not better than a guess. With `--output` each training is kept in a file, and
not done again. Wants `KERAS_MTL_DATA`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import keras
import numpy as np
from words import seeds

from keras_mtl.balancing.names import NAMES

FIRST, BEST, TIMED_STEPS = "equal", 5, 20
METHODS = sorted(set(NAMES) - {"schedule"})


def domains(balancer, epochs, seed):
    """A model of sixteen domains, eight rows of each in a step; validation and test."""
    example = seeds.load_example("sixteen_domains")
    given = [f"--epochs={epochs}", f"--seed={seed}", f"--balancer={balancer}", "--verbose=0"]
    model, mixture, data = example.train(example.parse([*given, "--batch-size=128", "--unweighed"]))
    return model, mixture, data


def pair(balancer, epochs, seed):
    """A model of IMDB and Reuters."""
    example = seeds.load_example("imdb_reuters")
    given = [f"--epochs={epochs}", f"--seed={seed}", f"--balancer={balancer}"]
    model, mixture, data, *_ = example.train_together(example.parse(given, verbose=0))
    return model, mixture, data


# Of each work: what trains it, epochs of the small budget and of the full one, and the accuracy
# of a guess at each task.
WORKS = {"domains": (domains, 1, 4, 0.5), "pair": (pair, 1, 3, 0.5)}


def figures(work, balancer, epochs, seed):
    """Accuracies of each task on validation and test, and milliseconds of a step."""
    begin = time.perf_counter()
    model, mixture, data = WORKS[work][0](balancer, epochs, seed)
    minutes = (time.perf_counter() - begin) / 60
    found = {"minutes": minutes}
    for split in ("validation", "test"):
        rows = mixture.like(**{name: getattr(one, split) for name, one in data.items()})
        scores = model.evaluate(rows, return_dict=True, verbose=0)
        found[split] = {task.name: float(scores[f"{task.name}_accuracy"]) for task in model.tasks}
    model.fit(mixture, steps_per_epoch=2, verbose=0)  # What a first step costs is not timed.
    begin = time.perf_counter()
    model.fit(mixture, steps_per_epoch=TIMED_STEPS, verbose=0)
    found["step_ms"] = 1e3 * (time.perf_counter() - begin) / TIMED_STEPS
    return found


class Kept:
    """Figures of trainings, in a file of lines if there is one, so that none is done twice."""

    def __init__(self, path):
        self.path, self.found = path and Path(path), {}
        if self.path and self.path.exists():
            for line in self.path.read_text().splitlines():
                key, value = json.loads(line)
                self.found[tuple(key)] = value

    def get(self, *key):
        """Figures of `(work, balancer, epochs, seed)`."""
        if key not in self.found:
            keras.backend.clear_session()
            self.found[key] = figures(*key)
            print(*key, summary(self.found[key]), flush=True)
            if self.path:
                with self.path.open("a") as file:
                    file.write(json.dumps([key, self.found[key]]) + "\n")
        return self.found[key]

    def summaries(self, *keys):
        """Summaries of trainings, with the least milliseconds of a step seen in any of a method."""
        rows = [summary(self.get(*key)) for key in keys]
        for (work, balancer, *_), row in zip(keys, rows, strict=True):
            row["step_ms"] = min(
                one["step_ms"] for key, one in self.found.items() if key[:2] == (work, balancer)
            )
        return rows


def summary(found):
    """Mean and worst task on test, the mean on validation, and the cost of a step."""
    test = list(found["test"].values())
    return {
        "mean": float(np.mean(test)),
        "worst": float(np.min(test)),
        "validation": float(np.mean(list(found["validation"].values()))),
        "step_ms": found["step_ms"],
    }


def differences(rows):
    """Lines that say how far each method is from equal weighting, seed by seed."""
    lines = []
    for figure in ("mean", "worst"):
        base = np.array([one[figure] for one in rows[FIRST]])
        for name in rows.keys() - {FIRST}:
            gap = np.array([one[figure] for one in rows[name]]) - base
            differs = gap.min() > 0 or gap.max() < 0
            verdict = "differs" if differs else "no difference beyond the spread"
            spread = f"{gap.min():+.4f} to {gap.max():+.4f}"
            lines.append(f"{figure}, {name} over {FIRST}: {gap.mean():+.4f} ({spread}): {verdict}")
    return sorted(lines)


def main():
    """Train every method a little and the best fully; tables, and whether all learned."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("works", nargs="*", help=f"some of {', '.join(WORKS)}; all if none")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", help="a file that keeps each training's figures")
    options = parser.parse_args()
    if unknown := sorted(set(options.works) - set(WORKS)):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(WORKS)}")
    kept, failed = Kept(options.output), 0
    columns = {"mean": "mean", "worst": "worst task", "step_ms": "ms a step"}
    for work in options.works or WORKS:
        _, little, full, guess = WORKS[work]
        names = list(dict.fromkeys([FIRST, *options.methods]))
        keys = [(work, name, little, options.seeds[0]) for name in names]
        first = dict(zip(names, kept.summaries(*keys), strict=True))
        print(f"\n{work}, {little} epoch(s), seed {options.seeds[0]}")
        print(seeds.table({name: [one] for name, one in first.items()}, columns))
        others = sorted(first.keys() - {FIRST}, key=lambda name: -first[name]["validation"])
        rows = {
            name: kept.summaries(*((work, name, full, seed) for seed in options.seeds))
            for name in [FIRST, *others[:BEST]]
        }
        print(f"\n{work}, {full} epochs, seeds {', '.join(map(str, options.seeds))}")
        print(seeds.table(rows, columns), *differences(rows), sep="\n")
        failed += sum(one["mean"] <= guess for one in first.values())
    print(f"methods no better than a guess: {failed} (goal: 0)")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
