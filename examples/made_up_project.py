"""Write the tables of a made-up project: reviews with a tone, and wires with a topic.

    python examples/made_up_project.py shop

They come from the generator of the demo, and are what docs/first-run.md trains on.
"""

import csv
import sys
from pathlib import Path

from keras_mtl.data.named.demo import generate_newswire, generate_reviews


def write(path, header, rows, delimiter=","):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{path}: {len(rows)} rows")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for split, count, seed in (("train", 1500, 1), ("test", 400, 2)):
        texts, tones = generate_reviews(count, seed)
        rows = [[n, text, tone] for n, (text, tone) in enumerate(zip(texts, tones, strict=True), 1)]
        write(folder / f"reviews_{split}.csv", ["id", "review", "tone"], rows)
    texts, topics = generate_newswire(1200, seed=1)
    rows = list(zip(texts, topics, strict=True))
    write(folder / "wires.csv", ["message", "topic"], rows, delimiter=";")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "made_up_project"))
