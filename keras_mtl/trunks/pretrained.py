"""Pretrained encoders of KerasHub and of Hugging Face folders as trunks."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

import keras
from keras import ops

from keras_mtl.data.text.subwords import SubwordTokenizer
from keras_mtl.data.text.truncation import HEAD
from keras_mtl.data.text.word_splitter import one_of
from keras_mtl.trunks.hiding import HideTokens
from keras_mtl.trunks.layers import PaddingMask
from keras_mtl.trunks.pretrained_files import (
    CONFIG,
    check_folder,
    read_json,
    set_activation,
    tokenizer_of_folder,
    tokenizer_of_preset,
)
from keras_mtl.trunks.vocabulary import share

# What encodes a text whole: each token sees those on both sides.
ENCODERS = (
    "AlbertBackbone",
    "BertBackbone",
    "DebertaV3Backbone",
    "DistilBertBackbone",
    "ElectraBackbone",
    "RobertaBackbone",
    "XLMRobertaBackbone",
)
_BLOCK = re.compile(r"(?:transformer|disentangled_attention_encoder)_layer_(\d+)")


def pretrained(
    source: str | os.PathLike[str],
    *,
    sequence_length: int | None = None,
    dropout: float | None = None,
    word_dropout: float = 0.0,
    load_weights: bool = True,
    truncation: str = HEAD,
    name: str = "trunk",
) -> keras.Model:
    """A pretrained BERT, or one of its kin, with its own tokenizer.

    Args:
        source: A folder as Hugging Face keeps models (`config.json`, `model.safetensors`, and
            `tokenizer.json` or `vocab.txt`); or a preset of KerasHub, such as
            `"bert_tiny_en_uncased"`, `"hf://<user>/<model>"` or `"kaggle://..."`, which are
            downloaded.
        sequence_length: Most tokens of a text, special ones included; texts are cut to it. By
            default as many as the encoder was made for; training then warns of texts that are cut.
        dropout: Share dropped in each layer in training; by default the encoder's own.
        word_dropout: Share of the tokens hidden in training behind the encoder's own mask (that for
            unknown words, if it has none): what stands around a word then has to tell of it.
        load_weights: Whether to load the weights, or to begin at random.
        truncation: What is kept of a longer text: `"head"`, its first tokens; `"head_tail"`, three
            quarters from its start and a quarter from its end. Pairs read as one lose their ends.
        name: Name of the returned model.

    Returns:
        A functional model from `{"token_ids": (B, L)}` to `{"sequence": (B, L, D),
        "padding_mask": (B, L), "sequence_1": (B, L, D), ...}`: the last layer's features, and
        those of each layer by its number, for tasks with `layer=`. Its `preprocessor` is a
        `SubwordTokenizer`.

    Raises:
        FileNotFoundError: If a folder lacks a file, or a preset cannot be reached.
        ImportError: If an optional package is missing.
        ValueError: If the model is no encoder, its weights lack a tensor, its vocabulary does not
            fit, or an option is out of range.

    Example:
        `model = mtl.MultiTaskModel(mtl.trunks.pretrained("models/minilm"), tasks)`
    """
    share("pretrained", dropout=dropout or 0.0, word_dropout=word_dropout)
    one_of("truncation", truncation, "'pretrained' trunks")
    backbone, tokenizer = _load(
        source, load_weights, {} if dropout is None else {"dropout": dropout}
    )
    _check_encoder(backbone, source)
    longest = getattr(backbone, "max_sequence_length", None) or 512
    if sequence_length is not None and not 3 <= sequence_length <= longest:
        raise ValueError(
            f"`sequence_length` of a pretrained trunk must be from 3 to {longest}, as many tokens "
            f"as the encoder of '{source}' takes. Received: {sequence_length=}."
        )
    tokenizer.asked, tokenizer.longest = sequence_length, min(longest, tokenizer.longest)
    tokenizer.truncation = truncation
    if tokenizer.vocabulary_size > backbone.vocabulary_size:
        raise ValueError(
            f"The vocabulary of '{source}' must fit its embedding. Received: a tokenizer of "
            f"{tokenizer.vocabulary_size} pieces and an embedding of {backbone.vocabulary_size} "
            "rows. Use the vocabulary that the model was trained with."
        )
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = PaddingMask(name="padding_mask")(token_ids)
    shown, segment_ids = Segments(tokenizer.vocabulary_size, name="segments")(token_ids)
    if word_dropout:
        before, after = tokenizer.frame
        hide = HideTokens(word_dropout, tokenizer.mask_id, [*before, *after], name="hidden")
        shown = hide(shown)
    own_ids = PretrainedIds(tokenizer.padding_id, name="pretrained_ids")(shown)
    found = _encoder(backbone)(_inputs(backbone, own_ids, segment_ids, mask))
    trunk = keras.Model({"token_ids": token_ids}, {**found, "padding_mask": mask}, name=name)
    trunk.preprocessor = tokenizer
    return trunk


@keras.saving.register_keras_serializable(package="keras_mtl")
class Segments(keras.layers.Layer):
    """Ids as `SubwordTokenizer.encode_pairs` gives them, taken apart.

    Args:
        size: How many ids there are; those of a second segment are as much higher.

    Call arguments:
        token_ids: `(B, L)` integers.

    Returns:
        The ids as they are without that, and the number of the segment of each: 0 or 1.
    """

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, token_ids: Any) -> tuple[Any, Any]:
        segments = ops.cast(ops.greater_equal(token_ids, self.size), token_ids.dtype)
        return token_ids - segments * self.size, segments

    def compute_output_spec(self, token_ids: Any) -> tuple[Any, Any]:
        def like_ids() -> Any:
            return keras.KerasTensor(token_ids.shape, dtype=token_ids.dtype)

        return like_ids(), like_ids()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="keras_mtl")
class PretrainedIds(keras.layers.Layer):
    """Ids in which 0 is padding to those of a pretrained vocabulary: 0 and its own change places.

    Args:
        padding_id: The id that the pretrained vocabulary has for padding.
    """

    def __init__(self, padding_id: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.padding_id = padding_id

    def call(self, token_ids: Any) -> Any:
        if not self.padding_id:
            return token_ids
        others = ops.where(ops.equal(token_ids, self.padding_id), 0, token_ids)
        return ops.where(ops.equal(token_ids, 0), self.padding_id, others)

    def compute_output_spec(self, token_ids: Any) -> Any:
        return keras.KerasTensor(token_ids.shape, dtype=token_ids.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding_id": self.padding_id}


def _load(
    source: str | os.PathLike[str], load_weights: bool, options: dict[str, Any]
) -> tuple[Any, SubwordTokenizer]:
    folder = Path(source)
    if folder.is_dir():
        check_folder(folder, load_weights)
    import keras_hub

    no_tensor = _tensor_errors()
    try:
        backbone = keras_hub.models.Backbone.from_preset(
            str(source), load_weights=load_weights, **options
        )
    except no_tensor as error:
        raise ValueError(
            f"The weights of '{source}' must have all tensors of its `config.json`. Received: "
            f"{error}. Download the model anew."
        ) from error
    except (OSError, ValueError) as error:
        # KerasHub's word for a name that is neither a folder nor one of its presets.
        if isinstance(error, ValueError) and not str(error).startswith("Unknown preset"):
            raise
        raise FileNotFoundError(
            f"`source` of a pretrained trunk must be a folder with a model, or a preset that can "
            f"be reached. Received: source={str(source)!r}: {error}. Without a network pass a "
            "folder."
        ) from error
    if folder.is_dir() and "model_type" in read_json(folder / CONFIG):
        set_activation(backbone, folder)
        return backbone, tokenizer_of_folder(folder)
    return backbone, tokenizer_of_preset(str(source))


def _tensor_errors() -> tuple[type[Exception], ...]:
    """What the reader of weights raises for a tensor that is not there."""
    if importlib.util.find_spec("safetensors") is None:
        return (KeyError,)
    from safetensors import SafetensorError

    return (KeyError, SafetensorError)


def _check_encoder(backbone: Any, source: Any) -> None:
    kind = type(backbone).__name__
    if kind not in ENCODERS:
        raise ValueError(
            f"`source` of a pretrained trunk must be an encoder ({', '.join(ENCODERS)}). "
            f"Received: '{source}', a {kind}."
        )


def _inputs(backbone: Any, token_ids: Any, segment_ids: Any, mask: Any) -> dict[str, Any]:
    given = {
        "token_ids": token_ids,
        "padding_mask": ops.cast(mask, "int32"),
        "segment_ids": segment_ids,
    }
    return {name: given[name] for name in backbone.input}


def _encoder(backbone: Any) -> keras.Model:
    """The part of a backbone that gives a vector for each token, after each of its layers."""
    output = backbone.output
    sequence = output["sequence_output"] if isinstance(output, dict) else output
    features = {"sequence": sequence}
    for layer in backbone.layers:
        if block := _BLOCK.fullmatch(layer.name):
            features[f"sequence_{int(block[1]) + 1}"] = layer.output
    return keras.Model(backbone.input, features, name="encoder")
