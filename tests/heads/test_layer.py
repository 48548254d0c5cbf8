"""Heads that read another layer of the trunk than the last."""

import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.heads import ChainHead, PooledHead, WordHead
from tests.contracts import random_features

pytestmark = pytest.mark.any_backend


def features_with(layers, **others):
    """Random features of as many layers, the last of them also as `sequence`."""
    found = random_features()
    for number in range(1, layers + 1):
        found[f"sequence_{number}"] = found["sequence"] * number
    return {**found, "sequence": found[f"sequence_{layers}"], **others}


@pytest.mark.parametrize("head", [PooledHead(3, layer=2), WordHead(3, layer=2)])
def test_a_head_reads_its_layer(head):
    features = features_with(3)
    found = ops.convert_to_numpy(head(features))
    swapped = {**features, "sequence": features["sequence_2"]}
    kind = type(head)
    last = kind(3)
    last.build({name: one.shape for name, one in swapped.items()})
    last.set_weights(head.get_weights())
    np.testing.assert_array_equal(found, ops.convert_to_numpy(last(swapped)))
    assert np.abs(found - ops.convert_to_numpy(last(features))).max() > 0.01


def test_a_layer_is_pooled_even_where_the_trunk_has_pooled_its_last():
    features = features_with(2, pooled=ops.ones((5, 7)))
    head = PooledHead(3, layer=1)
    head(features)
    assert head.scores.kernel.shape == (4, 3)


def test_a_layer_survives_saving():
    for head in (PooledHead(3, layer=2), WordHead(3, layer=2), ChainHead(3, layer=2)):
        assert type(head).from_config(head.get_config()).layer == 2


@pytest.mark.parametrize(
    ("layers", "message"),
    [(3, "layer=4, and a trunk that gives layers 1 to 3"), (0, "gives its last layer only")],
)
def test_a_layer_that_the_trunk_does_not_have(layers, message):
    features = features_with(layers) if layers else random_features()
    for task in (
        mtl.classification("topic", ["a", "b"], layer=4),
        mtl.tagging("tags", ["a", "b"], scheme="plain", layer=4),
        mtl.tagging("chain", ["a", "b"], scheme="plain", crf=True, layer=4),
    ):
        with pytest.raises(ValueError, match=f"'{task.name}_head'.*{message}"):
            task.head()(features)


@pytest.mark.parametrize("layer", [0, -1, True, 1.0, "4"])
def test_a_layer_without_a_number(layer):
    with pytest.raises(ValueError, match="`layer` of task 'topic' must be the number of a layer"):
        mtl.classification("topic", ["a", "b"], layer=layer)
    with pytest.raises(ValueError, match="`layer` of task 'tags' must be the number of a layer"):
        mtl.tagging("tags", ["a", "b"], scheme="plain", layer=layer)
