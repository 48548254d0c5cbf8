"""Nothing is loaded by accident, and of everything is told what became of it."""

import json

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer
from keras_mtl.transfer.sources import Source

pytestmark = pytest.mark.any_backend

SOURCE_WORDS = ["good", "bad", "film", "the", "wheat"]
TARGET_WORDS = ["wheat", "oil", "the", "price", "good", "tonnes"]
TONE = mtl.classification("tone", ["neg", "pos"])
TOPIC = mtl.classification("topic", ["oil", "grain", "ships"])


def model_of(words, *tasks, seed=0, **options):
    keras.utils.set_random_seed(seed)
    options = {"embedding_dim": 4, "units": 3, **options}
    return mtl.MultiTaskModel(mtl.trunks.lstm(mtl.WordTokenizer(words), **options), tasks)


def rows_of(model):
    """Word to its row of the embedding."""
    rows = keras.ops.convert_to_numpy(model.trunk.get_layer("embedding").embeddings)
    return dict(zip(["<pad>", "<unk>", *model.preprocessor.vocabulary], rows, strict=True))


def values(model):
    return {v.path: keras.ops.convert_to_numpy(v).copy() for v in model.weights}


def status(report):
    return {one.path: one.status for one in report.variables}


def test_rows_move_with_their_words():
    source, target = model_of(SOURCE_WORDS, TONE), model_of(TARGET_WORDS, TOPIC, seed=1)
    report = transfer.load_source(target, source)
    theirs, mine = rows_of(source), rows_of(target)
    shared = set(SOURCE_WORDS) & set(TARGET_WORDS)
    for word in ("<pad>", "<unk>", *shared):
        np.testing.assert_array_equal(mine[word], theirs[word])
    mean = np.mean([theirs[word] for word in SOURCE_WORDS], axis=0)
    for word in set(TARGET_WORDS) - shared:
        np.testing.assert_allclose(mine[word], mean, rtol=1e-6)
    assert (report.words.shared, report.words.target, report.words.source) == (3, 6, 5)
    assert report.words.fraction == 0.5
    assert status(report) == {
        "trunk/embedding/embeddings": "remapped",
        **{
            f"trunk/lstm_1/lstm_cell/{one}": "loaded"
            for one in ("kernel", "recurrent_kernel", "bias")
        },
        "heads/topic/scores/kernel": "skipped",
        "heads/topic/scores/bias": "skipped",
    }
    assert report.coverage == 1.0
    for name in ("kernel", "recurrent_kernel", "bias"):
        one, other = (getattr(m.trunk.get_layer("lstm_1").cell, name) for m in (target, source))
        np.testing.assert_array_equal(one, other)
    text = str(report)
    assert "3 of 6 words (50.0%) are among the 5 of the source" in text
    assert "has no such task" in text and "100.0% of the trunk's numbers" in text


def test_new_words_may_stay_random():
    source, target = model_of(SOURCE_WORDS, TONE), model_of(TARGET_WORDS, TOPIC, seed=1)
    before = rows_of(target)
    transfer.load_source(target, source, new_words="random")
    np.testing.assert_array_equal(rows_of(target)["oil"], before["oil"])


def test_heads_are_loaded_where_the_task_is_the_same():
    source, target = (
        model_of(SOURCE_WORDS, TONE, TOPIC),
        model_of(SOURCE_WORDS, TOPIC, TONE, seed=1),
    )
    report = transfer.load_source(target, source)
    assert set(status(report).values()) == {"loaded"}
    texts = ["good film", "the wheat"]
    mine, theirs = target.predict(texts, verbose=0), source.predict(texts, verbose=0)
    for name in ("tone", "topic"):
        np.testing.assert_array_equal(mine[name], theirs[name])


def test_a_head_of_other_labels_is_left_as_it_is():
    """The same shape, and a name that is the same: other labels all the same."""
    turned = mtl.classification("tone", ["pos", "neg"])
    source, target = model_of(SOURCE_WORDS, TONE), model_of(SOURCE_WORDS, turned, seed=1)
    before = values(target)
    report = transfer.load_source(target, source)
    assert status(report)["heads/tone/scores/kernel"] == "skipped"
    assert "other labels" in str(report)
    after = values(target)
    of_head = [path for path in before if path.startswith(target.heads["tone"].name)]
    assert len(of_head) == 2
    assert all(np.array_equal(before[path], after[path]) for path in of_head)


def test_a_score_of_another_unit_is_another_task():
    """The head gives deviations from a mean: with another one it would be silently off."""
    one, other = (mtl.regression("stars", mean=mean, std=1.0) for mean in (2.0, 3.0))
    source, target = model_of(SOURCE_WORDS, one), model_of(SOURCE_WORDS, other, seed=1)
    report = transfer.load_source(target, source)
    assert status(report)["heads/stars/scores/kernel"] == "skipped"
    assert "has other mean" in str(report)
    # What steers training alone makes no other task.
    again = model_of(SOURCE_WORDS, mtl.regression("stars", mean=2.0, std=1.0, dropout=0.5), seed=1)
    report = transfer.load_source(again, source)
    assert status(report)["heads/stars/scores/kernel"] == "loaded"


def test_two_layers_never_take_one_place():
    source, target = model_of(SOURCE_WORDS, TONE, layers=2), model_of(SOURCE_WORDS, TOPIC)
    with pytest.raises(ValueError, match=r"two of the model .* for 'lstm_1'"):
        transfer.load_source(target, source, rename={"lstm_2": "lstm_1"}, strict=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 5}, r"lstm_1/lstm_cell/kernel: its shape is \(4, 20\), the source's \(4, 12\)"),
        ({"layers": 2}, r"trunk/lstm_2: .* has no layer 'lstm_2'"),
        ({"embedding_dim": 6}, r"its vectors are 6 wide, the source's 4"),
    ],
)
def test_what_does_not_fit_is_an_error_and_nothing_is_written(options, message):
    source, target = model_of(SOURCE_WORDS, TONE), model_of(TARGET_WORDS, TOPIC, seed=1, **options)
    before = values(target)
    with pytest.raises(ValueError, match=message):
        transfer.load_source(target, source)
    after = values(target)
    assert all(np.array_equal(before[path], after[path]) for path in before)
    report = transfer.load_source(target, source, strict=False)
    assert 0 < report.coverage < 1 or options == {"embedding_dim": 6}
    assert "skipped" in status(report).values()


def test_a_layer_that_the_model_lacks_is_told():
    source, target = model_of(SOURCE_WORDS, TONE, layers=2), model_of(SOURCE_WORDS, TOPIC)
    with pytest.raises(ValueError, match=r"the model has no layer 'lstm_2'"):
        transfer.load_source(target, source)


def test_no_word_in_common_is_an_error():
    source, target = model_of(SOURCE_WORDS, TONE), model_of(["oil", "price"], TOPIC)
    with pytest.raises(ValueError, match=r"the source knows none of its words"):
        transfer.load_source(target, source)


def test_pairs_hashed_from_other_numbers_are_left():
    """The same shape, but other numbers are hashed: a row there is of other pairs."""

    def bag(words, task):
        trunk = mtl.trunks.bag(mtl.WordTokenizer(words), 4, bigram_buckets=16)
        return mtl.MultiTaskModel(trunk, task)

    source, target = bag(SOURCE_WORDS, TONE), bag(TARGET_WORDS, TOPIC)
    before = values(target)
    report = transfer.load_source(target, source)
    assert status(report)["trunk/bigram_embedding/embeddings"] == "skipped"
    assert status(report)["trunk/embedding/embeddings"] == "remapped"
    path = "bigram_embedding/embeddings"
    np.testing.assert_array_equal(values(target)[path], before[path])
    alike = bag(SOURCE_WORDS, TOPIC)
    assert status(transfer.load_source(alike, source))["trunk/" + path] == "loaded"


def test_one_layer_is_not_taken_for_several():
    """Two nested models with a layer of one name, and a source with one such layer."""

    def nested(name):
        given = keras.Input((None, 4))
        return keras.Model(given, keras.layers.Dense(4, name="dense")(given), name=name)

    ids = keras.Input((None,), dtype="int32", name="token_ids")
    vectors = keras.layers.Embedding(7, 4, name="embedding")(ids)
    mask = keras.layers.Lambda(lambda one: one > 0, name="mask")(ids)
    sequence = nested("second")(nested("first")(vectors))
    trunk = keras.Model({"token_ids": ids}, {"sequence": sequence, "padding_mask": mask})
    target = mtl.MultiTaskModel(trunk, TOPIC)
    given = keras.Input((None,), dtype="int32", name="given")
    found = keras.layers.Embedding(7, 4, name="embedding")(given)
    plain = keras.Model(given, keras.layers.Dense(4, name="dense")(found))
    with pytest.raises(ValueError, match=r"one layer 'dense', for several of the model"):
        transfer.load_source(target, plain, tokenizer="same")


def test_a_plain_keras_model_needs_its_names_and_its_words():
    ids = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(7, 4, name="words")(ids)
    read = keras.layers.LSTM(3, name="reader")(vectors)
    plain = keras.Model(ids, keras.layers.Dense(1, name="out")(read))
    target = model_of(TARGET_WORDS, TOPIC)
    with pytest.raises(ValueError, match=r"has no layer 'embedding'"):
        transfer.load_source(target, plain)
    rename = {"words": "embedding", "reader": "lstm_1"}
    with pytest.raises(ValueError, match=r"which words .* pass `tokenizer=`"):
        transfer.load_source(target, plain, rename=rename)
    tokenizer = mtl.WordTokenizer(SOURCE_WORDS)
    report = transfer.load_source(target, plain, rename=rename, tokenizer=tokenizer)
    assert report.coverage == 1.0 and report.words.shared == 3
    rows = keras.ops.convert_to_numpy(plain.get_layer("words").embeddings)
    np.testing.assert_array_equal(rows_of(target)["wheat"], rows[6])
    with pytest.raises(ValueError, match=r"Did you mean 'reader'"):
        transfer.load_source(target, plain, rename={"readr": "lstm_1"})


def test_files_and_folders(tmp_path):
    source, target = model_of(SOURCE_WORDS, TONE), model_of(TARGET_WORDS, TOPIC, seed=1)
    source.save(tmp_path / "source.keras")
    source.save_weights(tmp_path / "source.weights.h5")
    expected = transfer.load_source(target, source)
    like = model_of(SOURCE_WORDS, TONE, seed=2)
    for name, options in (("source.keras", {}), ("source.weights.h5", {"like": like})):
        again = model_of(TARGET_WORDS, TOPIC, seed=3)
        report = transfer.load_source(again, tmp_path / name, **options)
        assert report.variables[:4] == expected.variables[:4]
        one, other = rows_of(again), rows_of(target)
        assert all(np.array_equal(one[word], other[word]) for word in TARGET_WORDS)


def test_weights_of_layers_of_another_name_are_refused(tmp_path):
    """Two dense layers of one shape, the other way round: Keras would load them in order."""

    def plain(first, second):
        ids = keras.Input((4,))
        one = keras.layers.Dense(4, name=first)(ids)
        return keras.Model(ids, keras.layers.Dense(4, name=second)(one))

    plain("reads", "writes").save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(ValueError, match=r"has \('reads'.*the model \('writes'"):
        transfer.open_source(tmp_path / "w.weights.h5", like=plain("writes", "reads"))
    with pytest.raises(ValueError, match=r"without `like`"):
        transfer.open_source(tmp_path / "w.weights.h5")


def test_broken_and_missing_sources(tmp_path):
    model = model_of(SOURCE_WORDS, TONE)
    model.save(tmp_path / "whole.keras")
    data = (tmp_path / "whole.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(ValueError, match=r"cut.keras' must be a model.*cut short"):
        transfer.open_source(tmp_path / "cut.keras")
    with pytest.raises(FileNotFoundError, match=r"nothing is there"):
        transfer.open_source(tmp_path / "none.keras")
    with pytest.raises(FileNotFoundError, match=r"has none of bundle.json"):
        transfer.open_source(tmp_path / "empty")
    with pytest.raises(ValueError, match=r"the file '.*notes.txt'"):
        transfer.open_source(tmp_path / "notes.txt")
    with pytest.raises(TypeError, match=r"Received: 3 of type int"):
        transfer.open_source(3)


def test_a_model_of_a_newer_keras_is_told(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "new.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "99.0.0"}))
    with pytest.raises(ValueError, match=r"written by Keras 99.0.0.*upgrade Keras"):
        transfer.open_source(tmp_path / "new.keras")


def test_the_tokenizer_is_taken_over():
    source = model_of(SOURCE_WORDS, TONE)
    other = model_of(SOURCE_WORDS[::-1], TOPIC, seed=1)
    report = transfer.load_source(other, source, take_tokenizer=True)
    assert other.preprocessor is source.preprocessor
    assert status(report)["trunk/embedding/embeddings"] == "loaded"
    with pytest.raises(ValueError, match=r"a row for each word of the source, 7.*one of 8 rows"):
        transfer.load_source(model_of(TARGET_WORDS, TOPIC), source, take_tokenizer=True)


def test_what_was_opened_can_be_looked_at_first():
    source = transfer.open_source(model_of(SOURCE_WORDS, TONE))
    assert isinstance(source, Source)
    trunk = mtl.trunks.lstm(source.tokenizer, embedding_dim=4, units=3)
    model = mtl.MultiTaskModel(trunk, TOPIC)
    assert transfer.load_source(model, source).coverage == 1.0
