"""IMDB and Reuters: one shared trunk, two tasks, beside a model for each task alone.

    python examples/imdb_reuters.py                # the bag of words and pairs, on the whole sets
    python examples/imdb_reuters.py --trunk lstm --learning-rate 1e-3 --epsilon 1e-7 --epochs 6

The sets are looked for in KERAS_MTL_DATA and in the Keras cache, then downloaded by Keras.
"""

import argparse
import time

import keras

import keras_mtl as mtl

TRUNKS = {
    "bag": lambda tokenizer, tasks: mtl.trunks.bag(tokenizer, tasks=tasks),
    "lstm": lambda tokenizer, tasks: mtl.trunks.lstm(
        tokenizer, units=64, bidirectional=True, embedding_dropout=0.3
    ),
}


def build(options, tokenizer, tasks, steps):
    """A compiled model with a new trunk; its learning rate goes down to 0 in so many steps."""
    keras.utils.set_random_seed(options.seed)
    model = mtl.MultiTaskModel(TRUNKS[options.trunk](tokenizer, tasks), tasks)
    rate = keras.optimizers.schedules.PolynomialDecay(options.learning_rate, steps, 0.0)
    # A large epsilon: words that are hardly ever seen take smaller steps than common ones.
    adam = keras.optimizers.Adam(rate, epsilon=options.epsilon)
    model.compile(adam, balancer=options.balancer if len(tasks) > 1 else "equal")
    return model


def train(options, model, mixture, validation):
    """Weigh the words, then fit; the seconds it took."""
    begin = time.perf_counter()
    model.adapt(mixture)
    model.fit(mixture, validation_data=validation, epochs=options.epochs, verbose=options.verbose)
    return time.perf_counter() - begin


def train_together(options):
    """Train the pair as one model, as examples/imdb_reuters.yaml does; everything it is made of."""
    datasets = {name: mtl.load_dataset(name, seed=options.seed) for name in options.datasets}
    tasks = {
        name: mtl.classification(
            task,
            dataset.labels["label"],
            column="label",
            class_weight=mtl.balanced_class_weight(dataset.train["label"], options.class_weight),
        )
        for task, (name, dataset) in zip(options.tasks, datasets.items(), strict=True)
    }
    tokenizer = mtl.WordTokenizer.fit(
        *(dataset.train for dataset in datasets.values()),
        vocabulary_size=options.vocabulary_size,
        sequence_length=options.sequence_length,
        truncation="head_tail",
    )
    mixture = mtl.Mixture(
        {name: dataset.train for name, dataset in datasets.items()},
        tasks={name: task.name for name, task in tasks.items()},
        batch_size=options.batch_size,
        share=options.share,
        length_classes=options.length_classes,
        seed=options.seed,
    )
    steps = options.epochs * mixture.steps_per_epoch
    model = build(options, tokenizer, list(tasks.values()), steps)
    validation = mixture.like(*(dataset.validation for dataset in datasets.values()))
    seconds = train(options, model, mixture, validation)
    return model, mixture, datasets, tasks, seconds


def compare(options):
    """Train the pair together and each alone; test scores, and the joint model."""
    together, mixture, datasets, tasks, seconds_together = train_together(options)
    report = mixture.report(together)
    print("The mixture:", *(f"  {key}: {value}" for key, value in report.items()), sep="\n")
    seconds = {"together": seconds_together}
    test = mixture.like(*(dataset.test for dataset in datasets.values()))
    scores = {"together": together.evaluate(test, return_dict=True, verbose=0)}
    steps = options.epochs * mixture.steps_per_epoch
    for name, task in tasks.items():  # The same trunk, steps and rows a step, for one task.
        model = build(options, together.preprocessor, [task], steps)
        rows = report["rows_per_step"][name]
        own = mtl.Mixture(
            {name: datasets[name].train},
            tasks={name: task.name},
            batch_size=rows,
            length_classes=options.length_classes,
            steps_per_epoch=mixture.steps_per_epoch,
            seed=options.seed,
        )
        seconds[name] = train(options, model, own, own.like(datasets[name].validation))
        scores[name] = model.evaluate(own.like(datasets[name].test), return_dict=True, verbose=0)
    show(tasks, scores, seconds)
    return together, tasks, datasets, scores, seconds


def show(tasks, scores, seconds):
    """The table: each task together and alone."""
    columns = ("test split", "accuracy together", "alone", "macro F1 together", "alone")
    print("\n{:<12}{:>19}{:>8}{:>20}{:>8}".format(*columns))
    for name, task in tasks.items():
        figures = [
            scores[model][f"{task.name}_{metric}"]
            for metric in ("accuracy", "macro_f1")
            for model in ("together", name)
        ]
        print("{:<12}{:>19.4f}{:>8.4f}{:>20.4f}{:>8.4f}".format(task.name, *figures))
    print("seconds of training:", {name: round(value, 1) for name, value in seconds.items()})


def parse(arguments=None, **defaults):
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datasets", nargs=2, default=["imdb", "reuters"])
    parser.add_argument("--tasks", nargs=2, default=["sentiment", "topic"])
    parser.add_argument("--trunk", choices=TRUNKS, default="bag")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=6e-3)
    parser.add_argument("--epsilon", type=float, default=3e-5, help="of Adam")
    parser.add_argument("--balancer", default="equal", help="how the tasks are traded off")
    parser.add_argument("--class-weight", type=float, default=0.3, help="power, 0: all alike")
    parser.add_argument("--share", default="uniform", help="rows of each set in a step")
    parser.add_argument("--length-classes", type=int, default=4)
    parser.add_argument("--vocabulary-size", type=int, default=7_000)
    parser.add_argument("--sequence-length", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2, help="as in Keras")
    parser.add_argument("--output", default="saved_models/imdb_reuters")
    parser.set_defaults(**defaults)
    return parser.parse_args(arguments)


def main(options):
    """Compare, then export what was trained together."""
    model, tasks, _, scores, _ = compare(options)
    mtl.export(model, options.output, overwrite=True)
    print(f"exported to {options.output}")
    text = "a film that stays with you"
    print(f"{text!r}:", mtl.Predictor(options.output)([text])[0])
    return tasks, scores


if __name__ == "__main__":
    main(parse())
