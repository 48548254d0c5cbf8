import dataclasses
import math

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.data.named.demo import NEWSWIRE_LABELS, REVIEW_LABELS
from keras_mtl.tasks.classification import Classification
from keras_mtl.trunks import adapting
from tests.training.small import demo_splits

pytestmark = pytest.mark.any_backend

TASKS = [
    mtl.classification("sentiment", REVIEW_LABELS, "label"),
    mtl.classification("topic", NEWSWIRE_LABELS, "label"),
]
BUCKETS = 64


def without_some_labels(split):
    labels = [None if row % 5 == 0 else label for row, label in enumerate(split["label"])]
    return mtl.Split({"text": split.texts, "label": labels}, split.name)


def small_model(splits, tasks=TASKS, trunk=mtl.trunks.bag):
    keras.utils.set_random_seed(0)
    tokenizer = mtl.WordTokenizer.fit(*splits, vocabulary_size=200, sequence_length=12)
    return mtl.MultiTaskModel(trunk(tokenizer, 4), tasks)


def weights_of(model, layer):
    return np.asarray(ops.convert_to_numpy(model.trunk.get_layer(layer).word_weights))


def counted(numbers_and_labels, number):
    """The same by going through the rows with sets."""
    labels = sorted({label for _, label in numbers_and_labels})
    found = 0.0
    for label in labels:
        inside = [numbers for numbers, one in numbers_and_labels if one == label]
        others = [numbers for numbers, one in numbers_and_labels if one != label]
        own = sum(number in numbers for numbers in inside)
        rest = sum(number in numbers for numbers in others) * len(inside) / len(others)
        found = max(found, abs(math.log((own + 1) / (rest + 1))))
    return found / 2


def test_words_and_pairs_are_weighed_on_all_labelled_rows_of_a_task(monkeypatch):
    monkeypatch.setattr(adapting, "_ROWS", 7)  # Several passes, the last one not full.
    reviews, newswire = demo_splits(80)
    other = without_some_labels(demo_splits(30, seed=1)[0])
    splits = {"reviews": reviews, "newswire": newswire, "a_other": other}
    tasks = {"reviews": "sentiment", "newswire": "topic", "a_other": "sentiment"}
    model = small_model(splits.values(), trunk=weighing)
    model.adapt(mtl.Mixture(splits, tasks))
    words, pairs = weights_of(model, "word_sums"), weights_of(model, "bigram_sums")
    assert words.shape == (model.preprocessor.vocabulary_size, 2)
    assert pairs.shape == (BUCKETS + 1, 2)
    for column, name in enumerate(["sentiment", "topic"]):
        rows = []
        for stream in (one for one, task in tasks.items() if task == name):
            ids = model.preprocessor.encode(splits[stream].texts)["token_ids"]
            for row, label in enumerate(splits[stream]["label"]):
                if label is not None:
                    rows.append((ids.row(row).tolist(), label))
        by_word = [(set(ids), label) for ids, label in rows]
        by_pair = [
            (
                {(a * 31 * 527 + b) % BUCKETS + 1 for a, b in zip(ids, ids[1:], strict=False)},
                label,
            )
            for ids, label in rows
        ]
        for weights, known in ((words, by_word), (pairs, by_pair)):
            expected = [counted(known, number) for number in range(len(weights))]
            np.testing.assert_allclose(weights[:, column], expected, atol=1e-6)
            assert weights[:, column].max() > 0.5


def test_words_are_weighed_beside_a_task_of_words():
    rows = mtl.Split(
        {
            "tokens": [["good", "film"], ["dull", "film"]] * 4,
            "tone": ["pos", "neg"] * 4,
            "tags": [["O", "B-x"], None] * 4,
        },
        "rows/train",
    )
    tasks = [mtl.classification("tone", ("neg", "pos")), mtl.tagging("tags", ("O", "B-x", "I-x"))]
    tokenizer = mtl.WordTokenizer.fit(rows)
    trunk = mtl.trunks.bag(tokenizer, 2, tasks=tasks, bigram_buckets=0)
    model = mtl.MultiTaskModel(trunk, tasks)
    model.adapt(mtl.Mixture({"rows": rows}, {"rows": ["tone", "tags"]}))
    weights = weights_of(model, "word_sums")
    good, film = (tokenizer([word])["token_ids"][0, 0] for word in ("good", "film"))
    assert weights[good, 0] == pytest.approx(math.log(5) / 2) and weights[film, 0] == 0


def test_a_saved_model_keeps_what_was_counted(tmp_path):
    reviews, newswire = demo_splits(40)
    splits = {"sentiment": reviews, "topic": newswire}
    model = small_model(splits.values(), trunk=weighing)
    texts = reviews.texts[:8]
    before = model.predict(texts, verbose=0)["sentiment"]
    model.adapt(mtl.Mixture(splits))
    after = model.predict(texts, verbose=0)["sentiment"]
    assert np.abs(after - before).max() > 1e-4
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(texts, verbose=0)["sentiment"], after)


def weighing(tokenizer, dim):
    return mtl.trunks.bag(tokenizer, dim, tasks=["sentiment", "topic"], bigram_buckets=BUCKETS)


@keras.saving.register_keras_serializable(package="tests")
@dataclasses.dataclass(frozen=True)
class Ungrouped(Classification):
    def groups(self, labels):
        return None


def test_nothing_is_counted_without_groups_or_labels_or_a_sum_of_its_own():
    reviews, newswire = demo_splits(40)
    unlabelled = mtl.Split({"text": newswire.texts, "label": [None] * len(newswire)}, "none/train")
    splits = {"sentiment": reviews, "topic": unlabelled}
    tasks = [Ungrouped("sentiment", "label", tuple(REVIEW_LABELS)), TASKS[1]]
    model = small_model(splits.values(), tasks=tasks, trunk=weighing)
    model.adapt(mtl.Mixture(splits))
    assert (weights_of(model, "word_sums") == 1).all()
    for trunk in (mtl.trunks.lstm, mtl.trunks.bag):
        model = small_model(splits.values(), trunk=trunk)
        before = model.get_weights()
        model.adapt(mtl.Mixture({"sentiment": reviews, "topic": newswire}))
        for one, other in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, other)


def test_heads_read_the_sum_of_their_task():
    reviews, newswire = demo_splits(40)
    model = small_model([reviews, newswire], trunk=weighing)
    ids = {
        "token_ids": model.preprocessor.encode(reviews.texts[:5])["token_ids"].take(range(5), 12)
    }
    before = model.predict(ids, verbose=0)
    layer = model.trunk.get_layer("word_sums")
    layer.weigh("topic", np.zeros(layer.size, "float32"))
    after = model.predict(ids, verbose=0)
    np.testing.assert_array_equal(after["sentiment"], before["sentiment"])
    assert np.abs(after["topic"] - before["topic"]).max() > 1e-4


def test_words_that_nobody_weighed_are_told_of(recwarn):
    reviews, newswire = demo_splits(40)
    mixture = mtl.Mixture({"sentiment": reviews, "topic": newswire}, batch_size=8)
    for adapted in (False, True):
        model = small_model([reviews, newswire], trunk=weighing)
        model.compile("sgd")
        if adapted:
            model.adapt(mixture)
        recwarn.clear()
        model.fit(mixture, steps_per_epoch=1, verbose=0)
        told = [str(one.message) for one in recwarn if "weighed" in str(one.message)]
        if adapted:
            assert not told
        else:
            assert len(told) == 2 and "task 'topic'" in told[1] and "`model.adapt(" in told[1]


def test_adapt_wants_a_mixture_and_a_preprocessor():
    reviews, newswire = demo_splits(40)
    model = small_model([reviews, newswire], trunk=weighing)
    with pytest.raises(TypeError, match="must be a Mixture .* Received: Split"):
        model.adapt(reviews)
    model = mtl.MultiTaskModel(mtl.trunks.bag(100, tasks=["sentiment"]), TASKS)
    with pytest.raises(ValueError, match="must have a preprocessor"):
        model.adapt(mtl.Mixture({"sentiment": reviews, "topic": newswire}))


def test_a_name_that_is_no_task_of_the_model_is_refused():
    reviews, newswire = demo_splits(40)
    misspelt = small_model(
        [reviews, newswire],
        trunk=lambda tokenizer, dim: mtl.trunks.bag(tokenizer, dim, tasks=["sentimnt", "topic"]),
    )
    with pytest.raises(ValueError, match="Received: sentimnt. Did you mean 'sentiment'"):
        misspelt.adapt(mtl.Mixture({"sentiment": reviews, "topic": newswire}))


def test_a_trunk_may_know_tasks_that_another_model_weighed():
    reviews, newswire = demo_splits(40)
    both = small_model([reviews, newswire], trunk=weighing)
    both.adapt(mtl.Mixture({"sentiment": reviews, "topic": newswire}))
    before = weights_of(both, "word_sums")
    mtl.MultiTaskModel(both.trunk, TASKS[:1]).adapt(mtl.Mixture({"sentiment": reviews}))
    np.testing.assert_array_equal(weights_of(both, "word_sums"), before)


def shared(tokenizer, dim):
    return mtl.trunks.bag(tokenizer, dim, tasks=[["books", "dvds"]], bigram_buckets=BUCKETS)


def tones(*names, labels=REVIEW_LABELS):
    return [mtl.classification(name, labels, "label") for name in names]


def test_words_of_tasks_that_share_a_sum_are_counted_on_the_rows_of_all():
    books, dvds = demo_splits(40)[0], demo_splits(30, seed=1)[0]
    model = small_model([books, dvds], tasks=tones("books", "dvds"), trunk=shared)
    model.adapt(mtl.Mixture({"books": books, "dvds": dvds}))
    alone = small_model([books, dvds], tasks=tones("tone"), trunk=weighing_of(["tone"]))
    alone.adapt(mtl.Mixture({"books": books, "dvds": dvds}, {"books": "tone", "dvds": "tone"}))
    for layer in ("word_sums", "bigram_sums"):
        np.testing.assert_array_equal(weights_of(model, layer), weights_of(alone, layer))
        assert weights_of(model, layer).max() > 0.5


def test_a_model_of_shared_sums_is_trained_and_saved(tmp_path, recwarn):
    books, dvds = demo_splits(40)[0], demo_splits(30, seed=1)[0]
    rows = mtl.Mixture({"books": books, "dvds": dvds}, batch_size=8)
    model = small_model([books, dvds], tasks=tones("books", "dvds"), trunk=shared)
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(rows, steps_per_epoch=1, verbose=0)
    (told,) = [str(one.message) for one in recwarn if "weighed" in str(one.message)]
    assert "for tasks 'books', 'dvds': all weigh 1" in told
    model.adapt(rows)
    model.fit(rows, epochs=8, verbose=0)
    found = model.evaluate(rows, return_dict=True, verbose=0)
    assert found["books_accuracy"] > 0.9 and found["dvds_accuracy"] > 0.9
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    before, after = (one.predict(books.texts[:8], verbose=0) for one in (model, loaded))
    np.testing.assert_array_equal(after["dvds"], before["dvds"])


def test_heads_read_the_sum_that_they_share():
    books = demo_splits(40)[0]
    model = small_model([books], tasks=tones("books", "dvds", "other"), trunk=shared)
    before = model.predict(books.texts[:5], verbose=0)
    for name in ("word_sums", "bigram_sums"):
        layer = model.trunk.get_layer(name)
        layer.weigh("dvds", np.zeros(layer.size, "float32"))
    after = model.predict(books.texts[:5], verbose=0)
    for name in ("books", "dvds"):
        # Nothing but the bias is left, which begins at 0.
        np.testing.assert_allclose(after[name], 0.5, atol=1e-6)
        assert np.abs(before[name] - 0.5).max() > 1e-4
    np.testing.assert_array_equal(after["other"], before["other"])


def test_tasks_that_share_a_sum_have_the_same_labels():
    books, dvds = demo_splits(40)[0], demo_splits(30, seed=1)[0]
    tasks = tones("books") + tones("dvds", labels=REVIEW_LABELS[::-1])
    with pytest.raises(ValueError, match="same order. Received: 'books' with negative, .* 'dvds'"):
        mtl.trunks.bag(100, tasks=[tasks])
    model = small_model([books, dvds], tasks=tasks, trunk=shared)
    with pytest.raises(ValueError, match="Take one out of the list within `tasks`"):
        model.adapt(mtl.Mixture({"books": books, "dvds": dvds}))


def weighing_of(tasks):
    return lambda tokenizer, dim: mtl.trunks.bag(
        tokenizer, dim, tasks=tasks, bigram_buckets=BUCKETS
    )
