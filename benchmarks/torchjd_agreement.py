"""Our methods on gradients against TorchJD's, on 200 random problems.

    pip install "keras_mtl[benchmark]"
    python benchmarks/torchjd_agreement.py

A problem is the gradients of 2 to 16 tasks: random ones, nearly parallel ones, ones of unlike
length, or fewer directions than tasks; all of it times 1e-6 to 1e6. Both get its Gramian (TorchJD,
where it wants them, the gradients): ours in float32, as in a step, TorchJD in float64. Two answers
agree whose directions differ by at most a hundredth of their length. Where they do not, what the
method is defined by decides: how far each answer is from it, computed in float64. The status is 1
where TorchJD's is nearer on a problem. Where a method takes tasks in a random order, both take the
same one; GradVac is asked twice. Not compared: GradDrop, which draws for each coordinate, and
ExcessMTL, whose first step TorchJD takes with excesses not yet relative to anything.
"""

import argparse
import os
import sys
from collections import Counter

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

NEAR = 1e-2  # Of the length of a direction.
NOTHING = 1e-4  # Of the length of the mean: what is shorter is a direction of none.
OUTCOMES = ("agree", "both right", "no answer", "ours nearer", "TorchJD nearer")
KINDS = ("random", "nearly parallel", "of unlike length", "few directions")


def problem(number):
    """The gradients of problem `number`, `(tasks, D)` in float64, and of what kind they are."""
    random = np.random.default_rng(number)
    tasks, kind = int(random.integers(2, 17)), KINDS[number % len(KINDS)]
    gradients = random.normal(size=(tasks, 40))
    if kind == "nearly parallel":
        gradients = random.normal(size=40) + 0.1 * gradients
    elif kind == "of unlike length":
        gradients *= 10.0 ** random.uniform(-1.5, 1.5, size=(tasks, 1))
    elif kind == "few directions":
        rank = int(random.integers(1, tasks))
        gradients = random.normal(size=(tasks, rank)) @ random.normal(size=(rank, 40))
    return gradients * 10.0 ** random.uniform(-6, 6), kind


def unit(gradients):
    """Gradients of length 1; a direction's products with them are its shadows."""
    return gradients / np.linalg.norm(gradients, axis=1, keepdims=True)


def length(vector):
    return float(np.linalg.norm(vector))


def projected(gradients, starts):
    """The sum of `starts` `(n, D)`, each brought to where it hurts no task, by least squares."""
    from scipy.optimize import nnls

    # Columns of length 1: the solver's tolerance is absolute.
    columns = unit(gradients).T
    found = 0.0
    for start in starts:
        size = length(start) or 1.0
        found = found + start + size * columns @ nnls(columns, -start / size)[0]
    return found


def from_direction(exact):
    """How far a direction is from the exact one, over its length or that of the mean's."""

    def distance(gradients, direction):
        found = exact(gradients)
        return length(direction - found) / max(length(found), NOTHING * length(gradients.mean(0)))

    return distance


def from_fair(alpha):
    """How far a direction is from that of the weights `(g_t . d)^(-alpha)`, of its length."""

    def distance(gradients, direction):
        gains = gradients @ direction
        if (gains <= 0).any():
            return np.inf
        return length(gains**-alpha @ gradients - direction) / length(direction)

    distance.wants_gains = True
    return distance


def unlike_shadows(gradients, direction):
    """How unlike the shadows of a direction are, of the largest."""
    shadows = unit(gradients) @ direction
    return float(np.ptp(shadows) / max(np.abs(shadows).max(), 1e-300))


def longer_than_least(gradients, direction):
    """How much longer than the shortest average of gradients a direction is, of the mean's."""
    return (length(direction) - shortest(gradients)) / length(gradients.mean(0))


def shortest(gradients):
    """Length of the shortest average of gradients."""
    from scipy.optimize import nnls

    # Weights sum up to 1 by a heavy row; then they are scaled to do so exactly.
    size, heavy = np.abs(gradients).max(), 1e4
    rows = np.vstack([gradients.T / size, np.full((1, len(gradients)), heavy)])
    weights = nnls(rows, np.append(np.zeros(gradients.shape[1]), heavy))[0]
    return length(weights / weights.sum() @ gradients)


def below_best_worst(c):
    """How far the worst gain of a direction, and its way from the mean, are from CAGrad's best."""

    def distance(gradients, direction):
        import cvxpy

        scale = length(gradients.mean(0))
        rows = gradients / scale
        mean = rows.mean(0)
        best = cvxpy.Variable(len(mean))
        worst = cvxpy.Problem(
            cvxpy.Maximize(cvxpy.min(rows @ best)), [cvxpy.norm(best - mean, 2) <= c]
        ).solve(cvxpy.CLARABEL)
        found = direction / scale
        too_far = max(length(found - mean) - c, 0.0)
        return max(worst - float((rows @ found).min()), 0.0) + too_far

    return distance


def aligned(gradients):
    """AlignedMTL's direction from the singular values of the gradients themselves."""
    left, values, right = np.linalg.svd(gradients, full_matrices=False)
    known = values > 1e-5 * values[0]
    return values[known].min() * (left[:, known].mean(0) @ right[known])


def in_turn(gradients):
    """PCGrad's direction, the others in ascending order."""
    found = 0.0
    for task, one in enumerate(gradients):
        for other, against in enumerate(gradients):
            product = one @ against
            if other != task and product < 0:
                one = one - product / (against @ against) * against
        found = found + one
    return found


def twice_bent(gradients):
    """GradVac's direction in the second of two equal steps, the others in ascending order."""
    tasks = len(gradients)
    usual = np.zeros((tasks, tasks))
    for _ in range(2):
        found = 0.0
        for task, one in enumerate(gradients):
            for other, against in enumerate(gradients):
                if other == task or length(one) <= NOTHING * length(gradients[task]):
                    continue
                cosine, aim = one @ against / length(one) / length(against), usual[task, other]
                if cosine < aim:
                    side, side_of_aim = (np.sqrt(max(1 - each**2, 0.0)) for each in (cosine, aim))
                    part = (aim * side - cosine * side_of_aim) / side_of_aim
                    one = one + part * length(one) / length(against) * against
                usual[task, other] += 0.5 * (cosine - aim)
            found = found + one
    return found


def methods():
    """Name to: ours, TorchJD's for so many tasks, and how far a direction is from the method's."""
    import torch
    from torchjd import aggregation as theirs

    from keras_mtl import balancing as ours

    def mean_of(each):
        return lambda rows: projected(rows, each(rows))

    parts = from_direction(mean_of(lambda rows: rows / len(rows)))
    whole = from_direction(mean_of(lambda rows: rows.mean(0, keepdims=True)))
    torch.manual_seed(0)
    return {
        "UPGrad": (ours.UPGrad(), lambda n: theirs.UPGrad(), parts),
        "DualProj": (ours.DualProj(), lambda n: theirs.DualProj(), whole),
        "MGDA": (ours.MGDA(), lambda n: theirs.MGDA(), longer_than_least),
        "CAGrad": (ours.CAGrad(0.5), lambda n: theirs.CAGrad(0.5), below_best_worst(0.5)),
        "IMTLG": (ours.IMTLG(), lambda n: theirs.IMTLG(), unlike_shadows),
        "ConFIG": (ours.ConFIG(), lambda n: theirs.ConFIG(), unlike_shadows),
        "AlignedMTL": (
            ours.AlignedMTL(), lambda n: theirs.AlignedMTL(), from_direction(aligned),
        ),
        "NashMTL": (
            ours.NashMTL(), lambda n: theirs.NashMTL(n, max_norm=0), from_fair(1.0),
        ),
        "FairGrad": (ours.FairGrad(2.0), lambda n: theirs.FairGrad(2.0), from_fair(2.0)),
        "PCGrad": (
            ours.PCGrad("ascending"), lambda n: theirs.PCGrad(), from_direction(in_turn),
        ),
        "GradVac": (
            Twice(lambda: ours.GradVac(order="ascending")), lambda n: Twice(theirs.GradVac),
            from_direction(twice_bent),
        ),
    }  # fmt: skip


class Twice:
    """A new method for each problem, asked twice for the same gradients."""

    def __init__(self, kind):
        self.kind = kind

    def weights(self, gramian):
        one = self.kind()
        one.weights(gramian)
        return one.weights(gramian)

    def __call__(self, gradients):
        one = self.kind()
        one(gradients)
        return one(gradients)


def outcome(gradients, ours, theirs, distance):
    """One of `OUTCOMES`; and, where the two differ, how far ours is from the method's, else 0."""
    least = NOTHING * length(gradients.mean(0))
    if max(length(ours), length(theirs)) <= least:
        return "agree", 0.0
    if getattr(distance, "wants_gains", False) and shortest(unit(gradients)) < NOTHING:
        return "no answer", 0.0  # Opposed gradients: no direction is a gain for each.
    if np.isfinite(theirs).all() and length(ours - theirs) <= NEAR * max(length(theirs), least):
        return "agree", 0.0
    own = distance(gradients, ours)
    other = distance(gradients, theirs) if np.isfinite(theirs).all() else np.inf
    if max(own, other) <= NEAR:
        return "both right", own
    return ("ours nearer" if own <= other else "TorchJD nearer"), own


def main():
    """Compare on every problem, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--methods", nargs="+")
    options = parser.parse_args()
    import torch

    torch.randperm = lambda count, *_, **__: torch.arange(count)
    found, farthest = {}, {}
    for name, (ours, theirs, distance) in methods().items():
        if options.methods and name not in options.methods:
            continue
        found[name], farthest[name] = {kind: Counter() for kind in KINDS}, 0.0
        for number in range(options.problems):
            gradients, kind = problem(number)
            weights = np.asarray(ours.weights((gradients @ gradients.T).astype("float32")))
            own = weights.astype("float64") @ gradients
            other = theirs(len(gradients))(torch.tensor(gradients)).numpy()
            result, away = outcome(gradients, own, other, distance)
            found[name][kind][result] += 1
            farthest[name] = max(farthest[name], away)
        print(name, {kind: dict(counts) for kind, counts in found[name].items()}, flush=True)
    print(f"| method | {' | '.join(OUTCOMES)} | ours, farthest from the definition |")
    print(f"|---|{'---:|' * (len(OUTCOMES) + 1)}")
    short = 0
    for name, kinds in found.items():
        whole = sum(kinds.values(), Counter())
        counts = " | ".join(str(whole[one]) for one in OUTCOMES)
        print(f"| {name} | {counts} | {farthest[name]:.1e} |")
        short += whole["TorchJD nearer"]
    print(f"problems on which TorchJD is nearer: {short} (goal: 0)")
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
