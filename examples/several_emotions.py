"""Emotions, several in a text: GoEmotions, with a threshold for each fitted on validation.

    python examples/several_emotions.py hf://sentence-transformers/all-MiniLM-L6-v2

The set is looked for in KERAS_MTL_DATA.
"""

import argparse

import keras

import keras_mtl as mtl


def train(options):
    """A model, its mixture, the dataset."""
    data = mtl.load_dataset("goemotions")
    task = mtl.multilabel("emotions", data.labels["labels"], "labels", dropout=0.1)
    keras.utils.set_random_seed(options.seed)
    trunk = mtl.trunks.pretrained(
        options.encoder, sequence_length=options.sequence_length, word_dropout=0.1
    )
    model = mtl.MultiTaskModel(trunk, task)
    mixture = mtl.Mixture(
        {"goemotions": data.train}, {"goemotions": "emotions"}, batch_size=32, seed=options.seed
    )
    steps = mixture.steps_per_epoch * options.epochs
    model.compile(mtl.FineTuning(steps, learning_rate=options.learning_rate))
    model.fit(mixture, epochs=options.epochs, verbose=options.verbose)
    model.fit_thresholds(data.validation)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", help="a folder with a model, or a preset of KerasHub")
    parser.add_argument("--sequence-length", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    print(model.evaluate(mixture.like(data.test), return_dict=True, verbose=0))
    texts = ["thanks a lot, you made my day!", "i can't believe they did this again"]
    predicted = model.predict(texts, verbose=0)["emotions"]
    for text, one in zip(texts, predicted, strict=True):
        print(text, model.tasks[0].decode(one))


if __name__ == "__main__":
    main(parse())
