"""Short trainings to be killed: two streams of different length, dropout, what balancers learn."""

import hashlib
import json
from pathlib import Path

import keras

import keras_mtl as mtl
from keras_mtl.data.named.demo import (
    NEWSWIRE_LABELS,
    REVIEW_LABELS,
    generate_newswire,
    generate_reviews,
)

EPOCHS, RESULT, BEGUN = 3, "result.json", "begun"
CASES = ("grad_norm", "famo", "pcgrad", "uncertainty", "stopping", "thawing")


class Begun(keras.callbacks.Callback):
    """Leaves a file before the first step."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def get_state(self):
        return None

    def on_train_begin(self, logs=None):
        (self.folder / BEGUN).write_text("")


def rows(count, seed):
    """As many texts of each dataset; reviews are several times as long as newswire."""
    reviews, tones = generate_reviews(count, seed)
    wires, topics = generate_newswire(count // 2, seed)
    return {
        "reviews": mtl.Split({"text": reviews, "label": tones}, "reviews"),
        "newswire": mtl.Split({"text": wires, "label": topics}, "newswire"),
    }


def made(case):
    """A compiled model, and the callbacks of the case."""
    keras.utils.set_random_seed(1)
    tokenizer = mtl.WordTokenizer.fit(*rows(120, 0).values(), vocabulary_size=300)
    tasks = [
        mtl.classification("sentiment", REVIEW_LABELS, "label"),
        mtl.classification("topic", NEWSWIRE_LABELS, "label"),
    ]
    if case == "thawing":
        trunk = mtl.trunks.bag(tokenizer, 32, word_dropout=0.2, dropout=0.2)
    else:
        trunk = mtl.trunks.lstm(tokenizer, 32, 16, embedding_dropout=0.2)
    model = mtl.MultiTaskModel(trunk, tasks)
    adam, callbacks, balancer = keras.optimizers.Adam(0.02), [], "equal"
    if case == "stopping":
        callbacks = [
            mtl.callbacks.MultiTaskEarlyStopping("each", patience=1),
            keras.callbacks.ReduceLROnPlateau("val_loss", patience=1, min_delta=1.0),
        ]
    elif case == "thawing":
        adam = mtl.transfer.GroupedOptimizer(adam, mtl.transfer.layerwise_decay(0.5))
        callbacks = [mtl.transfer.GradualThaw(), mtl.transfer.AverageEpochs()]
    else:
        balancer = mtl.balancing.PCGrad("random") if case == "pcgrad" else case
    model.compile(adam, balancer=balancer)
    return model, callbacks


def train(case, folder, every_steps=1):
    """Train from where the folder says, and leave what came of it there."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    folder = Path(folder)
    model, callbacks = made(case)
    fed = {"reviews": "sentiment", "newswire": "topic"}
    mixture = mtl.Mixture(
        rows(160, 1), fed, batch_size=16, share="uniform", length_classes=2, seed=7
    )
    resume = mtl.callbacks.SaveAndResume(folder / "states", every_steps, delete=False)
    history = model.fit(
        mixture, epochs=EPOCHS, validation_data=mixture.like(**rows(40, 2)), verbose=0,
        callbacks=[*callbacks, Begun(folder), resume],
    ).history  # fmt: skip
    bits = hashlib.sha256(json.dumps(history).encode())
    for variable in (*model.variables, *model.optimizer.variables):
        bits.update(keras.ops.convert_to_numpy(variable).tobytes())
    (folder / RESULT).write_text(bits.hexdigest())
