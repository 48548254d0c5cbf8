"""Which language a text is in, added to a model of emotions that is in service.

    python examples/language_added.py

The sets are looked for in KERAS_MTL_DATA.
"""

import argparse

import keras
import numpy as np

import keras_mtl as mtl
from keras_mtl import transfer


def main(options):
    emotion, language = mtl.load_dataset("emotion"), mtl.load_dataset("language_detection")
    # Words of both, so that the trunk can tell languages; the first task needs its own only.
    words = mtl.WordTokenizer.fit(emotion.train, language.train, sequence_length=100)
    keras.utils.set_random_seed(options.seed)
    task = mtl.classification("emotion", emotion.labels["label"], column="label")
    served = mtl.MultiTaskModel(mtl.trunks.lstm(words, embedding_dim=64, units=64), task)
    served.compile(keras.optimizers.Adam(2e-3))
    old = mtl.Mixture({"emotion": emotion.train}, batch_size=64)
    served.fit(old, epochs=options.epochs, verbose=options.verbose)
    before = served.predict(emotion.test, verbose=0)["emotion"]

    label = next(iter(language.labels))
    model = served.add_task(mtl.classification("language", language.labels[label], column=label))
    transfer.freeze(model, ["trunk", "emotion"])
    new = mtl.Mixture({"language": language.train}, batch_size=64)
    model.fit(new, epochs=options.epochs, cache_features=True, verbose=options.verbose)
    after = model.predict(emotion.test, verbose=0)["emotion"]
    print("largest change of an emotion's probability:", np.abs(after - before).max())

    transfer.thaw(model, ["trunk", "emotion"])
    check = transfer.DriftCheck(old.like(emotion.validation), bound=0.01)
    both = transfer.rehearse(new, old, share=0.25)
    model.fit(both, epochs=options.epochs, callbacks=[check], verbose=options.verbose)
    print("drift:", {name: round(one, 4) for name, one in check.drift.items()})
    rows = both.like(language=language.test, emotion=emotion.test)
    print(model.evaluate(rows, return_dict=True, verbose=0))


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3, help="of each of the three trainings")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
