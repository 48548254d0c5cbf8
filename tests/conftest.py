"""Settings of all tests, and fixtures of several."""

import os

import hypothesis
import pytest

# The same examples on every machine, however slow it is.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

# Files of a minute or more, the longest first: begun last, one would run on when all else is done.
LONGEST = (
    "test_engines.py",
    "test_replicas.py",
    "test_stopped_together.py",
    "test_documents.py",
    "test_examples.py",
    "test_transcript.py",
    "test_determinism.py",
)


def pytest_collection_modifyitems(items):
    """Begin with the longest files; without the real datasets, skip what needs them."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))
    if not os.path.isdir(os.environ.get("KERAS_MTL_DATA") or ""):
        for item in items:
            if item.get_closest_marker("real_data"):
                item.add_marker(pytest.mark.skip(reason="KERAS_MTL_DATA names no folder"))


@pytest.fixture
def small_datasets(tmp_path, monkeypatch):
    """Small made-up sets under the names of the real ones, in an empty working folder."""
    from tests.small_datasets import write_small_datasets

    write_small_datasets(tmp_path / "data")
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path / "data"))
    (tmp_path / "saved_models").mkdir()
    monkeypatch.chdir(tmp_path)
