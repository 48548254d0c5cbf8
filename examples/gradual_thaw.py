"""A pretrained encoder fine-tuned from its head down: emotions of a few labels.

    python examples/gradual_thaw.py hf://sentence-transformers/all-MiniLM-L6-v2

The set is looked for in KERAS_MTL_DATA.
"""

import argparse

import keras

import keras_mtl as mtl
from keras_mtl import transfer


def main(options):
    data = mtl.load_dataset("emotion")
    task = mtl.classification("emotion", data.labels["label"], column="label")
    keras.utils.set_random_seed(options.seed)
    trunk = mtl.trunks.pretrained(options.encoder, sequence_length=options.sequence_length)
    model = mtl.MultiTaskModel(trunk, task)
    rows = data.train.select(range(min(options.labels, len(data.train))))
    # Whenever a group is thawed, the steps of all length classes are compiled anew.
    train = mtl.Mixture({"emotion": rows}, batch_size=32, length_classes=1, seed=options.seed)
    steps = options.epochs * train.steps_per_epoch
    rate = transfer.SlantedTriangular(options.learning_rate, steps)
    model.compile(
        transfer.GroupedOptimizer(
            keras.optimizers.AdamW(rate, weight_decay=0.01, global_clipnorm=1.0),
            transfer.layerwise_decay(options.decay),
        )
    )
    print(transfer.trainable(model))
    model.fit(
        train,
        validation_data=train.like(data.validation),
        epochs=options.epochs,
        callbacks=[transfer.GradualThaw()],
        verbose=options.verbose,
    )
    print(model.evaluate(train.like(data.test), return_dict=True, verbose=0))


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", help="a folder with a model, or a preset of KerasHub")
    parser.add_argument("--labels", type=int, default=1_600)
    parser.add_argument("--sequence-length", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--decay", type=float, default=0.9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
