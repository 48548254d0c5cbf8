"""Training speed on FDU-MTL as its 16 domains are put together, or cut, into 1 to 64 tasks.

    python benchmarks/many_tasks.py                       # rows per second, goal: flat within 1.3
    python benchmarks/many_tasks.py --model bag --rounds 1 --steps 20
    python benchmarks/many_tasks.py --tasks 16 --lengths 50 100 200 400   # as texts lengthen

The same rows, the same tokenizer and trunk, 64 rows a step; only the number of tasks and streams
differs. For fewer tasks than domains, domains are put together in the order of their names; for
more, the rows of each are dealt out in turn. All numbers of tasks train in turn in each round, in
one process on the processor, each with a `fit` of its own that has compiled its steps before.
The status is 1 where the slowest has less than the goal of the fastest: ratio of the medians.

Of more tasks a step has fewer rows of each, and each of them is padded to the longest text of its
pass, whatever the task: tokens per second, padding counted, tell what tasks cost apart from that.
A cap on the length of texts (`--length`) makes domains more alike. With several caps (`--lengths`)
nothing is asked: padded tokens per second tell what lengths cost apart from padding.

Compile seconds are those of the first `fit` of so many steps beyond the same steps later. Rows are
read from `fdu_mtl` in the folder `KERAS_MTL_DATA`: `train.jsonl.gz` with `text`, `label` and
`domain` on each line.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

GOAL = 1.3  # Rows per second of the fastest over those of the slowest.
TASKS = (1, 4, 16, 64)
VOCABULARY, BATCH = 20_000, 64
# Length classes are twentieths of the rows: an epoch of so many steps compiles each of them.
WARM_UP = 20
RATE, TOKENS, COMPILE = "rows per second", "padded tokens per second", "compile seconds"


def domains(folder):
    """Domain to its training rows, in the order of their names."""
    import keras_mtl as mtl

    data = mtl.Dataset.from_jsonl(
        "fdu_mtl",
        Path(folder) / "fdu_mtl" / "train.jsonl.gz",
        labels=["label", "domain"],
        nulls="drop",  # One text is empty.
        validation_fraction=0,
    )
    return {name: one.train for name, one in data.by_column("domain").items()}


def streams(parts, tasks):
    """The same rows as `tasks` streams: `{name: split}`.

    Raises:
        ValueError: If domains cannot be put together, or cut, into so many equal numbers.
    """
    import keras_mtl as mtl

    names = list(parts)
    if max(tasks, len(names)) % min(tasks, len(names)):
        raise ValueError(
            f"`tasks` must divide the {len(names)} domains, or be a multiple. Received: {tasks}."
        )
    if tasks >= len(names):
        times = tasks // len(names)
        return {
            f"{name}_{n}": split.select(range(n, len(split), times))
            for name, split in parts.items()
            for n in range(times)
        }
    size = len(names) // tasks
    columns = ("text", "label")
    return {
        f"part_{n}": mtl.Split(
            {
                column: [
                    value for name in names[n * size : (n + 1) * size] for value in
                    parts[name][column]
                ]
                for column in columns
            },
            f"part_{n}",
        )
        for n in range(tasks)
    }  # fmt: skip


class Training:
    """A model with so many tasks and its mixture; `rate` trains it on, and times that."""

    def __init__(self, parts, tokenizer, tasks, model, seed):
        import keras

        import keras_mtl as mtl

        rows = streams(parts, tasks)
        found = [mtl.classification(name, ("negative", "positive"), "label") for name in rows]
        keras.utils.set_random_seed(seed)
        trunk = {
            "lstm": lambda: mtl.trunks.lstm(tokenizer, 128, 64),
            "bag": lambda: mtl.trunks.bag(tokenizer, 64, bigram_buckets=0),
        }[model]()
        self.model = mtl.MultiTaskModel(trunk, found)
        self.model.compile(keras.optimizers.Adam(1e-3))
        self.mixture = mtl.Mixture(rows, batch_size=BATCH, seed=seed)
        self.report = self.mixture.report(self.model)
        self.epochs = 0

    def seconds(self, steps):
        """Train so many steps more."""
        begin = time.perf_counter()
        self.model.fit(
            self.mixture,
            steps_per_epoch=steps,
            initial_epoch=self.epochs,
            epochs=self.epochs + 1,
            verbose=0,
        )
        self.epochs += 1
        return time.perf_counter() - begin

    def rate(self, steps):
        """Rows per second of a `fit`; its steps are compiled."""
        from pair.callbacks import Steps

        compiled, clock = self.model.compilations["train"], Steps()
        self.model.fit(
            self.mixture,
            steps_per_epoch=steps,
            initial_epoch=self.epochs,
            epochs=self.epochs + 1,
            callbacks=[clock],
            verbose=0,
        )
        self.epochs += 1
        if self.model.compilations["train"] != compiled:
            raise RuntimeError("A step was compiled within the measured ones.")
        return steps * BATCH / clock.seconds


def table(rates, compiling, reports):
    """A line for each number of tasks, in Markdown."""
    head = ("tasks", RATE, TOKENS, COMPILE, "passes through the trunk", "padding")
    lines = [f"| {' | '.join(head)} |", "| ---: |" + " ---: |" * (len(head) - 1)]
    for tasks, found in rates.items():
        cells = (
            str(tasks),
            f"{statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})",
            f"{statistics.median(found) * tokens_per_row(reports[tasks]):,.0f}",
            f"{compiling[tasks]:.1f}",
            f"{reports[tasks]['passes_through_trunk_per_step']:.3g}",
            f"{reports[tasks]['padding']:.1%}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def tokens_per_row(report):
    """Tokens of a row on average, padding counted, by the report of a mixture."""
    group_of = {name: number for number, group in enumerate(report["groups"]) for name in group}
    rows = report["rows_per_step"]
    tokens = sum(
        share * rows[name] * report["lengths"][group_of[name]][number]
        for number, share in enumerate(report["length_class_shares"])
        for name in rows
    )
    return tokens / sum(rows.values())


def spread(rates):
    """Median of the fastest over that of the slowest."""
    medians = [statistics.median(found) for found in rates.values()]
    return max(medians) / min(medians)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=("lstm", "bag"), default="lstm")
    parser.add_argument("--tasks", type=int, nargs="+", default=TASKS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60, help="measured steps of each, in a round")
    parser.add_argument("--length", type=int, default=400, help="most tokens of a text")
    parser.add_argument("--lengths", type=int, nargs="+", help="several, in place of --length")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = os.environ.get("KERAS_MTL_DATA")
    if not folder:
        raise SystemExit("KERAS_MTL_DATA must name the folder with `fdu_mtl`. Received: nothing.")
    parts = domains(folder)
    if options.lengths:
        return of_lengths(options, parts)
    rates, compiling, reports = trained(options, parts, options.length)
    print(table(rates, compiling, reports))
    found = spread(rates)
    print(f"slowest to fastest: 1 to {found:.2f} (goal: 1 to {GOAL})")
    return int(found > GOAL)


def trained(options, parts, length):
    """Rates of all rounds, compile seconds and reports, each by number of tasks."""
    import keras_mtl as mtl

    tokenizer = mtl.WordTokenizer.fit(
        *parts.values(), vocabulary_size=VOCABULARY, sequence_length=length
    )
    trainings, compiling = {}, {}
    for tasks in options.tasks:
        one = Training(parts, tokenizer, tasks, options.model, options.seed)
        first = one.seconds(WARM_UP)
        compiling[tasks] = first - one.seconds(WARM_UP)
        trainings[tasks] = one
        print(f"{tasks} tasks compiled in {compiling[tasks]:.1f} s", flush=True)
    rates = {tasks: [] for tasks in trainings}
    for number in range(options.rounds):
        # Each begins a round in turn: what else runs on the machine meets all alike.
        order = (
            list(trainings)[number % len(trainings) :] + list(trainings)[: number % len(trainings)]
        )
        for tasks in order:
            rates[tasks].append(trainings[tasks].rate(options.steps))
    return rates, compiling, {tasks: one.report for tasks, one in trainings.items()}


def of_lengths(options, parts):
    """A line for each cap on the length of texts; nothing is asked of it."""
    lines = []
    for length in options.lengths:
        rates, _, reports = trained(options, parts, length)
        for tasks, found in rates.items():
            rate, tokens = statistics.median(found), tokens_per_row(reports[tasks])
            lines.append(
                f"| {length} | {tasks} | {rate:,.0f} ({min(found):,.0f} to {max(found):,.0f}) | "
                f"{rate * tokens:,.0f} | {reports[tasks]['padding']:.1%} |"
            )
    print(f"| length | tasks | {RATE} | {TOKENS} | padding |\n|---|---|---|---|---|")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
