"""What the commands of `keras-mtl` do."""

from keras_mtl.cli.running import find_devices, run_command

__all__ = ["find_devices", "run_command"]
