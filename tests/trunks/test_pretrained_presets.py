"""Presets as KerasHub keeps them: its own tokenizer and features are the oracle."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_mtl as mtl
from tests.trunks.tiny_bert import PIECES

TEXTS = ["fly to new york", "Flying from boston on friday!", "a", ""]
SIZES = {"num_layers": 2, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 16}


def bert():
    import keras_hub

    tokenizer = keras_hub.models.BertTokenizer(PIECES, lowercase=True)
    return keras_hub.models.BertBackbone(len(PIECES), **SIZES, max_sequence_length=32), tokenizer


def roberta():
    import keras_hub

    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters, "Ġ"]
    merges = [("f", "l"), ("fl", "y"), ("Ġ", "t"), ("Ġt", "o"), ("Ġ", "n"), ("e", "w")]
    pieces += ["".join(pair) for pair in merges]
    numbers = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = keras_hub.models.RobertaTokenizer(numbers, [" ".join(pair) for pair in merges])
    return keras_hub.models.RobertaBackbone(len(pieces), **SIZES, max_sequence_length=64), tokenizer


@pytest.mark.parametrize("make", [bert, roberta])
def test_ids_and_features_are_those_of_the_preset(make, tmp_path):
    keras.utils.set_random_seed(0)
    backbone, tokenizer = make()
    backbone.save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    trunk = mtl.trunks.pretrained(tmp_path)
    begin, end = (
        (tokenizer.cls_token_id, tokenizer.sep_token_id)
        if make is bert
        else (tokenizer.start_token_id, tokenizer.end_token_id)
    )
    own = trunk.preprocessor(TEXTS)["token_ids"]
    found = ops.convert_to_numpy(trunk({"token_ids": own})["sequence"])
    for row, text in enumerate(TEXTS):
        ids = np.array([[begin, *np.asarray(tokenizer(text)).tolist(), end]], np.int32)
        length = int((own[row] > 0).sum())
        assert length == ids.shape[1]
        inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
        if "segment_ids" in backbone.input:
            inputs["segment_ids"] = np.zeros_like(ids)
        expected = backbone(inputs)
        expected = expected["sequence_output"] if isinstance(expected, dict) else expected
        by_words = trunk.preprocessor.encode_words([[text]] if text else [[]])["token_ids"]
        assert by_words.row(0).tolist() == own[row, :length].tolist()
        np.testing.assert_allclose(
            found[row, :length], ops.convert_to_numpy(expected)[0], atol=1e-5
        )
