"""MiniLM with a head for each label of a set: intents, emotions, domains."""

import keras
import numpy as np
from words import minilm

import keras_mtl as mtl

OUT_OF_SCOPE = "oos"


def train_encoder(mixture, tasks, length, epochs, learning_rate, seed):
    """A fine-tuned model of these tasks."""
    keras.utils.set_random_seed(seed)
    trunk = mtl.trunks.pretrained(minilm.folder(), sequence_length=length)
    model = mtl.MultiTaskModel(trunk, tasks)
    steps = mixture.steps_per_epoch * epochs
    model.compile(mtl.FineTuning(steps, learning_rate=learning_rate))
    model.fit(mixture, epochs=epochs, verbose=0)
    return model


def clinc(seed):
    """Intent and domain of CLINC150; in-scope accuracy, and recall of what is out of scope."""
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
    model = train_encoder(mixture, tasks, 48, 10, 3e-4, seed)
    return scope_figures(model, data.test)


def scope_figures(model, rows):
    """Accuracies over queries in scope, and the share of the others that is told to be out."""
    predicted, found = model.predict(rows, verbose=0), {}
    for task in model.tasks:
        names = np.array(task.labels)[predicted[task.name].argmax(-1)]
        actual = np.array(rows[task.name])
        inside = actual != OUT_OF_SCOPE
        found[f"{task.name}_in_scope"] = float((names == actual)[inside].mean())
        found[f"{task.name}_out_of_scope_recall"] = float((names == actual)[~inside].mean())
    return found


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
    tasks = [mtl.classification(name, one.labels["label"], "label") for name, one in data.items()]
    mixture = mtl.Mixture({name: one.train for name, one in data.items()}, batch_size=32, seed=seed)
    model = train_encoder(mixture, tasks, 128, 3, 1e-4, seed)
    test = mixture.like(**{name: one.test for name, one in data.items()})
    scores = model.evaluate(test, return_dict=True, verbose=0)
    return {"mean_accuracy": float(np.mean([scores[f"{name}_accuracy"] for name in data]))}
