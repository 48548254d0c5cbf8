"""Every kind of source, and what is wrong with it."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl import transfer
from keras_mtl.training import BestAndLast
from tests.transfer.test_loading import SOURCE_WORDS, TARGET_WORDS, TONE, TOPIC, model_of, rows_of
from tests.trunks.tiny_bert import PIECES, write_tiny_bert


def taken(source, **options):
    """The rows of the words that both know, and the report."""
    target = model_of(TARGET_WORDS, TOPIC, seed=4)
    report = transfer.load_source(target, source, **options)
    rows = rows_of(target)
    return {word: rows[word] for word in set(SOURCE_WORDS) & set(TARGET_WORDS)}, report


def test_a_bundle_and_a_damaged_one(tmp_path):
    source = model_of(SOURCE_WORDS, TONE)
    mtl.export(source, tmp_path / "bundle")
    rows, report = taken(tmp_path / "bundle")
    theirs = rows_of(source)
    assert report.coverage == 1.0 and report.words.shared == 3
    assert all(np.array_equal(rows[word], theirs[word]) for word in rows)
    model = tmp_path / "bundle" / "model.keras"
    model.write_bytes(model.read_bytes()[:-10])
    with pytest.raises(mtl.BundleError, match=r"model.keras' must have .* bytes"):
        transfer.open_source(tmp_path / "bundle")
    manifest = tmp_path / "bundle" / "bundle.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(mtl.BundleError, match=r"format 99.*Upgrade keras_mtl"):
        transfer.open_source(tmp_path / "bundle")


def test_a_folder_of_checkpoints(tmp_path):
    source = model_of(SOURCE_WORDS, TONE)
    source.compile(keras.optimizers.Adam(0.1))
    source.fit(
        ["good film", "bad film"] * 4,
        {"tone": ["pos", "neg"] * 4},
        batch_size=4,
        epochs=2,
        verbose=0,
        callbacks=[BestAndLast(tmp_path / "kept")],
    )
    rows, _ = taken(tmp_path / "kept", checkpoint="last")
    theirs = rows_of(source)
    assert all(np.array_equal(rows[word], theirs[word]) for word in rows)


def test_a_pretrained_folder_into_a_model_built_on_another(tmp_path):
    folder = write_tiny_bert(tmp_path / "one")
    target = mtl.MultiTaskModel(
        mtl.trunks.pretrained(write_tiny_bert(tmp_path / "other", seed=1)), TOPIC
    )
    report = transfer.load_source(target, folder)
    assert report.coverage == 1.0 and report.words is None
    expected = mtl.trunks.pretrained(folder)
    for mine, theirs in zip(target.trunk.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_pretrained_folder_with_other_pieces_is_refused(tmp_path):
    """As many pieces, in another order: the same shape, other words."""
    folder, other = write_tiny_bert(tmp_path / "one"), write_tiny_bert(tmp_path / "other")
    pieces = [*PIECES[:5], *reversed(PIECES[5:])]
    (other / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf-8")
    target = mtl.MultiTaskModel(mtl.trunks.pretrained(other), TOPIC)
    with pytest.raises(ValueError, match=r"other pieces of words than the source's"):
        transfer.load_source(target, folder)


def test_fewer_blocks_than_the_source_are_refused(tmp_path):
    folder = write_tiny_bert(tmp_path / "two")
    other = write_tiny_bert(tmp_path / "one", num_hidden_layers=1)
    target = mtl.MultiTaskModel(mtl.trunks.pretrained(other), TOPIC)
    with pytest.raises(ValueError, match=r"the model has no layer 'encoder/transformer_layer_1'"):
        transfer.load_source(target, folder)
