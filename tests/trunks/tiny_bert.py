"""A BERT of 2 layers in the form that Hugging Face keeps models in, with random weights."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

HIDDEN, INNER, LAYERS, HEADS, LONGEST = 8, 16, 2, 2, 40
PIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *("fly", "##ing", "from", "to", "new", "york", "boston", "on", "friday", "don", "'", "t", "."),
    *("show", "me", "flights", "a", "b", "c", "d", "e", "f", "好", "?", "!"),
]


def write_tiny_bert(folder: Path, seed: int = 0, **config: object) -> Path:
    """Write `config.json`, `vocab.txt` and `model.safetensors`."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "model_type": "bert",
        "vocab_size": len(PIECES),
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "hidden_size": HIDDEN,
        "hidden_act": "gelu",
        "intermediate_size": INNER,
        "max_position_embeddings": LONGEST,
        "pad_token_id": 0,
        **config,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    save_file(tensors(seed), folder / "model.safetensors")
    return folder


def tensors(seed: int = 0) -> dict[str, np.ndarray]:
    """The weights, by the names that Hugging Face gives them."""
    random = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (len(PIECES), HIDDEN),
        "embeddings.position_embeddings.weight": (LONGEST, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "pooler.dense.weight": (HIDDEN, HIDDEN),
        "pooler.dense.bias": (HIDDEN,),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        start = f"encoder.layer.{layer}"
        norms += [f"{start}.attention.output.LayerNorm", f"{start}.output.LayerNorm"]
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes[f"{start}.attention.{part}.weight"] = (HIDDEN, HIDDEN)
            shapes[f"{start}.attention.{part}.bias"] = (HIDDEN,)
        shapes[f"{start}.intermediate.dense.weight"] = (INNER, HIDDEN)
        shapes[f"{start}.intermediate.dense.bias"] = (INNER,)
        shapes[f"{start}.output.dense.weight"] = (HIDDEN, INNER)
        shapes[f"{start}.output.dense.bias"] = (HIDDEN,)
    found = {name: random.normal(0, 0.3, shape) for name, shape in shapes.items()}
    for norm in norms:
        found[f"{norm}.weight"] = random.normal(1, 0.1, HIDDEN)
        found[f"{norm}.bias"] = random.normal(0, 0.1, HIDDEN)
    return {name: value.astype("float32") for name, value in found.items()}
