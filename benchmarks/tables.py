"""All tables of speed, one after the other, each with a plot.

    python benchmarks/tables.py                         # hours, on a machine that does nothing else
    python benchmarks/tables.py e f --out docs/speed    # some of them
    python benchmarks/tables.py a --more "--rounds 2"   # with an option for its script

(a) IMDB and Reuters, an LSTM; (b) ATIS with MiniLM; (c) 16 domains of FDU-MTL; (d) balancers; (e)
T tasks predicted on one text; the cost of a row (f) as tasks grow from 1 to 64, and (g) as texts
lengthen. Each is a script of this folder, with its own goals and needs, which its first lines tell;
(a) to (d) want PyTorch. What (a) prints goes to `a.md` in the folder `--out`, its plot to `a.svg`,
and so on. The status is 1 where a script's is not 0.
"""

import argparse
import dataclasses
import re
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Table:
    """A script, and what of the tables it prints is drawn.

    Args:
        title: What is measured.
        command: The script and its options.
        value: The column that is drawn.
        along: The column of numbers that it is drawn along; bars, if none.
        lines: The column that tells lines apart, if any.
    """

    title: str
    command: tuple[str, ...]
    value: str
    along: str = ""
    lines: str = ""


TABLES = {
    "a": Table("IMDB and Reuters, an LSTM", ("pair_speed.py",), "rows/s"),
    "b": Table("ATIS with MiniLM", ("atis_speed.py", "--rounds", "5"), "rows/s"),
    "c": Table("16 domains, an LSTM", ("many_loaders.py",), "rows/s"),
    "d": Table("Balancers", ("balancing.py", "--torch", "--rounds", "5"), "times", "tasks", "rows"),
    "e": Table(
        "T tasks predicted on one text",
        ("tasks_predicted.py",),
        "as fast as T models",
        "tasks",
        "trunk",
    ),
    "f": Table("1 to 64 tasks on the same rows", ("many_tasks.py",), "rows per second", "tasks"),
    "g": Table(
        "Texts that grow longer, 16 tasks",
        ("many_tasks.py", "--tasks", "16", "--lengths", "50", "100", "200", "400"),
        "padded tokens per second",
        "length",
    ),
}


def output_of(table, more):
    """What a script prints, passed on as it comes, and its status."""
    command = [sys.executable, *table.command, *more]
    text = []
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            print(line, end="", flush=True)
            text.append(line)
    return "".join(text), running.returncode


def rows_of(text):
    """The rows of the last Markdown table of a text, each column to cell."""
    tables, header = [], None
    for line in [*text.splitlines(), ""]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            header = None
        elif header is None:
            header = cells
            tables.append([])
        elif not set(line) <= set("|-: "):
            tables[-1].append(dict(zip(header, cells, strict=True)))
    return tables[-1] if tables else []


def number(cell):
    """The first number of a cell such as `1,382 (1,200 to 1,400)`, `None` where there is none."""
    found = re.search(r"-?[\d,]*\.?\d+", cell)
    return float(found.group().replace(",", "")) if found else None


def draw(table, rows, path):
    """Lines along a column of numbers, or bars, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "tables"}):
        canvas, axes = pyplot.subplots(figsize=(7, 4 if table.along else 1 + 0.5 * len(rows)))
        if table.along:
            for name in dict.fromkeys(row.get(table.lines, "") for row in rows):
                own = [row for row in rows if row.get(table.lines, "") == name]
                points = [(number(row[table.along]), number(row[table.value])) for row in own]
                axes.plot(*zip(*points, strict=True), marker="o", label=name)
            axes.set_xscale("log", base=2)
            places = sorted({number(row[table.along]) for row in rows})
            axes.set_xticks(places, [f"{place:g}" for place in places])
            axes.set(xlabel=table.along, ylabel=table.value, ylim=(0, 1.08 * axes.get_ylim()[1]))
            if table.lines:
                axes.legend(fontsize="small")
        else:
            names = [next(iter(row.values())) for row in rows]
            axes.barh(names, [number(row[table.value]) or 0.0 for row in rows])
            axes.invert_yaxis()
            axes.set_xlabel(table.value)
        axes.set_title(table.title)
        axes.spines[["top", "right"]].set_visible(False)
        canvas.tight_layout()
        canvas.savefig(path, metadata={"Date": None})
        pyplot.close(canvas)


def main():
    """Run the scripts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", help=f"some of {', '.join(TABLES)}; all if none")
    parser.add_argument("--out", type=Path, default=Path("speed"), metavar="FOLDER")
    parser.add_argument("--more", default="", help="more options of the scripts, as one text")
    options = parser.parse_args()
    if unknown := sorted(set(options.tables) - set(TABLES)):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(TABLES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    failed = []
    for letter in options.tables or TABLES:
        table, more = TABLES[letter], shlex.split(options.more)
        print(f"\n({letter}) {table.title}\n", flush=True)
        text, status = output_of(table, more)
        shown = shlex.join(["python", f"benchmarks/{table.command[0]}", *table.command[1:], *more])
        parts = [f"## {table.title}, {date.today()}\n\n`{shown}`, status {status}:\n\n{text}"]
        rows = rows_of(text)
        if rows and table.value in rows[0]:
            draw(table, rows, options.out / f"{letter}.svg")
            parts.append(f"![{table.title}]({letter}.svg)\n")
        if status:
            failed.append(letter)
        (options.out / f"{letter}.md").write_text("\n".join(parts), "utf-8")
    print(f"\nbelow a goal, or failed: {', '.join(failed) or 'none'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
