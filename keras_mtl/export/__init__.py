"""Bundles: one folder with a model, its SavedModel, tokenizer, label names and checksums."""

from keras_mtl.export.bundle import load_manifest, verify
from keras_mtl.export.errors import BundleError
from keras_mtl.export.exporter import export

__all__ = ["BundleError", "export", "load_manifest", "verify"]
