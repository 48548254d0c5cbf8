"""Sentiment in sixteen domains, a task each, from one bag of words and pairs: FDU-MTL.

    python examples/sixteen_domains.py

The set is looked for in KERAS_MTL_DATA.
"""

import argparse

import keras
import numpy as np

import keras_mtl as mtl


def train(options):
    """A model of the domains asked for; its mixture; their datasets."""
    data = mtl.load_dataset("fdu_mtl").by_column("domain")
    data = {name: data[name] for name in options.domains or data}
    tasks = [mtl.classification(name, one.labels["label"], "label") for name, one in data.items()]
    rows = {name: one.train for name, one in data.items()}
    words = mtl.WordTokenizer.fit(*rows.values(), vocabulary_size=20_000, sequence_length=600)
    keras.utils.set_random_seed(options.seed)
    # What a word says of a review it says in all domains: they share one weighted sum.
    trunk = mtl.trunks.bag(words, tasks=[] if options.unweighed else [tasks])
    model = mtl.MultiTaskModel(trunk, tasks)
    mixture = mtl.Mixture(rows, batch_size=options.batch_size, seed=options.seed)
    model.adapt(mixture)
    rate = keras.optimizers.schedules.PolynomialDecay(
        options.learning_rate, options.epochs * mixture.steps_per_epoch, 0.0
    )
    model.compile(keras.optimizers.Adam(rate, epsilon=3e-5), balancer=options.balancer)
    model.fit(mixture, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", nargs="+", help="some of them; all by default")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=6e-3)
    parser.add_argument("--unweighed", action="store_true", help="let all words weigh the same")
    parser.add_argument("--balancer", default="equal", help="how domains are traded off")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    test = mixture.like(**{name: one.test for name, one in data.items()})
    scores = model.evaluate(test, return_dict=True, verbose=0)
    print(found := {name: round(scores[f"{name}_accuracy"], 4) for name in data})
    print(f"mean accuracy: {np.mean(list(found.values())):.4f}")


if __name__ == "__main__":
    main(parse())
