"""Parts of speech and entities, from two sets that share no sentence: UD English EWT and ATIS.

    python examples/speech_and_entities.py hf://sentence-transformers/all-MiniLM-L6-v2

Each set has tags and rows of its own. Both are looked for in KERAS_MTL_DATA.
"""

import argparse

import keras

import keras_mtl as mtl

TASKS = {"ud_english_ewt": ["upos", "xpos"], "atis": ["slots"]}


def train(options):
    """A model of all tasks of the sets asked for; its mixture; the datasets."""
    data = {name: mtl.load_dataset(name) for name in options.sets}
    tasks = [
        mtl.tagging(task, data[name].labels[task], scheme="bio" if name == "atis" else "plain")
        for name in options.sets
        for task in TASKS[name]
    ]
    keras.utils.set_random_seed(options.seed)
    model = mtl.MultiTaskModel(mtl.trunks.pretrained(options.encoder), tasks)
    mixture = mtl.Mixture(
        {name: one.train for name, one in data.items()},
        {name: TASKS[name] for name in options.sets},
        batch_size=32,
        length_classes=6,
        seed=options.seed,
    )
    model.compile(mtl.FineTuning(mixture.steps_per_epoch * options.epochs))
    model.fit(mixture, epochs=options.epochs, verbose=options.verbose)
    return model, mixture, data


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", help="a folder with a model, or a preset of KerasHub")
    parser.add_argument("--sets", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    return parser.parse_args(arguments)


def main(options):
    model, mixture, data = train(options)
    test = mixture.like(**{name: one.test for name, one in data.items()})
    print(model.evaluate(test, return_dict=True, verbose=0))
    predicted = model.predict(["Book me a flight from Boston to Denver."], verbose=0)
    for task in model.tasks:
        print(task.name, [task.labels[number] for number in predicted[task.name][0].argmax(-1)])


if __name__ == "__main__":
    main(parse())
