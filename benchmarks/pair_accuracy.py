"""What is learned on IMDB and Reuters: one shared model beside what one would use instead.

    python benchmarks/pair_accuracy.py                     # three seeds, the bag, the linear model
    python benchmarks/pair_accuracy.py --trunks bag lstm --seeds 0

Trains `examples/imdb_reuters.py` for each seed, together and each task alone, with length classes
and without, and a linear model: TF-IDF of words and pairs with logistic regression, on the same
training rows. Test splits; mean and, behind it, the distance between lowest and highest seed. The
status is 1 when the mean of the shared model falls short of a goal. Wants `KERAS_MTL_DATA`, as
`load_dataset` does.
"""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

import keras_mtl as mtl

EXAMPLE = Path(__file__).parents[1] / "examples" / "imdb_reuters.py"
FIGURES = ("sentiment_accuracy", "topic_accuracy", "topic_macro_f1")
GOALS = {"sentiment_accuracy": 0.91, "topic_accuracy": 0.905, "topic_macro_f1": 0.72}
# Short texts in one step and long ones in another must not cost accuracy: at most so much.
CLASSES_MAY_COST = 0.003
# What the trunks are trained with; everything else is the example's.
TRAINING = {
    "bag": [],
    "lstm": ["--learning-rate", "1e-3", "--epsilon", "1e-7", "--epochs", "6"],
}


def load_example():
    """The example as a module."""
    specification = importlib.util.spec_from_file_location("example", EXAMPLE)
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)
    return example


def scores_of(example, trunk, seed, **options):
    """Test figures and minutes of one model for both tasks, and of a model for each."""
    given = ["--trunk", trunk, "--seed", str(seed), *TRAINING[trunk]]
    parsed = example.parse(given, verbose=0, **options)
    _, _, _, scores, seconds = example.compare(parsed)
    together = {name: scores["together"][name] for name in FIGURES}
    alone = {**scores["imdb"], **scores["reuters"]}
    minutes = {name: value / 60 for name, value in seconds.items()}
    return (
        {**together, "minutes": minutes["together"]},
        {
            **{name: alone[name] for name in FIGURES},
            "minutes": minutes["imdb"] + minutes["reuters"],
        },
    )


def without_length_classes(example, trunk, seed):
    """Test figures and minutes of the shared model with every step padded to one length."""
    given = ["--trunk", trunk, "--seed", str(seed), *TRAINING[trunk]]
    parsed = example.parse(given, verbose=0, length_classes=1)
    model, mixture, datasets, _, seconds = example.train_together(parsed)
    test = mixture.like(*(dataset.test for dataset in datasets.values()))
    scores = model.evaluate(test, return_dict=True, verbose=0)
    return {**{name: scores[name] for name in FIGURES}, "minutes": seconds / 60}


def linear(seed):
    """Test figures and minutes of TF-IDF with logistic regression, each task for itself."""
    begin, found = time.perf_counter(), {}
    for name, task in (("imdb", "sentiment"), ("reuters", "topic")):
        dataset = mtl.load_dataset(name, seed=seed)
        vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        features = vectors.fit_transform(dataset.train.texts)
        model = LogisticRegression(C=30.0, max_iter=1000)
        model.fit(features, dataset.train["label"])
        predicted = model.predict(vectors.transform(dataset.test.texts))
        truth = dataset.test["label"]
        found[f"{task}_accuracy"] = accuracy_score(truth, predicted)
        found[f"{task}_macro_f1"] = f1_score(truth, predicted, average="macro", zero_division=0)
    minutes = (time.perf_counter() - begin) / 60
    return {**{name: found[name] for name in FIGURES}, "minutes": minutes}


def main():
    """Train everything, print a table, and compare with the goals."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--trunks", nargs="+", choices=TRAINING, default=["bag"])
    options = parser.parse_args()
    example, rows = load_example(), {}
    for seed in options.seeds:
        for trunk in options.trunks:
            together, alone = scores_of(example, trunk, seed)
            rows.setdefault(f"{trunk}, together", []).append(together)
            rows.setdefault(f"{trunk}, each alone", []).append(alone)
        one_length = without_length_classes(example, options.trunks[0], seed)
        rows.setdefault(f"{options.trunks[0]}, together, one length", []).append(one_length)
        rows.setdefault("TF-IDF, logistic regression", []).append(linear(seed))
        print(f"seed {seed}:", {name: found[-1] for name, found in rows.items()}, flush=True)
    show(rows)
    return compare_with_goals(rows, options.trunks[0])


def show(rows):
    """The table in Markdown."""
    print("\n| model | IMDB accuracy | Reuters accuracy | Reuters macro F1 | minutes |")
    print("|---|---|---|---|---|")
    for name, found in rows.items():
        values = {key: np.array([one[key] for one in found]) for key in (*FIGURES, "minutes")}
        cells = [f"{values[key].mean():.4f} ({np.ptp(values[key]):.4f})" for key in FIGURES]
        print(f"| {name} | {' | '.join(cells)} | {values['minutes'].mean():.1f} |")


def compare_with_goals(rows, trunk):
    """Print figures and goals; 1 if one falls short."""
    mean = {
        name: {key: float(np.mean([one[key] for one in found])) for key in FIGURES}
        for name, found in rows.items()
    }
    short = 0
    for key, goal in GOALS.items():
        figure = mean[f"{trunk}, together"][key]
        short += figure < goal
        print(f"{key}, {trunk}, together: {figure:.4f} (goal: at least {goal})")
        cost = mean[f"{trunk}, together, one length"][key] - figure
        short += cost > CLASSES_MAY_COST
        print(f"{key}, cost of length classes: {cost:.4f} (goal: at most {CLASSES_MAY_COST})")
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
