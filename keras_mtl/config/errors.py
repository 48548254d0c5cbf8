"""What a run file can get wrong."""


class ConfigError(ValueError):
    """A run file, or an argument that changes it, is not as it must be."""
