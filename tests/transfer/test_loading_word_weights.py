"""What a bag's words weigh for a task goes to the same task, not to the same place."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer

pytestmark = pytest.mark.any_backend

WORDS = ["good", "dull", "film", "wheat", "oil"]


def bag_of(sums, tasks, words=WORDS, **options):
    options = {"bigram_buckets": 16, **options}
    trunk = mtl.trunks.bag(mtl.WordTokenizer(words), 4, tasks=sums, **options)
    return mtl.MultiTaskModel(trunk, [mtl.classification(name, ["a", "b"]) for name in tasks])


def columns(model, layer="word_sums"):
    layer = model.trunk.get_layer(layer)
    return dict(zip(layer.tasks, keras.ops.convert_to_numpy(layer.word_weights).T, strict=True))


def weighed(model, values):
    """Give each sum, of words and of pairs, a number of its own."""
    for layer in ("word_sums", "bigram_sums"):
        layer = model.trunk.get_layer(layer)
        for together, value in zip(layer.tasks, values, strict=True):
            layer.weigh(together[0], np.full(layer.size, value, "float32"))
    return model


def became(report):
    return {one.path: (one.status, one.why) for one in report.variables}


def test_sums_go_by_task():
    source = weighed(bag_of(["tone", "topic"], ["tone", "topic"]), [2.0, 3.0])
    target = weighed(bag_of(["topic", "new", "tone"], ["topic", "new", "tone"]), [5.0, 6.0, 7.0])
    report = transfer.load_source(target, source)
    for layer in ("word_sums", "bigram_sums"):
        found = {names[0]: column for names, column in columns(target, layer).items()}
        assert [set(found[name]) for name in ("topic", "new", "tone")] == [{3.0}, {6.0}, {2.0}]
        assert became(report)[f"trunk/{layer}/word_weights"] == ("remapped", "2 of 3 sums")


def test_weights_for_another_task_are_left():
    """One column in both, of the same shape."""
    source = weighed(bag_of(["tone"], ["tone"]), [2.0])
    target = weighed(bag_of(["topic"], ["topic"]), [5.0])
    report = transfer.load_source(target, source)
    assert {*columns(target)["topic",]} == {5.0}
    assert became(report)["trunk/word_sums/word_weights"][0] == "skipped"
    assert became(report)["trunk/embedding/embeddings"][0] == "loaded"


def test_a_new_task_that_joins_a_sum_reads_by_the_weights_of_the_others():
    source = weighed(bag_of([["books", "dvds"], "topic"], ["books", "dvds", "topic"]), [2.0, 3.0])
    target = weighed(bag_of([["books", "dvds", "new"]], ["new"]), [5.0])
    transfer.load_source(target, source)
    assert {*columns(target)["books", "dvds", "new"]} == {2.0}


def test_of_several_sums_none_is_taken_for_the_one_of_all():
    source = weighed(bag_of(["books", "dvds"], ["books", "dvds"]), [2.0, 3.0])
    target = weighed(bag_of([["books", "dvds"]], ["books", "dvds"]), [5.0])
    transfer.load_source(target, source)
    assert {*columns(target)["books", "dvds"]} == {5.0}


def test_weights_by_other_labels_are_left_whatever_the_name():
    source = weighed(bag_of(["tone", "topic"], ["tone", "topic"]), [2.0, 3.0])
    tasks = [mtl.classification("tone", ["a", "b", "c"]), mtl.classification("topic", ["a", "b"])]
    trunk = mtl.trunks.bag(mtl.WordTokenizer(WORDS), 4, tasks=tasks, bigram_buckets=16)
    target = weighed(mtl.MultiTaskModel(trunk, tasks), [5.0, 6.0])
    transfer.load_source(target, source)
    assert [{*one} for one in columns(target).values()] == [{5.0}, {3.0}]


def test_the_same_tasks_are_loaded_whole():
    source = weighed(bag_of(["tone", "topic"], ["tone", "topic"]), [2.0, 3.0])
    target = bag_of(["tone", "topic"], ["tone", "topic"])
    report = transfer.load_source(target, source)
    assert [{*one} for one in columns(target).values()] == [{2.0}, {3.0}]
    assert became(report)["trunk/word_sums/word_weights"] == ("loaded", "")


def test_a_source_that_weighs_no_words_leaves_them():
    source = bag_of([], ["tone"])
    target = weighed(bag_of(["tone"], ["tone"]), [5.0])
    with pytest.raises(ValueError, match="has no layer 'word_sums'"):
        transfer.load_source(target, source)
    transfer.load_source(target, source, strict=False)
    assert {*columns(target)["tone",]} == {5.0}


def test_other_pairs_are_an_error():
    source = bag_of(["tone"], ["tone"], bigram_buckets=8)
    with pytest.raises(
        ValueError, match=r"bigram_sums/word_weights: its shape is .17, 2., .* .9, 1"
    ):
        transfer.load_source(bag_of(["tone", "topic"], ["tone", "topic"]), source)
