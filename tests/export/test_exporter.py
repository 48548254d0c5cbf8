import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.export import BundleError, export, exporter, load_manifest, verify

FILES = [
    "bundle.json",
    "model.keras",
    "saved_model/fingerprint.pb",
    "saved_model/saved_model.pb",
    "saved_model/variables/variables.data-00000-of-00001",
    "saved_model/variables/variables.index",
    "tokenizer.json",
]


FIELDS = ("format", "versions", "tasks", "signatures", "outside_graph", "files")


def files_below(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


@pytest.fixture
def quick_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the folder: the SavedModel is only a name."""

    def write(model: Any, path: Path) -> dict[str, list[str]]:
        path.mkdir()
        (path / "saved_model.pb").write_bytes(b"program")
        return {}

    monkeypatch.setattr(exporter, "write_saved_model", write)


@pytest.mark.parametrize("name", ["lstm", "bag"])
def test_the_bundle_holds_what_it_should_and_nothing_pickled(
    bundles: dict[str, Path], name: str
) -> None:
    assert files_below(bundles[name]) == FILES
    assert list(verify(bundles[name])["files"]) == FILES[1:]


def test_the_manifest(bundles: dict[str, Path]) -> None:
    manifest = load_manifest(bundles["lstm"])
    assert list(manifest) == list(FIELDS)
    assert manifest["format"] == 1
    assert manifest["versions"]["keras_mtl"] == mtl.__version__
    assert manifest["versions"]["keras"] == keras.__version__
    assert [(task["name"], task["kind"]) for task in manifest["tasks"]] == [
        ("sentiment", "Classification"),
        ("topic", "Classification"),
    ]
    assert manifest["tasks"][1]["labels"] == ["business", "sports", "经济"]
    assert manifest["signatures"] == {
        "serving_default": ["texts"],
        "sentiment": ["texts"],
        "topic": ["texts"],
        "token_ids": ["token_ids"],
    }
    assert manifest["outside_graph"] == []
    assert "经济" in (bundles["lstm"] / "bundle.json").read_text(encoding="utf-8")


def test_the_tokenizer_comes_along(bundles: dict[str, Path], tokenizer: mtl.WordTokenizer) -> None:
    found = mtl.WordTokenizer.load(bundles["bag"] / "tokenizer.json")
    assert found.fingerprint == tokenizer.fingerprint


def test_training_goes_on_from_the_keras_file(
    bundles: dict[str, Path], models: dict[str, mtl.MultiTaskModel]
) -> None:
    model = keras.models.load_model(bundles["bag"] / "model.keras")
    assert int(model.optimizer.iterations) == int(models["bag"].optimizer.iterations) > 0
    before = np.array(model.trainable_variables[0])
    labels = {"sentiment": ["positive", "negative"], "topic": ["sports", "经济"]}
    model.fit(["a charming film", "a dull film"], labels, verbose=0)
    assert np.any(before != np.array(model.trainable_variables[0]))


@pytest.mark.usefixtures("quick_export")
class TestPath:
    @pytest.fixture
    def model(self, models: dict[str, mtl.MultiTaskModel]) -> mtl.MultiTaskModel:
        return models["bag"]

    def test_is_returned_and_may_be_a_str_below_new_folders(
        self, model: mtl.MultiTaskModel, tmp_path: Path
    ) -> None:
        path = tmp_path / "new" / "bundle"
        assert export(model, str(path)) == path
        verify(path)

    def test_must_not_exist(self, model: mtl.MultiTaskModel, tmp_path: Path) -> None:
        with pytest.raises(FileExistsError, match="must not exist yet.*overwrite=True"):
            export(model, tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_overwrite_replaces_a_bundle_damaged_or_not(
        self, model: mtl.MultiTaskModel, tmp_path: Path
    ) -> None:
        path = export(model, tmp_path / "bundle")
        (path / "tokenizer.json").unlink()
        (path / "model.keras").write_bytes(b"damaged")
        assert export(model, path, overwrite=True) == path
        verify(path)
        assert list(tmp_path.iterdir()) == [path]

    def test_overwrite_of_nothing_is_an_export(
        self, model: mtl.MultiTaskModel, tmp_path: Path
    ) -> None:
        verify(export(model, tmp_path / "bundle", overwrite=True))

    def test_overwrite_deletes_nothing_but_a_bundle(
        self, model: mtl.MultiTaskModel, tmp_path: Path
    ) -> None:
        thesis = tmp_path / "thesis.txt"
        thesis.write_text("years of work")
        with pytest.raises(BundleError, match="must be a bundle.*a folder without bundle.json"):
            export(model, tmp_path, overwrite=True)
        with pytest.raises(BundleError, match="must be a bundle.*a file"):
            export(model, thesis, overwrite=True)
        assert files_below(tmp_path) == ["thesis.txt"]

    def test_overwrite_deletes_no_file_put_into_a_bundle(
        self, model: mtl.MultiTaskModel, tmp_path: Path
    ) -> None:
        path = export(model, tmp_path / "bundle")
        (path / "notes.txt").write_text("mine")
        with pytest.raises(BundleError, match="notes.txt'. Move it away"):
            export(model, path, overwrite=True)
        assert (path / "notes.txt").read_text() == "mine"


@pytest.mark.usefixtures("quick_export")
class TestFailure:
    @pytest.mark.parametrize("step", ["write_saved_model", "task_entry", "write_manifest"])
    def test_in_the_middle_leaves_nothing(
        self,
        models: dict[str, mtl.MultiTaskModel],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
    ) -> None:
        def fail(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(exporter, step, fail)
            with pytest.raises(KeyboardInterrupt):
                export(models["bag"], tmp_path / "bundle")
            assert list(tmp_path.iterdir()) == []
        # And the bundle that was to be overwritten is still there.
        path = export(models["bag"], tmp_path / "bundle")
        written = (path / "bundle.json").read_bytes()
        monkeypatch.setattr(exporter, step, fail)
        with pytest.raises(KeyboardInterrupt):
            export(models["bag"], path, overwrite=True)
        verify(path)
        assert (path / "bundle.json").read_bytes() == written
        assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_ours_is_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    with pytest.raises(TypeError, match="MultiTaskModel. Received: <Sequential.*model.export"):
        export(model, tmp_path / "bundle")


def test_other_backends_are_told_the_way(
    models: dict[str, mtl.MultiTaskModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="'jax'. Save the model as .keras.*KERAS_BACKEND=tenso"):
        export(models["bag"], tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_has_a_stable_order(
    models: dict[str, mtl.MultiTaskModel], bundles: dict[str, Path]
) -> None:
    names = list(json.loads((bundles["bag"] / "bundle.json").read_text("utf-8"))["files"])
    assert names == sorted(names)
