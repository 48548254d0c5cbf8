"""A frozen trunk run once for each text: the same training, without the trunk."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer
from tests.training.small import TASKS, demo_mixture, demo_model, demo_splits, id_rows
from tests.trunks.tiny_bert import write_tiny_bert

pytestmark = pytest.mark.any_backend


class Passes(keras.callbacks.Callback):
    """How the model predicts while it trains."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.adapter.sync(self.model)
        self.last = self.model.predict(["a dull film"], verbose=0)


def frozen(kind="lstm", **options):
    model = demo_model(kind=kind, dropout=0.3)
    model.compile(keras.optimizers.Adam(0.01), **options)
    transfer.freeze(model, "trunk")
    return model


@pytest.mark.parametrize("kind", ["lstm", "bag"])
@pytest.mark.parametrize("balancer", ["equal", "pcgrad"])
def test_the_training_is_the_same(kind, balancer):
    found = []
    for cache in (False, True):
        model, mixture = (
            frozen(kind, balancer=balancer),
            demo_mixture(batch_size=32, length_classes=1),
        )
        rows = mixture.like(*mixture.splits.values())
        watch = Passes()
        history = model.fit(
            mixture,
            validation_data=rows,
            epochs=2,
            callbacks=[watch],
            verbose=0,
            cache_features=cache,
        )
        after = model.evaluate(rows, verbose=0, return_dict=True)
        found.append((history.history, watch.last, after))
    (plain, seen, after), (other, seen_too, after_too) = found
    for name in plain:
        np.testing.assert_allclose(plain[name], other[name], rtol=2e-4, atol=1e-5)
    for name in seen:
        np.testing.assert_allclose(seen[name], seen_too[name], rtol=2e-4, atol=1e-5)
    for name in after:
        np.testing.assert_allclose(after[name], after_too[name], rtol=2e-4, atol=1e-5)


def test_the_trunk_runs_once_for_each_text():
    """The same text twice is one text; a later epoch calls no trunk."""
    model = frozen()
    transfer.freeze(model, "topic")
    calls = []
    layer = model.trunk.get_layer("lstm_1")
    own = layer.call
    layer.call = lambda *args, **kwargs: (calls.append(1), own(*args, **kwargs))[1]
    model.run_eagerly = True
    texts, tones = ["a dull film", "a fine film", "a dull film"] * 4, ["negative"] * 12
    rows = (texts, {"sentiment": tones})
    model.fit(*rows, batch_size=6, epochs=5, verbose=0, cache_features=True)
    with_cache = len(calls)
    model.fit(*rows, batch_size=6, epochs=5, verbose=0)
    assert len(calls) - with_cache == 10
    assert with_cache <= 2


@pytest.mark.parametrize("reads", ["texts", "words", "pairs"])
def test_a_pretrained_trunk(reads, tmp_path):
    """Texts, lists of words and pairs read as one, each with the encoder's own tokenizer."""
    pair = mtl.pair_classification("same", ["no", "yes"])
    task = pair if reads == "pairs" else mtl.classification("same", ["no", "yes"])
    texts = ["fly from boston", "show me flights", "flying to new york"] * 4
    rows = {"text": texts}
    if reads == "words":
        rows = {"tokens": [text.split() for text in texts]}
    elif reads == "pairs":
        rows = {"sentence1": texts, "sentence2": texts[::-1]}
    split = mtl.Split({**rows, "same": ["no", "yes", "no"] * 4}, "rows")
    found = []
    for cache in (False, True):
        keras.utils.set_random_seed(0)
        trunk = mtl.trunks.pretrained(write_tiny_bert(tmp_path / f"bert{cache}"))
        model = mtl.MultiTaskModel(trunk, task)
        model.compile(keras.optimizers.Adam(0.01))
        transfer.freeze(model, "trunk")
        train = mtl.Mixture({"same": split}, batch_size=4, length_classes=1)
        found.append(model.fit(train, epochs=3, verbose=0, cache_features=cache).history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-4)


def test_texts_that_are_cut_unasked_are_told(tmp_path):
    model = mtl.MultiTaskModel(
        mtl.trunks.pretrained(write_tiny_bert(tmp_path / "bert")),
        mtl.classification("same", ["no", "yes"]),
    )
    model.compile("adam")
    transfer.freeze(model, "trunk")
    rows = (["fly " * 60, "fly"], {"same": ["no", "yes"]})
    with pytest.warns(UserWarning, match=r"Parts of 1 of 2 texts of fit are cut off"):
        model.fit(*rows, batch_size=2, verbose=0, cache_features=True)


def test_tasks_of_words_are_refused():
    reviews, newswire = demo_splits()
    tokenizer = mtl.WordTokenizer.fit(reviews, newswire, vocabulary_size=300)
    tags = mtl.tagging("tags", ["O", "B-X", "I-X"])
    model = mtl.MultiTaskModel(mtl.trunks.lstm(tokenizer, 8, 8), [*TASKS, tags])
    model.compile("adam")
    transfer.freeze(model, "trunk")
    with pytest.raises(ValueError, match=r"heads that pool one text.*task 'tags'"):
        model.fit(demo_mixture(), cache_features=True)


def test_texts_that_are_compared_one_by_one_are_refused():
    pair = mtl.pair_classification("same", ["no", "yes"], joint=False)
    model = mtl.MultiTaskModel(demo_model().trunk, pair)
    model.compile("adam")
    transfer.freeze(model, "trunk")
    rows = {"sentence1": ["a film"] * 4, "sentence2": ["a film"] * 4}
    with pytest.raises(ValueError, match=r"one text, or one pair.*task 'same'"):
        model.fit(rows, {"same": ["no", "yes"] * 2}, cache_features=True, verbose=0)


def test_bad_input():
    model = demo_model()
    model.compile("adam")
    with pytest.raises(ValueError, match=r"frozen as a whole.*Received: 4 trainable"):
        model.fit(demo_mixture(), cache_features=True)
    transfer.freeze(model, "trunk")
    with pytest.raises(ValueError, match=r"needs texts.*Received: dict"):
        model.fit(*id_rows(), cache_features=True)
    with pytest.raises(ValueError, match=r"must stay frozen while `fit` caches"):
        model.fit(
            demo_mixture(), epochs=2, callbacks=[transfer.ThawAt(1)], verbose=0, cache_features=True
        )
