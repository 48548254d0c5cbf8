"""How alike two sentences are, and whether they say the same: STS-B and MRPC.

    python examples/similarity_and_paraphrase.py hf://sentence-transformers/all-MiniLM-L6-v2

The encoder reads both sentences of a pair as one. The sets are looked for in KERAS_MTL_DATA.
"""

import argparse

import keras

import keras_mtl as mtl


def train(options):
    """A model of the sets asked for; its mixture; the datasets."""
    data = {name: mtl.load_dataset(name) for name in options.sets}
    every = {
        "stsb": lambda one: mtl.similarity("similarity", one.train["score"], "score", range=(0, 5)),
        "mrpc": lambda one: mtl.pair_classification("paraphrase", one.labels["label"], "label"),
    }
    tasks = [every[name](one) for name, one in data.items()]
    keras.utils.set_random_seed(options.seed)
    trunk = mtl.trunks.pretrained(options.encoder, sequence_length=options.sequence_length)
    model = mtl.MultiTaskModel(trunk, tasks)
    mixture = mtl.Mixture(
        {name: one.train for name, one in data.items()},
        {name: task.name for name, task in zip(data, tasks, strict=True)},
        batch_size=32,
        seed=options.seed,
    )
    model.compile(mtl.FineTuning(mixture.steps_per_epoch * options.epochs, options.learning_rate))
    model.fit(mixture, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", help="a folder with a model, or a preset of KerasHub")
    parser.add_argument("--sets", nargs="+", choices=("stsb", "mrpc"), default=["stsb", "mrpc"])
    parser.add_argument("--sequence-length", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    validation = mixture.like(**{name: one.validation for name, one in data.items()})
    print(model.evaluate(validation, return_dict=True, verbose=0))
    pair = {"sentence1": ["A man plays the guitar."], "sentence2": ["Someone is making music."]}
    predicted = model.predict(pair, verbose=0)
    print({task.name: task.decode(predicted[task.name][0]) for task in model.tasks})


if __name__ == "__main__":
    main(parse())
