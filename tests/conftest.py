"""Settings of all tests, and fixtures of several."""

import hypothesis
import pytest

# The same examples on every machine, however slow it is.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture
def small_datasets(tmp_path, monkeypatch):
    """Small made-up sets under the names of the real ones, in an empty working folder."""
    from tests.small_datasets import write_small_datasets

    write_small_datasets(tmp_path / "data")
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path / "data"))
    (tmp_path / "saved_models").mkdir()
    monkeypatch.chdir(tmp_path)
