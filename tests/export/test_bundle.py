import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import keras_mtl as mtl
from keras_mtl.export import BundleError, load_manifest, verify


@pytest.fixture
def bundle(bundles: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundles["bag"], tmp_path / "bundle"))


def rewrite(bundle: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    manifest = json.loads((bundle / "bundle.json").read_text("utf-8"))
    change(manifest)
    (bundle / "bundle.json").write_text(json.dumps(manifest), "utf-8")


def test_a_whole_bundle_is_verified(bundle: Path) -> None:
    assert verify(str(bundle)) == load_manifest(bundle)


def test_there_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="must be a bundle.*Received: nothing. Check the path"):
        verify(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="Received: a folder without bundle.json"):
        verify(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match="Received: a file"):
        verify(tmp_path / "file")


@pytest.mark.parametrize(
    "name", ["model.keras", "tokenizer.json", "saved_model/variables/variables.index"]
)
class TestFiles:
    def test_missing(self, bundle: Path, name: str) -> None:
        (bundle / name).unlink()
        with pytest.raises(BundleError, match=f"bundle/{name}' is missing.*5 of the 6 files"):
            verify(bundle)

    def test_one_byte_changed(self, bundle: Path, name: str) -> None:
        content = bytearray((bundle / name).read_bytes())
        content[len(content) // 2] ^= 1
        (bundle / name).write_bytes(content)
        with pytest.raises(BundleError, match=f"bundle/{name}' has changed.*SHA-256 must be"):
            verify(bundle)

    @pytest.mark.parametrize("by", [-1, 1])
    def test_of_another_size(self, bundle: Path, name: str, by: int) -> None:
        content = (bundle / name).read_bytes()
        (bundle / name).write_bytes(content[:by] if by < 0 else content + b"\0")
        size = f"must have {len(content):,} bytes.*Received: {len(content) + by:,} bytes"
        with pytest.raises(BundleError, match=f"bundle/{name}' {size}"):
            verify(bundle)

    def test_a_link(self, bundle: Path, name: str, tmp_path: Path) -> None:
        (bundle / name).rename(tmp_path / "elsewhere")
        (bundle / name).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(BundleError, match=f"plain files.*bundle/{name}', a link"):
            verify(bundle)


def test_a_file_that_is_not_listed(bundle: Path) -> None:
    (bundle / "saved_model" / "assets" / "more.pb").touch()
    with pytest.raises(BundleError, match="no other.*saved_model/assets/more.pb', not listed"):
        verify(bundle)


def test_a_folder_that_is_a_link(bundle: Path, tmp_path: Path) -> None:
    (bundle / "saved_model" / "more").symlink_to(tmp_path)
    with pytest.raises(BundleError, match="saved_model/more', a link"):
        verify(bundle)


def test_empty_folders_do_not_count(bundle: Path) -> None:
    # Archives and object stores do not keep them.
    (bundle / "saved_model" / "assets").rmdir()
    verify(bundle)


def test_a_manifest_cut_short_anywhere(bundle: Path) -> None:
    content = (bundle / "bundle.json").read_bytes()
    for length in range(0, len(content) - 2, 97):
        (bundle / "bundle.json").write_bytes(content[:length])
        with pytest.raises(BundleError, match=r"bundle.json' must be the JSON.*damaged"):
            verify(bundle)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000, b"{,}"])
def test_a_manifest_that_is_no_json(bundle: Path, content: bytes) -> None:
    (bundle / "bundle.json").write_bytes(content)
    with pytest.raises(BundleError, match="damaged"):
        load_manifest(bundle)


@pytest.mark.parametrize("content", ["[]", "3", "{}", '{"format": "1"}', '{"format": true}'])
def test_a_manifest_without_format(bundle: Path, content: str) -> None:
    (bundle / "bundle.json").write_text(content)
    with pytest.raises(BundleError, match="with a `format` of 1 or more. Received: format="):
        load_manifest(bundle)


def test_a_newer_format(bundle: Path) -> None:
    (bundle / "bundle.json").write_text('{"format": 3, "versions": {"keras_mtl": "9.1"}}')
    expected = (
        rf"written by keras_mtl 9.1, format 3; this is keras_mtl {mtl.__version__}, which reads "
        "up to format 1. Upgrade"
    )
    with pytest.raises(BundleError, match=expected):
        verify(bundle)
    (bundle / "bundle.json").write_text('{"format": 3}')
    with pytest.raises(BundleError, match="written by keras_mtl of no known version, format 3"):
        verify(bundle)


def test_a_bundle_of_before_there_was_cleaning(bundle: Path) -> None:
    rewrite(bundle, lambda manifest: manifest.pop("outside_graph"))
    assert verify(bundle)["outside_graph"] == []
    rewrite(bundle, lambda manifest: manifest.update(outside_graph="unicode"))
    with pytest.raises(BundleError, match="`outside_graph` in .*must be a JSON list"):
        verify(bundle)


@pytest.mark.parametrize("field", ["versions", "tasks", "signatures", "files"])
def test_a_field_that_is_missing_or_wrong(bundle: Path, field: str) -> None:
    rewrite(bundle, lambda manifest: manifest.update({field: "text"}))
    with pytest.raises(BundleError, match=f"`{field}` in .*must be a JSON.*Received: {field}='t"):
        load_manifest(bundle)
    rewrite(bundle, lambda manifest: manifest.pop(field))
    with pytest.raises(BundleError, match=f"Received: {field}=None"):
        load_manifest(bundle)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "a//x", "./x", "", ".", "C:x", "a\\x", "bundle.json"]
)
def test_a_name_that_leads_out(bundle: Path, name: str) -> None:
    entry = {"sha256": "0" * 64, "bytes": 0}
    rewrite(bundle, lambda manifest: manifest["files"].update({name: entry}))
    with pytest.raises(BundleError, match="must name files inside the bundle"):
        verify(bundle)


@pytest.mark.parametrize(
    "entry",
    [None, {}, {"sha256": "0" * 64}, {"sha256": "g" * 64, "bytes": 1}, {"sha256": 1, "bytes": 1},
     {"sha256": "0" * 64, "bytes": -1}, {"sha256": "0" * 64, "bytes": True}],
)  # fmt: skip
def test_an_entry_that_is_no_checksum(bundle: Path, entry: Any) -> None:
    rewrite(bundle, lambda manifest: manifest["files"].update({"model.keras": entry}))
    with pytest.raises(BundleError, match="must give `sha256` and `bytes` of 'model.keras'"):
        verify(bundle)


@pytest.mark.parametrize("name", ["model.keras", "saved_model/saved_model.pb"])
def test_a_file_that_every_bundle_lists(bundle: Path, name: str) -> None:
    rewrite(bundle, lambda manifest: manifest["files"].pop(name))
    with pytest.raises(BundleError, match=f"must list '{name}', which every bundle has"):
        verify(bundle)
