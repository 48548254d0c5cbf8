"""The vocabularies of IMDB and Reuters: every shared word's row, and the counts."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer


@pytest.mark.real_data
@pytest.mark.parametrize("new_words", ["mean", "random"])
def test_every_shared_word_keeps_its_row(new_words):
    sets = {name: mtl.load_dataset(name) for name in ("imdb", "reuters")}
    models = {}
    for seed, (name, data) in enumerate(sets.items()):
        words = mtl.WordTokenizer.fit(data.train, vocabulary_size=10_000)
        keras.utils.set_random_seed(seed)
        task = mtl.classification(name, data.labels["label"], column="label")
        models[name] = mtl.MultiTaskModel(mtl.trunks.lstm(words, 16, 8), task)
    source, target = models["imdb"], models["reuters"]
    before = rows_of(target)
    report = transfer.load_source(target, source, new_words=new_words)
    theirs, mine = rows_of(source), rows_of(target)
    shared = theirs.keys() & mine.keys() - {"<pad>", "<unk>"}
    equal = sum(np.array_equal(mine[word], theirs[word]) for word in shared)
    new = mine.keys() - theirs.keys()
    mean = np.mean(list(theirs.values())[2:], axis=0, dtype=np.float64)
    expected = {word: mean if new_words == "mean" else before[word] for word in new}
    begun = sum(np.allclose(mine[word], expected[word], atol=1e-6) for word in new)
    print(f"shared words: {equal:,} rows equal (goal: {len(shared):,})")
    print(f"new words: {begun:,} begin as asked (goal: {len(new):,})")
    assert len(shared) > 4_000 and equal == len(shared) and begun == len(new)
    assert report.words.shared == len(shared)
    assert report.words.target == report.words.source == 9_998


def rows_of(model):
    rows = keras.ops.convert_to_numpy(model.trunk.get_layer("embedding").embeddings)
    return dict(zip(["<pad>", "<unk>", *model.preprocessor.vocabulary], rows, strict=True))
