import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_mtl as mtl
from keras_mtl.export import export
from keras_mtl.serving import Predictor
from tests.figures import at_most

# With TensorFlow alone: importing Keras or this package is an error there.
SERVE = """
import json, sys
sys.modules.update({"keras": None, "keras_mtl": None})
import tensorflow as tf

texts = json.load(open("texts.json"))
found = {}
for name in sys.argv[1:]:
    loaded = tf.saved_model.load(f"{name}/saved_model")
    found[name] = {}
    for signature in ("serving_default", "sentiment", "topic"):
        outputs = loaded.signatures[signature](texts=tf.constant(texts))
        found[name][signature] = {task: rows.numpy().tolist() for task, rows in outputs.items()}
print(json.dumps(found))
"""
LOAD_KERAS = """
import json, sys
import keras, keras_mtl

texts = json.load(open("texts.json"))
found = {}
for name in sys.argv[1:]:
    predictions = keras.models.load_model(f"{name}/model.keras").predict(texts, verbose=0)
    found[name] = {task: rows.tolist() for task, rows in predictions.items()}
print(json.dumps(found))
"""


def run_beside(bundles: dict[str, Path], texts: list[str], script: str) -> Any:
    folder = bundles["lstm"].parent
    (folder / "texts.json").write_text(json.dumps(texts))
    command = [sys.executable, "-c", script, *bundles]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def assert_equal(found: Any, expected: dict[str, np.ndarray], what: str) -> None:
    assert set(found) == set(expected)
    for task, rows in expected.items():
        apart = float(np.abs(np.array(found[task]) - rows).max())
        at_most(f"{what}, {task}: apart from the model", apart, 1e-6)


def test_tensorflow_alone_predicts_the_same(
    models: dict[str, mtl.MultiTaskModel], bundles: dict[str, Path], texts: list[str]
) -> None:
    found = run_beside(bundles, texts, SERVE)
    for name, model in models.items():
        expected = model.predict(texts, verbose=0)
        assert np.ptp(expected["topic"], axis=0).max() > 0.05
        assert_equal(found[name].pop("serving_default"), expected, f"SavedModel alone, {name}")
        for task, outputs in found[name].items():
            assert_equal(outputs, {task: expected[task]}, f"SavedModel of one task, {name}")


def test_the_keras_file_predicts_the_same_in_a_fresh_process(
    models: dict[str, mtl.MultiTaskModel], bundles: dict[str, Path], texts: list[str]
) -> None:
    found = run_beside(bundles, texts, LOAD_KERAS)
    for name, model in models.items():
        assert_equal(found[name], model.predict(texts, verbose=0), f".keras anew, {name}")


def test_the_predictor_predicts_the_same(
    models: dict[str, mtl.MultiTaskModel], bundles: dict[str, Path], texts: list[str]
) -> None:
    for name, model in models.items():
        found = Predictor(bundles[name]).predict(texts)
        assert_equal(found, model.predict(texts, verbose=0), f"Predictor, {name}")


@pytest.mark.parametrize("name", ["lstm", "bag"])
class TestSignatures:
    @pytest.fixture
    def loaded(self, bundles: dict[str, Path], name: str) -> Any:
        return tf.saved_model.load(str(bundles[name] / "saved_model"))

    def test_names_and_shapes(self, loaded: Any) -> None:
        signatures = loaded.signatures
        assert set(signatures) == {"serving_default", "sentiment", "topic", "token_ids"}
        texts = tf.TensorSpec([None], tf.string, name="texts")
        ids = tf.TensorSpec([None, None], tf.int32, name="token_ids")
        assert signatures["topic"].structured_input_signature == ((), {"texts": texts})
        assert signatures["token_ids"].structured_input_signature == ((), {"token_ids": ids})
        assert signatures["token_ids"].structured_outputs["topic"].shape.as_list() == [None, 3]

    def test_ids_give_what_texts_give_however_padded(
        self, loaded: Any, name: str, models: dict[str, mtl.MultiTaskModel], texts: list[str]
    ) -> None:
        expected = models[name].predict(texts, verbose=0)
        ids = models[name].preprocessor(texts)["token_ids"]
        for extra in (0, 23):
            padded = tf.constant(np.pad(ids, [(0, 0), (0, extra)]))
            found = loaded.signatures["token_ids"](token_ids=padded)
            assert_equal({task: found[task] for task in expected}, expected, f"padded by {extra}")

    @pytest.mark.parametrize("batch", [[], [""], ["", ""]])
    def test_no_text_and_no_word(self, loaded: Any, batch: list[str]) -> None:
        found = loaded.signatures["serving_default"](texts=tf.constant(batch, tf.string))
        assert found["topic"].shape == (len(batch), 3)
        np.testing.assert_allclose(tf.reduce_sum(found["topic"], 1), np.ones(len(batch)), 1e-6)

    def test_nothing_of_training_is_in_it(
        self, loaded: Any, name: str, models: dict[str, mtl.MultiTaskModel]
    ) -> None:
        weights = models[name].trainable_variables
        assert sorted(tuple(one.shape) for one in loaded.weights) == sorted(
            tuple(one.shape) for one in weights
        )


def test_serves_without_a_gpu_what_was_exported_with_one(
    models: dict[str, mtl.MultiTaskModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models["lstm"]
    layers = [one for one in model.trunk.layers if isinstance(one, keras.layers.LSTM)]
    real = tf.config.list_logical_devices

    def with_a_gpu(kind: str | None = None) -> Any:
        return ["a GPU"] if kind == "GPU" else real(kind)

    # Keras takes cuDNN's operations when it sees a GPU; this machine could not run them.
    with monkeypatch.context() as patch:
        patch.setattr(tf.config, "list_logical_devices", with_a_gpu)
        bundle = export(model, tmp_path / "bundle")
    assert [layer.use_cudnn for layer in layers] == ["auto"] * 4
    loaded = tf.saved_model.load(str(bundle / "saved_model"))
    found = loaded.signatures["serving_default"](texts=tf.constant(["a dull film"]))
    assert_equal(found, model.predict(["a dull film"], verbose=0), "exported with a GPU")


def test_a_model_without_tokenizer_reads_ids_only(tmp_path: Path) -> None:
    model = mtl.MultiTaskModel(mtl.trunks.bag(20, 4), mtl.classification("topic", ["a", "b"]))
    bundle = export(model, tmp_path / "bundle")
    loaded = tf.saved_model.load(str(bundle / "saved_model"))
    ids = np.array([[3, 4, 0]], np.int32)
    assert set(loaded.signatures) == {"token_ids"}
    assert_equal(
        loaded.signatures["token_ids"](token_ids=tf.constant(ids)),
        model.predict({"token_ids": ids}, verbose=0),
        "ids only",
    )
    assert not (bundle / "tokenizer.json").exists()
