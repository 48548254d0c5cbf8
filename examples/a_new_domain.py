"""Fifteen domains of reviews to a sixteenth with 64 labels: FDU-MTL.

    python examples/a_new_domain.py --domain software

The set is looked for in KERAS_MTL_DATA.
"""

import argparse

import keras
import numpy as np

import keras_mtl as mtl
from keras_mtl import transfer


def main(options):
    data = mtl.load_dataset("fdu_mtl").by_column("domain")
    own = data.pop(options.domain)
    label = own.labels["label"]
    words = mtl.WordTokenizer.fit(*(one.train for one in data.values()), sequence_length=600)
    keras.utils.set_random_seed(options.seed)
    tasks = [mtl.classification(name, label, column="label") for name in data]
    taught = mtl.MultiTaskModel(mtl.trunks.bag(words), tasks)
    taught.compile(keras.optimizers.Adam(6e-3, epsilon=3e-5))
    rows = mtl.Mixture({name: one.train for name, one in data.items()}, batch_size=64)
    taught.fit(rows, epochs=options.epochs, verbose=options.verbose)
    taught.save(options.output)

    source = transfer.open_source(options.output)
    chosen = np.random.default_rng(options.seed).choice(len(own.train), options.labels, False)
    train = mtl.Mixture({"sentiment": own.train.select(chosen)}, batch_size=16)
    # With the source's tokenizer the vectors of its word pairs come along.
    task = mtl.classification("sentiment", label, column="label")
    model = mtl.MultiTaskModel(mtl.trunks.bag(source.tokenizer), task)
    model.compile(keras.optimizers.Adam(3e-2, epsilon=3e-5))
    found = transfer.fine_tune(
        model, source, train, epochs=20, thaw="never", scratch=True, verbose=0,
        validation_data=train.like(own.test),
    )  # fmt: skip
    print(found.report)
    for name, history in (("from scratch", found.scratch), ("transferred", found.history)):
        print(f"{name}: {history['val_sentiment_accuracy'][-1]:.4f}")


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domain", default="software", help="the new one")
    parser.add_argument("--labels", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4, help="of the source")
    parser.add_argument("--output", default="saved_models/fifteen_domains.keras")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
