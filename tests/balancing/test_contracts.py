import keras
import pytest

from keras_mtl import balancing
from keras_mtl.balancing import LossBalancer
from tests.balancing.kinds import exported, made
from tests.contracts import check_balancer

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("kind", exported(LossBalancer))
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_balancer_contract(kind, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        check_balancer(made(kind))
    finally:
        keras.config.set_dtype_policy(before)


def test_there_are_balancers_to_check():
    assert balancing.EqualWeighting in exported(LossBalancer)
