"""What cleaning steps become in a bundle: a part of its graph, or an error that names them."""

import dataclasses
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
from keras_mtl.data.text.cleaning import CleaningStep
from keras_mtl.export import export, load_manifest

TEXTS = ["The FILM, isn't it?<br />", "ｆｉｌｍ", "", "film"]
# With TensorFlow alone: importing Keras or this package is an error there.
SERVE = """
import json, sys
sys.modules.update({"keras": None, "keras_mtl": None})
import tensorflow as tf

loaded = tf.saved_model.load(sys.argv[1])
outputs = loaded.signatures["token_ids"](token_ids=tf.constant([[2, 0]]))
found = {"ids": outputs["topic"].shape.as_list()}
for name in ("serving_default", "topic"):
    for texts in (["a film", "x"], []):
        try:
            loaded.signatures[name](texts=tf.constant(texts, tf.string))
        except tf.errors.InvalidArgumentError as error:
            found[f"{name} {len(texts)}"] = str(error)
print(json.dumps(found))
"""


@keras.saving.register_keras_serializable(package="test_export_cleaning")
@dataclasses.dataclass(frozen=True)
class WithoutHashes(CleaningStep):
    def __call__(self, text: str) -> str:
        return text.replace("#", "")


def exported(cleaning: list[Any], path: Path) -> tuple[mtl.MultiTaskModel, Path]:
    tokenizer = mtl.WordTokenizer.fit(["film"], cleaning=cleaning)
    trunk = mtl.trunks.bag(tokenizer, 4, bigram_buckets=0)
    model = mtl.MultiTaskModel(trunk, mtl.classification("topic", ["a", "b"]))
    for variable in model.trainable_variables:
        variable.assign(np.random.default_rng(0).normal(size=variable.shape))
    return model, export(model, path)


def test_steps_that_a_graph_has_are_in_it(tmp_path: Path) -> None:
    steps = ["markup", "lowercase", "punctuation", "stop_words"]
    model, bundle = exported(steps, tmp_path / "bundle")
    assert load_manifest(bundle)["outside_graph"] == []
    loaded = tf.saved_model.load(str(bundle / "saved_model"))
    found = loaded.signatures["topic"](texts=tf.constant(TEXTS))["topic"].numpy()
    np.testing.assert_allclose(found, model.predict(TEXTS, verbose=0)["topic"], atol=1e-6)
    # Cleaned, the first text is nothing but a film.
    np.testing.assert_allclose(found[0], found[3], atol=1e-6)
    assert np.abs(found[2] - found[3]).max() > 0.01


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    steps = ["unicode", "lowercase", WithoutHashes()]
    return exported(steps, tmp_path_factory.mktemp("bundles") / "bundle")[1]


class TestStepsThatNoGraphHas:
    def test_are_in_the_manifest(self, bundle: Path) -> None:
        manifest = load_manifest(bundle)
        assert manifest["outside_graph"] == ["unicode", "test_export_cleaning>WithoutHashes"]
        assert manifest["signatures"]["topic"] == manifest["signatures"]["serving_default"]
        assert (bundle / "tokenizer.json").exists()

    def test_are_named_by_the_signatures_on_texts_with_tensorflow_alone(self, bundle: Path) -> None:
        command = [sys.executable, "-c", SERVE, str(bundle / "saved_model")]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        found = json.loads(result.stdout)
        assert found.pop("ids") == [1, 2]
        assert list(found) == [
            "serving_default 2",
            "serving_default 0",
            "topic 2",
            "topic 0",
        ]
        for message in found.values():
            assert "unicode, test_export_cleaning>WithoutHashes of its tokenizer" in message
            assert "Send token ids to the signature token_ids, or" in message
            assert "keras_mtl.Predictor" in message

    def test_leave_the_shapes_of_the_signatures_as_they_are(self, bundle: Path) -> None:
        signature = tf.saved_model.load(str(bundle / "saved_model")).signatures["topic"]
        texts = tf.TensorSpec([None], tf.string, name="texts")
        assert signature.structured_input_signature == ((), {"texts": texts})
        assert signature.structured_outputs["topic"].shape.as_list() == [None, 2]

    def test_come_back_with_the_keras_file(self, bundle: Path) -> None:
        model = keras.models.load_model(bundle / "model.keras")
        assert model.preprocessor.tokens("ＦＩ#ＬＭ") == ["film"]
