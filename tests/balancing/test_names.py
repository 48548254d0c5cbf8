import inspect

import keras
import pytest
from keras import ops

from keras_mtl import balancing
from keras_mtl.balancing import EqualWeighting, LossBalancer
from keras_mtl.balancing.names import NAMES

pytestmark = pytest.mark.any_backend


class Largest(LossBalancer):
    """A user's own, registered nowhere."""

    def call(self, losses, present):
        return ops.max(losses)


def test_an_instance_is_taken_as_it_is():
    own = Largest()
    assert balancing.get(own) is own
    assert float(own(ops.array([1.0, 3.0]), present=ops.ones(2))) == 3.0


def test_a_name_gives_a_new_balancer_each_time():
    first, second = balancing.get("equal"), balancing.get("equal")
    assert type(first) is EqualWeighting and first is not second


def test_a_config_gives_an_equal_balancer():
    config = keras.saving.serialize_keras_object(EqualWeighting(name="mine"))
    copy = balancing.get(config)
    assert type(copy) is EqualWeighting and copy.name == "mine"


def test_every_exported_balancer_has_a_name():
    exported = [getattr(balancing, name) for name in balancing.__all__]
    kinds = {one for one in exported if isinstance(one, type) and not inspect.isabstract(one)}
    assert kinds == set(NAMES.values())


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="Received: balancer='equl'.* Did you mean 'equal'"):
        balancing.get("equl")


@pytest.mark.parametrize("wrong", [EqualWeighting, None, 3, keras.layers.Dense(1)])
def test_what_is_no_balancer_is_refused(wrong):
    with pytest.raises(TypeError, match="`balancer` must be a name, a LossBalancer"):
        balancing.get(wrong)


def test_the_config_of_something_else_is_refused():
    with pytest.raises(TypeError, match="`balancer` must be"):
        balancing.get(keras.saving.serialize_keras_object(keras.layers.Dense(1)))


def test_the_base_class_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        LossBalancer()
