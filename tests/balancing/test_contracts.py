import inspect

import keras
import pytest

from keras_mtl import balancing
from keras_mtl.balancing import LossBalancer
from tests.contracts import check_balancer

pytestmark = pytest.mark.any_backend


def exported() -> list[type[LossBalancer]]:
    found = [getattr(balancing, name) for name in balancing.__all__]
    kinds = [one for one in found if isinstance(one, type) and issubclass(one, LossBalancer)]
    return [kind for kind in kinds if not inspect.isabstract(kind)]


@pytest.mark.parametrize("kind", exported())
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_balancer_contract(kind, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        check_balancer(kind())
    finally:
        keras.config.set_dtype_policy(before)


def test_there_are_balancers_to_check():
    assert balancing.EqualWeighting in exported()
