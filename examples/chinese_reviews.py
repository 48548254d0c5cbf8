"""Sentiment and category of Chinese reviews, character by character: two labels of each row.

    python examples/chinese_reviews.py

The set, online_shopping_10_cats, is looked for in KERAS_MTL_DATA.
"""

import argparse
import json

import keras

import keras_mtl as mtl


def train(options):
    """A model of both tasks; its mixture; the dataset."""
    data = mtl.load_dataset("online_shopping_10_cats")
    tasks = [mtl.classification(name, labels) for name, labels in data.labels.items()]
    # Each Chinese character is a word; the bag reads pairs of them, too.
    tokenizer = mtl.WordTokenizer.fit(data.train, sequence_length=300)
    keras.utils.set_random_seed(options.seed)
    model = mtl.MultiTaskModel(mtl.trunks.bag(tokenizer, tasks=tasks), tasks)
    mixture = mtl.Mixture(
        {"reviews": data.train}, {"reviews": list(data.labels)}, batch_size=64, seed=options.seed
    )
    rate = keras.optimizers.schedules.PolynomialDecay(
        6e-3, options.epochs * mixture.steps_per_epoch, 0.0
    )
    model.compile(keras.optimizers.Adam(rate, epsilon=3e-5))
    model.adapt(mixture)
    model.fit(mixture, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    parser.add_argument("--output", default="saved_models/chinese_reviews")
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    print(model.evaluate(mixture.like(data.test), return_dict=True, verbose=0))
    predictor = mtl.Predictor(mtl.export(model, options.output, overwrite=True))
    print(json.dumps(predictor(["苹果很新鲜，又甜又脆"])[0], ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(parse())
