"""The language of a text, and the emotion in it, from two sets of unlike texts.

    python examples/language_and_emotion.py

Both sets are looked for in KERAS_MTL_DATA.
"""

import argparse
import json

import keras

import keras_mtl as mtl

SETS = {"language_detection": "language", "emotion": "emotion"}


def train(options):
    """A model of both tasks; its mixture; the datasets."""
    data = {name: mtl.load_dataset(name) for name in SETS}
    tasks = [
        mtl.classification(task, data[name].labels["label"], column="label")
        for name, task in SETS.items()
    ]
    # Of the words of seventeen languages a set of one would leave few: each counts by its share.
    tokenizer = mtl.WordTokenizer.fit(
        *(one.train for one in data.values()), vocabulary_size=30_000, equal_sources=True
    )
    keras.utils.set_random_seed(options.seed)
    model = mtl.MultiTaskModel(mtl.trunks.bag(tokenizer, tasks=tasks), tasks)
    mixture = mtl.Mixture({name: one.train for name, one in data.items()}, SETS, seed=options.seed)
    rate = keras.optimizers.schedules.PolynomialDecay(
        6e-3, options.epochs * mixture.steps_per_epoch, 0.0
    )
    model.compile(keras.optimizers.Adam(rate, epsilon=3e-5))
    model.adapt(mixture)
    model.fit(mixture, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    parser.add_argument("--output", default="saved_models/language_and_emotion")
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    test = mixture.like(*(one.test for one in data.values()))
    print(model.evaluate(test, return_dict=True, verbose=0))
    predictor = mtl.Predictor(mtl.export(model, options.output, overwrite=True))
    print(json.dumps(predictor(["i feel so lonely and sad today"])[0], indent=1))


if __name__ == "__main__":
    main(parse())
