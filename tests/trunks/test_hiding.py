import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from keras_mtl.trunks.hiding import HideTokens
from tests.contracts import arrays, check_trunk
from tests.figures import at_most
from tests.trunks.tiny_bert import PIECES, write_tiny_bert

pytestmark = pytest.mark.any_backend

IDS = np.tile(np.array([[2, 5, 6, 7, 3, 0, 0]], "int32"), (400, 100))


def hidden(rate, ids=IDS, training=True):
    layer = HideTokens(rate, token=4, kept=(2, 3))
    return np.asarray(ops.convert_to_numpy(layer(ops.array(ids), training=training)))


def test_so_many_tokens_are_hidden_and_none_that_frame_a_text():
    keras.utils.set_random_seed(0)
    found = hidden(0.3)
    assert found.dtype == IDS.dtype
    frames = np.isin(IDS, (0, 2, 3))
    np.testing.assert_array_equal(found[frames], IDS[frames])
    changed = found != IDS
    assert set(found[changed]) == {4}
    # The standard deviation of the share of 120,000 is .0013.
    at_most("share of hidden tokens from .3", abs(changed[~frames].mean() - 0.3), 0.006)


def test_other_tokens_are_hidden_each_time():
    layer = HideTokens(0.5, token=4)
    one, other = (ops.convert_to_numpy(layer(IDS, training=True)) for _ in range(2))
    assert (one != other).any()


@pytest.mark.parametrize("training", [False, None])
def test_nothing_is_hidden_outside_training(training):
    np.testing.assert_array_equal(hidden(0.9, training=training), IDS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


def test_an_encoder_hides_behind_its_own_mask(folder):
    trunk = mtl.trunks.pretrained(folder, word_dropout=0.25)
    layer = trunk.get_layer("hidden")
    assert PIECES[layer.token] == "[MASK]"
    assert [PIECES[number] for number in layer.kept] == ["[CLS]", "[SEP]"]
    assert "hidden" not in [layer.name for layer in mtl.trunks.pretrained(folder).layers]


def test_trunk_contract(folder):
    check_trunk(lambda: mtl.trunks.pretrained(folder, dropout=0.0, word_dropout=0.1))


def test_all_hidden_but_in_training_the_features_are_the_same(folder):
    plain, hiding = (
        mtl.trunks.pretrained(folder, dropout=0.0, word_dropout=rate) for rate in (0.0, 0.99)
    )
    x = {"token_ids": IDS[:2, :7]}
    same, other = (arrays(hiding(x, training=training))["sequence"] for training in (False, True))
    np.testing.assert_allclose(same, arrays(plain(x))["sequence"], atol=1e-6)
    assert np.abs(same - other).max() > 0.01


def test_a_tokenizer_without_a_mask_hides_behind_the_unknown():
    tokenizer = mtl.SubwordTokenizer.wordpiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"])
    assert tokenizer.mask_id == 1 and tokenizer.frame == ([2], [3])


def test_a_share_out_of_range(folder):
    with pytest.raises(ValueError, match=r"`word_dropout` of 'pretrained' trunks must be a share"):
        mtl.trunks.pretrained(folder, word_dropout=1.0)
