"""What IMDB taught an LSTM, for Reuters of few labels; `--back` the other way round.

    python examples/imdb_to_reuters.py --labels 500

The sets are looked for in KERAS_MTL_DATA.
"""

import argparse

import keras

import keras_mtl as mtl
from keras_mtl import transfer


def model_of(name, tokenizer, seed):
    """A compiled LSTM for one of the sets."""
    keras.utils.set_random_seed(seed)
    labels = mtl.load_dataset(name).labels["label"]
    trunk = mtl.trunks.lstm(tokenizer, embedding_dim=64, units=64)
    model = mtl.MultiTaskModel(trunk, mtl.classification(name, labels, column="label"))
    model.compile(keras.optimizers.Adam(2e-3))
    return model


def main(options):
    source, target = ("reuters", "imdb") if options.back else ("imdb", "reuters")
    data = {name: mtl.load_dataset(name) for name in (source, target)}
    words = mtl.WordTokenizer.fit(data[source].train, sequence_length=options.sequence_length)
    taught = model_of(source, words, options.seed)
    rows = mtl.Mixture({source: data[source].train}, batch_size=32, seed=options.seed)
    taught.fit(rows, epochs=options.epochs, verbose=options.verbose)

    some = data[target].train.select(range(min(options.labels, len(data[target].train))))
    words = mtl.WordTokenizer.fit(data[target].train, sequence_length=options.sequence_length)
    model = model_of(target, words, options.seed)
    train = mtl.Mixture({target: some}, batch_size=32, seed=options.seed)
    found = transfer.fine_tune(
        model, taught, train, epochs=options.target_epochs, scratch=True, verbose=options.verbose,
        validation_data=train.like(data[target].validation),
    )  # fmt: skip
    print(found)
    print(model.evaluate(train.like(data[target].test), return_dict=True, verbose=0))


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--back", action="store_true", help="from Reuters to IMDB")
    parser.add_argument("--labels", type=int, default=500, help="rows of the target")
    parser.add_argument("--sequence-length", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=2, help="of the source")
    parser.add_argument("--target-epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
