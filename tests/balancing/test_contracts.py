import keras
import pytest

import keras_mtl as mtl
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


def test_a_balancer_of_other_tasks_is_refused_where_it_has_learned():
    def model_of(*names):
        tasks = [mtl.classification(name, ("no", "yes")) for name in names]
        return mtl.MultiTaskModel(mtl.trunks.bag(20, 4, bigram_buckets=0), tasks)

    learned, plain = balancing.UncertaintyWeighting(), balancing.EqualWeighting()
    for balancer in (learned, plain):
        for _ in range(2):  # To compile a model again is no other model.
            model_of("a", "b").compile("sgd", balancer=balancer)
    message = "must be a new UncertaintyWeighting for each model. Received: one of tasks 'a', 'b'"
    for names in (("a", "b", "c"), ("a", "c")):
        with pytest.raises(ValueError, match=message):
            model_of(*names).compile("sgd", balancer=learned)
        model_of(*names).compile("sgd", balancer=plain)
