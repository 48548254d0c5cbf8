"""Small made-up sets under the names of the real ones."""

import json

from keras_mtl.data.named.demo import NEWSWIRE_LABELS, generate_newswire, generate_reviews
from keras_mtl.data.named.sources import REUTERS_LABELS

TOPICS = dict(zip(NEWSWIRE_LABELS, REUTERS_LABELS, strict=False))
TONES = {"negative": "neg", "positive": "pos"}


def write_rows(folder, texts, labels):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"text": t, "label": label} for t, label in zip(texts, labels, strict=True)]
    for split, part in (("train", rows[40:]), ("test", rows[:40])):
        lines = "".join(json.dumps(row) + "\n" for row in part)
        (folder / f"{split}.jsonl").write_text(lines, "utf-8")


def write_small_datasets(folder):
    """IMDB and Reuters as folders of JSON Lines files, of some hundred made-up rows."""
    texts, tones = generate_reviews(200, seed=1)
    write_rows(folder / "imdb", texts, [TONES[tone] for tone in tones])
    texts, topics = generate_newswire(340, seed=1)
    write_rows(folder / "reuters", texts, [TOPICS[topic] for topic in topics])
