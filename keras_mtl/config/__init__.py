"""Run files: YAML under a typed schema."""

from keras_mtl.config.errors import ConfigError
from keras_mtl.config.loading import load_config
from keras_mtl.config.run_config import RunConfig

__all__ = ["ConfigError", "RunConfig", "load_config"]
