import functools

import pytest

from keras_mtl import trunks
from tests.contracts import VOCABULARY_SIZE, check_trunk

pytestmark = pytest.mark.any_backend


# A pretrained one takes a folder: `test_pretrained`.
@pytest.mark.parametrize("name", sorted(set(trunks.__all__) - {"pretrained"}))
def test_trunk_contract(name):
    check_trunk(functools.partial(getattr(trunks, name), VOCABULARY_SIZE))
