import pytest
from keras import ops

from keras_mtl.balancing import EqualWeighting

pytestmark = pytest.mark.any_backend


def test_the_plain_sum_by_hand():
    balancer = EqualWeighting()
    assert float(balancer(ops.array([2.0, 4.0, 0.5]), present=ops.ones(3))) == 6.5
    assert float(balancer(ops.array([2.0, 0.0]), present=ops.array([1.0, 0.0]))) == 2.0
    assert not balancer.weights
