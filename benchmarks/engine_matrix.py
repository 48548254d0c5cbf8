"""The same run on every engine, beside TensorFlow on one device: how far apart they end.

    python benchmarks/engine_matrix.py                              # 72 cells on 7 engines
    python benchmarks/engine_matrix.py --engines jax-2 --trunks bert

A cell is a trunk (word-level LSTM, a small BERT), rows (own ones for each task, shared ones, half
of the labels missing), a balancer, and no clipping, clipping by the norm of the whole gradient, or
that and the rows of each step in three parts, which must be what it is without parts.
Engines: 2 and 4 replicas of MirroredStrategy, two processes of MultiWorkerMirroredStrategy; JAX on
1, 2 and 4 devices and in two processes. Everything is float64, orders come from a seed on the host,
dropout is off. Figures are the largest differences, each against the size of the number: of the
weights after 20 steps of SGD, and of losses and metrics, with validation, of Adam. The status is 1
where one is above the goal. With `--keep FOLDER` what came of cells is written there, twelve at a
time, and a run of the same code that was ended goes on from it. Not among the engines, as nothing
here could run it: a TPU, and TensorFlow on a GPU.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from pathlib import Path

from engines import cell
from engines.together import ENGINES, REFERENCE, far, goal_of, outcomes

GOAL = 1e-5
WHAT = ("weights", "logs")
AT_ONCE = 12  # Cells of a process: what it has compiled stays in memory.
LONGEST = 3600  # Seconds that they may take.


def found_on(engine, cells, folder):
    """Cell to what came of it on an engine; not run again are those that the folder has."""
    files = {one: folder / engine / f"{one.replace('/', '-')}.json" for one in cells}
    found = {one: json.loads(file.read_text()) for one, file in files.items() if file.is_file()}
    left = [one for one in cells if one not in found]
    for begin in range(0, len(left), AT_ONCE):
        new = outcomes(engine, left[begin : begin + AT_ONCE], seconds=LONGEST)
        for one, outcome in new.items():
            files[one].parent.mkdir(parents=True, exist_ok=True)
            files[one].write_text(json.dumps(outcome))
        found |= new
    return found


def rows_of_table(engines, cells, folder):
    """Print a row for each engine; the largest difference."""
    reference = found_on(REFERENCE, sorted({goal_of(one) for one in cells}), folder)
    print("| engine | cells | weights apart | losses and metrics apart | worst cell | minutes |")
    print("|---|---|---|---|---|---|", flush=True)
    worst = 0.0
    for engine in engines:
        begin = time.monotonic()
        found = found_on(engine, cells, folder)
        apart = {
            one: [far(reference[goal_of(one)][what], found[one][what]) for what in WHAT]
            for one in cells
        }
        last = max(cells, key=lambda one: max(apart[one]))
        weights, logs = (max(two[place] for two in apart.values()) for place in (0, 1))
        worst = max(worst, weights, logs)
        print(
            f"| {engine} | {len(cells)} | {weights:.1e} | {logs:.1e} | {last} | "
            f"{(time.monotonic() - begin) / 60:.1f} |",
            flush=True,
        )
    return worst


def main():
    """Run the cells on each engine."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    others = [one for one in ENGINES if one != REFERENCE]
    parser.add_argument("--engines", nargs="+", choices=others, default=others)
    for name, known in (
        ("trunks", cell.TRUNKS),
        ("rows", cell.ROWS),
        ("balancers", cell.BALANCERS),
        ("hows", cell.HOWS),
    ):
        parser.add_argument(f"--{name}", nargs="+", choices=known, default=list(known))
    parser.add_argument("--keep", metavar="FOLDER", type=Path)
    options = parser.parse_args()
    parts = (options.trunks, options.rows, options.balancers, options.hows)
    cells = ["/".join(one) for one in itertools.product(*parts)]
    with tempfile.TemporaryDirectory() as made:
        worst = rows_of_table(options.engines, cells, options.keep or Path(made))
    print(f"largest difference: {worst:.1e} (goal: at most {GOAL:.0e})")
    return int(worst > GOAL)


if __name__ == "__main__":
    sys.exit(main())
