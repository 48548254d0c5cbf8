import functools

import pytest

from keras_mtl import trunks
from tests.contracts import VOCABULARY_SIZE, check_trunk

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("name", trunks.__all__)
def test_trunk_contract(name):
    check_trunk(functools.partial(getattr(trunks, name), VOCABULARY_SIZE))
