"""Entities in Chinese posts, character by character, nothing pretrained: Weibo NER.

    python benchmarks/weibo_accuracy.py

Trains `examples/chinese_entities.py` with its defaults, each trunk and seed. Test split, after the
last epoch. Beside it stands the published figure of a lattice of characters and words under a
random field, with pretrained vectors: 58.79 F1 ([Zhang & Yang,
2018](https://aclanthology.org/P18-1144/)). Nothing here is pretrained, so this is measured, not a
goal. Wants `KERAS_MTL_DATA`.
"""

import argparse
import sys

from words import seeds

FIGURES = {"ner_f1": "entity F1", "ner_accuracy": "tag accuracy", "minutes": "minutes"}


def main():
    """Train everything and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trunks", nargs="+", default=["lstm", "cnn"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    example, rows = seeds.load_example("chinese_entities"), {}
    for trunk in options.trunks:
        for seed in options.seeds:
            parsed = example.parse(["--trunk", trunk, "--seed", str(seed), "--verbose", "0"])
            found = seeds.test_figures(example.train, parsed)
            rows.setdefault(f"{trunk}, random field", []).append(found)
            print(f"{trunk}, seed {seed}:", found, flush=True)
    print(seeds.table(rows, FIGURES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
