"""Chinese entities, character by character: Weibo NER, a random field over an LSTM or a CNN.

    python examples/chinese_entities.py --trunk cnn

Nothing is pretrained. The set is looked for in KERAS_MTL_DATA.
"""

import argparse
import json

import keras

import keras_mtl as mtl

TRUNKS = {
    "lstm": lambda tokenizer: mtl.trunks.lstm(
        tokenizer, 128, 128, bidirectional=True, embedding_dropout=0.3
    ),
    "cnn": lambda tokenizer: mtl.trunks.cnn(
        tokenizer, 128, 256, widths=(3,), dilations=(1, 2, 4), embedding_dropout=0.3
    ),
}


def train(options):
    """A model, the mixture it was trained on, and the dataset."""
    data = mtl.load_dataset("weibo_ner")
    # Its tags break the scheme in a few places: `repair` keeps their entities.
    task = mtl.tagging("ner", data.labels["ner"], crf=True, repair=True, dropout=0.5)
    keras.utils.set_random_seed(options.seed)
    model = mtl.MultiTaskModel(TRUNKS[options.trunk](mtl.WordTokenizer.fit(data.train)), task)
    mixture = mtl.Mixture({"weibo": data.train}, {"weibo": "ner"}, batch_size=16, seed=options.seed)
    steps = mixture.steps_per_epoch * options.epochs
    model.compile(mtl.FineTuning(steps, learning_rate=options.learning_rate))
    validation = mixture.like(data.validation)
    model.fit(mixture, validation_data=validation, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trunk", choices=TRUNKS, default="lstm")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    parser.add_argument("--output", default="saved_models/weibo")
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    print(model.evaluate(mixture.like(data.test), return_dict=True, verbose=0))
    predictor = mtl.Predictor(mtl.export(model, options.output, overwrite=True))
    print(json.dumps(predictor(["我在北京大学见到了李老师"])[0], ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(parse())
