"""Trains, predicts and saves where TensorFlow cannot be imported; run as a script, on JAX."""

import sys


class Absent:
    """Finds no TensorFlow, whatever is installed."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_datasets", "tensorflow_text"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main(folder):
    sys.meta_path.insert(0, Absent())
    import keras
    import numpy as np

    import keras_mtl as mtl
    from keras_mtl import transfer

    reviews, newswire = mtl.load_dataset("demo_reviews"), mtl.load_dataset("demo_newswire")
    words = mtl.WordTokenizer.fit(reviews.train, newswire.train)
    tasks = [
        mtl.classification("tone", reviews.labels["label"], "label"),
        mtl.classification("topic", newswire.labels["label"], "label"),
    ]
    model = mtl.MultiTaskModel(mtl.trunks.lstm(words, 16, 16), tasks)
    mixture = mtl.Mixture(
        {"reviews": reviews.train, "newswire": newswire.train},
        {"reviews": "tone", "newswire": "topic"},
        batch_size=32,
    )
    transfer.freeze(model, "embedding")
    model.compile("adam", balancer="pcgrad", micro_batches=2)
    validation = mixture.like(reviews.validation, newswire.validation)
    resume = mtl.callbacks.SaveAndResume(f"{folder}/state")
    history = model.fit(
        mixture, epochs=2, steps_per_epoch=8, validation_data=validation, callbacks=[resume],
        verbose=0,
    ).history  # fmt: skip
    before = model.predict(["a fine film"], verbose=0)
    model.save(f"{folder}/model.keras")
    after = keras.models.load_model(f"{folder}/model.keras").predict(["a fine film"], verbose=0)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    try:
        mtl.export(model, f"{folder}/bundle")
    except ValueError as error:
        print(f"REFUSED {error}")
    print(f"LOSSES {history['loss'][0]} {history['loss'][1]} {history['val_loss'][1]}")
    print(f"IMPORTED {sorted(one for one in sys.modules if one.startswith('tensorflow'))}")


if __name__ == "__main__":
    main(sys.argv[1])
