"""Rows per second of `fit`, on JAX."""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
sys.path.insert(0, str(Path(__file__).parents[2]))

from .sizes import BERT, LABELS, LSTM, RATE


def texts(rows, words, ids, seed):
    """Texts of so many words, each of which is a token."""
    import numpy as np

    numbers = np.random.default_rng(seed).integers(0, ids, (rows, words))
    return [" ".join(f"w{number}" for number in row) for row in numbers]


def bert_folder(folder, size, length):
    """A BERT with no weights, as Hugging Face keeps models; how many words it knows."""
    layers, width, heads, inner, ids = BERT[size]
    config = {
        "model_type": "bert", "architectures": ["BertModel"], "vocab_size": ids,
        "num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads,
        "intermediate_size": inner, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1, "max_position_embeddings": max(512, length),
        "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
        "pad_token_id": 0, "position_embedding_type": "absolute",
    }  # fmt: skip
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [f"w{number}" for number in range(ids - len(special))]
    (Path(folder) / "config.json").write_text(json.dumps(config), "utf-8")
    (Path(folder) / "vocab.txt").write_text("\n".join([*special, *words]), "utf-8")
    return len(words)


def trunk_of(settings, folder):
    """The trunk, and texts for each of two tasks."""
    import keras_mtl as mtl

    length, rows = settings["length"], settings["batch"] // 2 * 8
    if settings["model"] == "bert":
        known = bert_folder(folder, settings["size"], length)
        trunk = mtl.trunks.pretrained(folder, load_weights=False, sequence_length=length)
        return trunk, [texts(rows, length - 2, known, seed) for seed in (0, 1)]
    width, units, ids = LSTM[settings["size"]]
    tokenizer = mtl.WordTokenizer([f"w{number}" for number in range(ids)], sequence_length=length)
    found = [texts(rows, length, ids, seed) for seed in (0, 1)]
    return mtl.trunks.lstm(tokenizer, width, units), found


def main(settings):
    import jax
    import keras
    import numpy as np

    import keras_mtl as mtl

    if settings["half"]:
        keras.config.set_dtype_policy("mixed_bfloat16")
    names = tuple(f"label {number}" for number in range(LABELS))
    tasks = [mtl.classification(name, names, "label") for name in ("one", "two")]
    with tempfile.TemporaryDirectory() as folder:
        trunk, given = trunk_of(settings, folder)
    random = np.random.default_rng(2)
    splits = {
        task.name: mtl.Split(
            {
                "text": own,
                "label": [names[place] for place in random.integers(0, LABELS, len(own))],
            },
            task.name,
        )
        for task, own in zip(tasks, given, strict=True)
    }
    model = mtl.MultiTaskModel(trunk, tasks)
    mixture = mtl.Mixture(
        splits, {name: name for name in splits}, batch_size=settings["batch"], length_classes=1
    )
    model.compile(keras.optimizers.AdamW(RATE))
    model.fit(mixture, steps_per_epoch=settings["warm_up"], verbose=0)

    class Clock(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 0:
                self.begin = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):  # Its logs are numbers: every step is done.
            self.seconds = time.perf_counter() - self.begin

    clock = Clock()
    model.fit(mixture, steps_per_epoch=settings["steps"], callbacks=[clock], verbose=0)
    if model.compilations["train"] != 1:
        raise RuntimeError("A step was compiled within the measured ones.")
    memory = jax.devices()[0].memory_stats() or {}
    peak = (
        memory.get("peak_bytes_in_use") or 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    )
    return {
        "rows_per_second": settings["steps"] * settings["batch"] / clock.seconds,
        "megabytes": peak / 2**20,
    }


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
