"""What the tests of run files share."""

import pytest

from tests.config.small import write_run


@pytest.fixture
def run_file(tmp_path):
    """A small run file, with its tables beside it."""
    return write_run(tmp_path)
