"""The one error of bundles."""


class BundleError(ValueError):
    """A bundle that is missing, damaged, changed, or of a format not known here."""
