"""What stands in the folders of pretrained models."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import keras

from keras_mtl.data.text.subwords import SubwordTokenizer

CONFIG, WEIGHTS = "config.json", "model.safetensors"
# What `config.json` calls the encoders that KerasHub reads from such folders.
ENCODERS = ("albert", "bert", "distilbert", "roberta", "xlm-roberta")
_VOCABULARIES = ("tokenizer.json", "vocab.txt")


def check_folder(folder: Path, weights: bool) -> None:
    """See that a folder holds a model as Hugging Face or KerasHub keep them, or all but `weights`.

    Raises:
        FileNotFoundError: If a file is missing.
        ImportError: If the package that reads its weights is.
        ValueError: If the model is no encoder.
    """
    if not (folder / CONFIG).exists():
        raise FileNotFoundError(
            f"The folder of a pretrained model must have a {CONFIG!r}. Received: '{folder}', with "
            f"{sorted(path.name for path in folder.iterdir())[:10]}."
        )
    kind = read_json(folder / CONFIG).get("model_type")
    if kind is None:  # A preset that KerasHub has saved.
        return
    if kind not in ENCODERS:
        raise ValueError(
            f"The model of a pretrained trunk must be an encoder ({', '.join(ENCODERS)}). "
            f"Received: {kind!r} in '{folder / CONFIG}'."
        )
    if not any((folder / name).exists() for name in _VOCABULARIES):
        raise FileNotFoundError(
            f"The folder of a pretrained model must have a vocabulary: {' or '.join(_VOCABULARIES)}"
            f". Received: '{folder}', with {sorted(path.name for path in folder.iterdir())[:10]}."
        )
    if not weights:
        return
    shards = [*folder.glob("model*.safetensors"), *folder.glob("model.safetensors.index.json")]
    if not shards:
        raise FileNotFoundError(
            f"The folder of a pretrained model must have its weights as {WEIGHTS!r}. Received: "
            f"'{folder}', with {sorted(path.name for path in folder.iterdir())[:10]}."
        )
    if importlib.util.find_spec("safetensors") is None:
        raise ImportError(
            "Weights of Hugging Face models are read with the package 'safetensors'. Received: "
            f"'{folder / WEIGHTS}', and no such package. Install it: pip install "
            "'keras_mtl[pretrained]'."
        )


def set_activation(backbone: Any, folder: Path) -> None:
    """Give a BERT the activation that its `config.json` names.

    KerasHub builds every BERT with the approximate GELU of the first ones; those of Hugging Face
    have the exact one, and features differ by a thousandth.
    """
    if read_json(folder / CONFIG).get("hidden_act") not in ("gelu", "relu"):
        return
    activation = keras.activations.get(read_json(folder / CONFIG)["hidden_act"])
    for layer in backbone.layers:
        # KerasHub has no argument for it; a test compares the features with BERT's formulas.
        if hasattr(layer, "_feedforward_intermediate_dense"):
            layer.activation = activation
            layer._feedforward_intermediate_dense.activation = activation


def tokenizer_of_folder(folder: Path) -> SubwordTokenizer:
    """The tokenizer of a Hugging Face folder.

    Raises:
        ValueError: If its files do not make one.
    """
    padding_id = read_json(folder / CONFIG).get("pad_token_id") or 0
    if (folder / "tokenizer.json").exists():
        text = (folder / "tokenizer.json").read_text(encoding="utf-8")
        return SubwordTokenizer(text, padding_id=padding_id)
    pieces = (folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    options: dict[str, Any] = {}
    if (folder / "tokenizer_config.json").exists():
        options = read_json(folder / "tokenizer_config.json")
    return SubwordTokenizer.wordpiece(
        pieces,
        lowercase=options.get("do_lower_case", True),
        strip_accents=options.get("strip_accents"),
        characters=options.get("tokenize_chinese_chars", True),
    )


def read_json(path: Path) -> dict[str, Any]:
    """A file with a JSON object.

    Raises:
        ValueError: If it has none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"'{path}' must be JSON. Received: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"'{path}' must hold a JSON object. Received: {found!r:.80}.")
    return found


def tokenizer_of_preset(source: str) -> SubwordTokenizer:
    """The tokenizer of a KerasHub preset.

    Raises:
        ValueError: If it is of a kind that cannot be taken over.
    """
    import keras_hub

    found = keras_hub.models.Tokenizer.from_preset(source)
    if isinstance(found, keras_hub.tokenizers.WordPieceTokenizer):
        return SubwordTokenizer.wordpiece(
            found.get_vocabulary(),
            lowercase=found.lowercase,
            # Its accents go with its capitals, as BERT's do.
            strip_accents=found.strip_accents or None,
            characters=found.split_on_cjk,
        )
    if isinstance(found, keras_hub.tokenizers.BytePairTokenizer):
        numbers = {piece: found.token_to_id(piece) for piece in found.get_vocabulary()}
        pairs = [tuple(merge.split(" ")) for merge in found.merges]
        special = (found.start_token, found.end_token, found.pad_token)
        return SubwordTokenizer.byte_pairs(numbers, pairs, special)
    raise ValueError(
        "The tokenizer of a preset must be WordPiece or byte-level BPE. Received: "
        f"'{source}', whose tokenizer is a {type(found).__name__}. Take a folder of the same model "
        "with a 'tokenizer.json', as Hugging Face has them."
    )
