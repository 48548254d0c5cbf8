"""How alike two sentences are, and whether they say the same: STS-B and MRPC, in KERAS_MTL_DATA.

    python examples/similarity_and_paraphrase.py hf://sentence-transformers/all-MiniLM-L6-v2

The encoder reads both sentences as one text; for `--compare cosine`, which suits encoders of
sentences, it reads each by itself, and the cosine of their vectors is how alike they are.
"""

import argparse

import keras

import keras_mtl as mtl


def declared(name, data, compare):
    if name == "stsb":
        scores = data.train["score"]
        return mtl.similarity("similarity", scores, "score", range=(0, 5), compare=compare)
    joint = None if compare == "features" else False  # All pairs of a model are read alike.
    return mtl.pair_classification("paraphrase", data.labels["label"], "label", joint=joint)


def train(options):
    data = {name: mtl.load_dataset(name) for name in options.sets}
    tasks = [declared(name, one, options.compare) for name, one in data.items()]
    keras.utils.set_random_seed(options.seed)
    trunk = mtl.trunks.pretrained(options.encoder, sequence_length=options.sequence_length)
    model = mtl.MultiTaskModel(trunk, tasks)
    rows = {name: one.train for name, one in data.items()}
    feeds = {name: task.name for name, task in zip(data, tasks, strict=True)}
    mixture = mtl.Mixture(rows, feeds, batch_size=32, seed=options.seed)
    model.compile(mtl.FineTuning(mixture.steps_per_epoch * options.epochs, options.learning_rate))
    model.fit(mixture, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(given=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", help="a folder with a model, or a preset of KerasHub")
    parser.add_argument("--sets", nargs="+", choices=("stsb", "mrpc"), default=["stsb", "mrpc"])
    parser.add_argument("--compare", choices=("features", "cosine"), default="features")
    for name, default in (("sequence-length", 128), ("epochs", 5), ("seed", 0), ("verbose", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    return parser.parse_args(given)


def main(options):
    model, mixture, data = train(options)
    rows = mixture.like(**{name: one.validation for name, one in data.items()})
    print(model.evaluate(rows, return_dict=True, verbose=0))
    pair = {"sentence1": ["A man plays the guitar."], "sentence2": ["Someone is making music."]}
    predicted = model.predict(pair, verbose=0)
    print({task.name: task.decode(predicted[task.name][0]) for task in model.tasks})


if __name__ == "__main__":
    main(parse())
