"""MiniLM with a head for each label of a set: intents, emotions, domains."""

import keras
import numpy as np
from words import minilm

import keras_mtl as mtl

OUT_OF_SCOPE = "oos"
# Share of validation's queries in scope that may be taken for others, for the sake of recall.
SACRIFICED = 0.002


def train_encoder(mixture, tasks, length, epochs, learning_rate, seed, averaged=1, **options):
    """A fine-tuned model of these tasks, its weights the mean of the last epochs' (`averaged`)."""
    keras.utils.set_random_seed(seed)
    trunk = mtl.trunks.pretrained(minilm.folder(), sequence_length=length, **options)
    model = mtl.MultiTaskModel(trunk, tasks)
    steps = mixture.steps_per_epoch * epochs
    model.compile(mtl.FineTuning(steps, learning_rate=learning_rate))
    average = mtl.transfer.AverageEpochs(last=averaged)
    model.fit(mixture, epochs=epochs, verbose=0, callbacks=[average])
    return model


def clinc(seed):
    """Intent and domain of CLINC150; in-scope accuracy, and recall of what is out of scope.

    What is told to be out of scope is decided on validation. `argmax` are the figures without that.
    """
    data = mtl.load_dataset("clinc150")
    # Of 150 queries in training one is out of scope, of 6 in the test: they count for more.
    tasks = [
        mtl.classification(
            name, labels, dropout=0.1, label_smoothing=0.1, class_weight={OUT_OF_SCOPE: 5.0}
        )
        for name, labels in data.labels.items()
    ]
    mixture = mtl.Mixture(
        {"clinc": data.train}, {"clinc": list(data.labels)}, batch_size=32, seed=seed
    )
    model = train_encoder(mixture, tasks, 48, 10, 3e-4, seed, averaged=5)
    fitting, scored = (model.predict(rows, verbose=0) for rows in (data.validation, data.test))
    found = {}
    for task in tasks:
        labels, actual = np.array(task.labels), np.array(data.test[task.name])
        out = fitted_bound(labels, fitting[task.name], np.array(data.validation[task.name]))
        for name, bound in ((task.name, out), (f"{task.name}_argmax", 0.0)):
            inside, outside = scope_figures(labels, scored[task.name], actual, bound)
            found |= {f"{name}_in_scope": inside, f"{name}_out_of_scope_recall": outside}
    return found


def of_scope(labels, probabilities):
    """The likeliest label in scope of each row, and how far, in logs, out of scope is from it."""
    out = labels == OUT_OF_SCOPE
    inside = np.log(probabilities[:, ~out] + 1e-9)
    return labels[~out][inside.argmax(1)], np.log(probabilities[:, out] + 1e-9)[:, 0] - inside.max(
        1
    )


def scope_figures(labels, probabilities, actual, bound):
    """Accuracy over queries in scope, and the share of the others that is told to be out."""
    names, ahead = of_scope(labels, probabilities)
    right = np.where(ahead > bound, OUT_OF_SCOPE, names) == actual
    inside = actual != OUT_OF_SCOPE
    return float(right[inside].mean()), float(right[~inside].mean())


def fitted_bound(labels, probabilities, actual):
    """The lowest bound with which no more than `SACRIFICED` of the accuracy in scope is lost."""
    _, ahead = of_scope(labels, probabilities)
    best, _ = scope_figures(labels, probabilities, actual, np.inf)
    for bound in np.unique(ahead):
        if scope_figures(labels, probabilities, actual, bound)[0] >= best - SACRIFICED:
            return bound
    return np.inf


def emotion(seed):
    """Emotion, six classes."""
    data = mtl.load_dataset("emotion")
    task = mtl.classification("emotion", data.labels["label"], "label", dropout=0.1)
    mixture = mtl.Mixture({"emotion": data.train}, batch_size=32, seed=seed)
    model = train_encoder(mixture, [task], 96, 5, 2e-4, seed)
    return model.evaluate(mixture.like(data.test), return_dict=True, verbose=0)


def domains(seed):
    """FDU-MTL, a head for each of sixteen domains."""
    data = mtl.load_dataset("fdu_mtl").by_column("domain")
    tasks = [
        mtl.classification(name, one.labels["label"], "label", dropout=0.1)
        for name, one in data.items()
    ]
    mixture = mtl.Mixture({name: one.train for name, one in data.items()}, batch_size=32, seed=seed)
    # Of texts 38 % are longer than 128 tokens, and many reviews sum up at their end.
    model = train_encoder(mixture, tasks, 128, 3, 2e-4, seed, truncation="head_tail")
    test = mixture.like(**{name: one.test for name, one in data.items()})
    scores = model.evaluate(test, return_dict=True, verbose=0)
    accuracies = [scores[f"{name}_accuracy"] for name in data]
    # Of 400 rows each: what is beyond the sixth digit is of single precision.
    return {"mean_accuracy": float(np.mean(accuracies).round(6))}
