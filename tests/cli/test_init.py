"""The run file that `init` writes is true of the files, and trains."""

import csv
import io
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.cli.init import write_run_file
from keras_mtl.config import load_config
from keras_mtl.data import Dataset
from keras_mtl.data.datasets.profile import profile

GOOD = [f"A fine film, {word}" for word in "one two three four five six".split()]
BAD = [f"So dull: {word}" for word in "one two three four five six".split()]
ROWS = [("review", "tone"), *((text, "pos") for text in GOOD), *((text, "neg") for text in BAD)]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, rows, encoding="utf-8", delimiter=","):
    cells = io.StringIO()
    csv.writer(cells, delimiter=delimiter, lineterminator="\n").writerows(rows)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(cells.getvalue().encode(encoding))
    return name


def init(*files, **options):
    write_run_file(files, **options)
    path = Path(options.get("output", "run.yaml"))
    return yaml.safe_load(path.read_text(encoding="utf-8")), path.read_text(encoding="utf-8")


def datasets(config, folder="."):
    """Make the datasets of a run file, as its keys say."""
    found = {}
    for name, section in config["data"].items():
        arguments = dict(section)
        for split in ("train", "validation", "test"):
            if split in arguments:
                arguments[split] = Path(folder) / arguments[split]
        jsonl = ".jsonl" in arguments["train"].name
        found[name] = (Dataset.from_jsonl if jsonl else Dataset.from_csv)(name, **arguments)
    return found


def test_a_run_file_is_written_and_reads_the_files():
    write("reviews_train.csv", ROWS)
    write("reviews-dev.tsv", ROWS[:3] + ROWS[-2:], delimiter="\t")
    told = write_run_file(["reviews_train.csv", "reviews-dev.tsv"])
    assert told == (
        "reviews: 12 train, 4 validation rows; text 'review'; tasks tone (2 labels)\n"
        "Wrote run.yaml. Next: keras-mtl train run.yaml"
    )
    config = yaml.safe_load(Path("run.yaml").read_text(encoding="utf-8"))
    assert config == {
        "data": {
            "reviews": {
                "train": "reviews_train.csv",
                "validation": "reviews-dev.tsv",
                "encoding": "utf-8",
                "delimiter": None,
                "text": "review",
                "labels": "tone",
                "nulls": "error",
            }
        },
        "tasks": {"tone": {"data": "reviews", "column": "tone", "kind": "classification"}},
        "tokenizer": {"sequence_length": 5},
    }
    data = datasets(config)["reviews"]
    assert (len(data.train), len(data.validation)) == (12, 4)


def test_comments_are_true_of_the_files():
    more = [(f"A film {word}", "pos") for word in map(str, range(54))]
    rows = [*more[:-1], more[0], *ROWS[1:]]
    write("a.csv", [(*ROWS[0], "id"), *((*row, n % 9) for n, row in enumerate(rows))])
    write("a_test.csv", [*ROWS[:2], ("", "neg")])
    config, text = init("a.csv", "a_test.csv")
    whole = {"a": {**config["data"]["a"], "validation_fraction": 0}}
    profiled = profile(datasets({"data": whole})["a"])
    assert profiled["labels"]["tone"]["counts"]["train"] == {"neg": 6, "pos": 60}
    assert profiled["splits"]["train"]["words"]["p50"] == 3
    comments = " ".join(line.strip().lstrip("# ") for line in text.splitlines())
    for line in (
        "train: a.csv  # 66 rows",
        "test: a_test.csv  # 2 rows",
        "2 labels, with their rows in train: 'pos' 60, 'neg' 6.",
        "'pos' comes 10 times as often as 'neg'; to make labels count alike:",
        "class_weight: balanced",
        "Missing: 'review' in 1 row of test; such a row is left out",
        "Not taken for labels: 'id' (an id by its name).",
        "Duplicate texts: 1 within train, 1 of test also in train.",
        "median 3 words, longest 5",
        "95 of 100 training texts have no more than 5.",
    ):
        assert line in comments


def test_only_uneven_labels_get_a_proposal_to_weigh_them():
    write("a.csv", ROWS)
    assert "class_weight" not in init("a.csv")[1]


def test_files_of_several_names_are_several_datasets_with_tasks_of_their_own():
    rows = [("text", "label"), *((text, "a") for text in GOOD), *((text, "b") for text in BAD)]
    write("news.csv", rows)
    write("more/reviews.csv", rows)
    config, _ = init("news.csv", "more/reviews.csv")
    assert list(config["data"]) == ["news", "reviews"]
    assert config["tasks"]["reviews"] == {
        "data": "reviews", "column": "label", "kind": "classification",
    }  # fmt: skip
    assert list(config["tasks"]) == ["news", "reviews"]


@pytest.mark.parametrize("rare", [1, 2, 5])
def test_a_rare_class_is_cut_regardless_of_class(rare):
    write("a.csv", [*ROWS, *((f"An odd film {n}", "odd") for n in range(rare))])
    config, text = init("a.csv")
    section = config["data"]["a"]
    assert (section["stratify"], section["validation_fraction"]) == (False, 0.1)
    assert f"too few rows of 'tone' are 'odd' ({rare})" in text
    data = datasets(config)["a"]
    assert len(data.validation) == round(0.1 * (12 + rare))


@pytest.mark.parametrize(("rows", "fraction"), [(3, 0.3), (4, 0.3), (5, 0.3), (7, 0.1)])
def test_a_small_table_is_cut_in_larger_parts(rows, fraction):
    write("a.csv", [ROWS[0], *ROWS[1 : rows // 2 + 1], *ROWS[7 : 7 + rows - rows // 2]])
    config, _ = init("a.csv")
    assert config["data"]["a"]["validation_fraction"] == fraction
    assert len(datasets(config)["a"].validation) == round(fraction * rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_seen(encoding, delimiter):
    rows = [("评论", "情感"), *((f"这部电影很好看{n}", "好") for n in range(6))]
    rows += [(f"太差了，不推荐{n}", "坏") for n in range(6)]
    write("评论.csv", rows, encoding, delimiter)
    config, text = init("评论.csv")
    section = config["data"]["评论"]
    assert section["encoding"] == encoding.removesuffix("-sig")
    assert section["delimiter"] == (None if delimiter == "," else delimiter)
    assert ("guessed" in text) == (encoding == "gb18030")
    assert datasets(config)["评论"].labels == {"情感": ("坏", "好")}
    assert config["tasks"] == {"task": {"data": "评论", "column": "情感", "kind": "classification"}}


def test_western_text_of_windows_is_seen():
    rows = [("texte", "ton"), *((f"très réussi à voir {n}", "gai") for n in range(6))]
    write("a.csv", rows + [(f"déçu par le début {n}", "été") for n in range(6)], "cp1252")
    config, text = init("a.csv")
    assert config["data"]["a"]["encoding"] == "cp1252" and "check how accents read" in text
    assert datasets(config)["a"].labels == {"ton": ("gai", "été")}


ODD = ["yes", "no", "null", "1", "2020-01-01", "a: b", "#c", " x", "'", '"', "评", "~", "- a", "\\"]


def test_odd_names_and_labels_are_quoted():
    heads = ("text: the, one", "true")
    rows = [heads, *((f"A fine film {n} {m}", one) for n, one in enumerate(ODD) for m in range(9))]
    write("no.csv", rows)
    write("no_test.csv", [*rows[:3], ("Another film", "# new")])
    config, _ = init("no.csv", "no_test.csv")
    section = config["data"]["no"]
    assert section["text"] == heads[0]
    assert section["labels"] == {"true": sorted([*ODD, "# new"])}
    assert datasets(config)["no"].labels == {"true": tuple(section["labels"]["true"])}
    assert config["tasks"]["true"]["column"] == "true"


def test_a_label_of_numbers_keeps_its_order():
    rows = [("text", "stars"), *((f"A film {n}", n % 11) for n in range(66))]
    write("a.csv", rows)
    config, _ = init("a.csv")
    assert datasets(config)["a"].labels == {"stars": tuple(str(n) for n in range(11))}


def test_paths_are_relative_to_the_run_file():
    write("data/reviews.csv", ROWS)
    config, _ = init("data/reviews.csv", output="runs/first/run.yaml")
    assert config["data"]["reviews"]["train"] == "../../data/reviews.csv"
    assert len(datasets(config, "runs/first")["reviews"].train) == 10
    os.symlink("data/reviews.csv", "~link.csv")
    os.symlink("runs/first", "elsewhere")
    config, _ = init("./~link.csv", output="elsewhere/other.yaml")
    assert config["data"]["~link"]["train"] == "../../~link.csv"
    # The loader takes `~` for the home folder, so such a path is written in full.
    config, _ = init("./~link.csv")
    assert config["data"]["~link"]["train"] == f"{Path.cwd().resolve()}/~link.csv"
    assert load_config("run.yaml").data["~link"].choice.values["train"].endswith("/~link.csv")


def test_a_run_file_that_is_there_stays():
    write("a.csv", ROWS)
    Path("run.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="--force to replace it"):
        write_run_file(["a.csv"])
    assert Path("run.yaml").read_text(encoding="utf-8") == "mine"
    write_run_file(["a.csv"], force=True)
    assert Path("run.yaml").read_text(encoding="utf-8").startswith("# What to train")
    with pytest.raises(ValueError, match="Received: the folder '.'"):
        write_run_file(["a.csv"], output=".")


def test_nothing_is_left_of_a_run_file_that_fails():
    write("a.csv", ROWS[:1])
    for force in (False, True):
        with pytest.raises(ValueError, match="the header alone"):
            write_run_file(["a.csv"], force=force)
    assert os.listdir() == ["a.csv"]
    write("a.csv", ROWS)
    write_run_file(["a.csv"])
    assert sorted(os.listdir()) == ["a.csv", "run.yaml"]


@pytest.mark.parametrize(
    ("files", "kind", "message"),
    [
        ([], ValueError, "must be given the files"),
        (["b.csv"], FileNotFoundError, "Did you mean 'a.csv'"),
        (["."], ValueError, "Received: the folder"),
        (["a.txt"], ValueError, "must be a table by its name"),
        (["a_test.csv"], ValueError, "must have a training file"),
    ],
)
def test_files_that_cannot_be_used_are_named(files, kind, message):
    for name in ("a.csv", "a.txt", "a_test.csv"):
        write(name, ROWS)
    with pytest.raises(kind, match=message):
        write_run_file(files)


def test_columns_may_be_named():
    rows = [("id", "note", "text", "tone"), *((n, "x y", *row) for n, row in enumerate(ROWS[1:]))]
    write("a.csv", rows)
    config, _ = init("a.csv", text="note", labels=["tone"])
    assert config["data"]["a"]["text"] == "note"


def test_the_loader_takes_the_file_also_with_its_proposals():
    more = [(f"A film {word}", "pos") for word in map(str, range(54))]
    write("reviews.csv", [*ROWS, *more, more[0]])
    _, text = init("reviews.csv")
    config = load_config("run.yaml")
    assert list(config.tasks) == ["tone"] and config.tasks["tone"].data == ("reviews",)
    proposed = re.sub(r"(?m)^( *)# (?=( *)[a-z_]+:(?: |$))", r"\1", text)
    Path("proposed.yaml").write_text(proposed, encoding="utf-8")
    other = load_config("proposed.yaml")
    assert other.data["reviews"].screen["near_duplicates"] == 0.9
    assert other.tasks["tone"].choice.values["class_weight"] == "balanced"
    assert other.training.early_stopping["patience"] == 2
    # The rest of what is in comments are the defaults.
    assert (other.trunk.values, other.tokenizer.values) == (
        config.trunk.values,
        config.tokenizer.values,
    )
    written = {**config.mixture, "share": "proportional"}  # As it is unless gradients are weighed.
    assert (other.mixture, other.seed, other.training.epochs) == (written, 0, 10)
    assert other.output == config.output.with_name("run")


CELLS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["", "a", "yes", "no", "1", "2", "a good film", "so dull", "null", "2020-01-01", "é", "评论"]
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252", "latin-1"])


@settings(max_examples=60)
@given(
    heads=st.lists(CELLS, min_size=1, max_size=4, unique=True),
    rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=12),
    texts=st.booleans(),
    encoding=ENCODINGS,
    delimiter=st.sampled_from(",;\t|"),
)
def test_any_table_is_refused_or_read_as_it_is_written(
    tmp_path_factory, heads, rows, texts, encoding, delimiter
):
    folder = tmp_path_factory.mktemp("any")
    if texts:
        heads = ["body", *heads]
        rows = [[f"text number {n} of {len(rows)}", *row] for n, row in enumerate(rows)]
    cells = io.StringIO()
    table = [heads, *(row[: len(heads)] for row in rows)]
    csv.writer(cells, delimiter=delimiter, lineterminator="\n").writerows(table)
    (folder / "odd.csv").write_bytes(cells.getvalue().encode(encoding, "replace"))
    try:
        write_run_file([folder / "odd.csv"], folder / "run.yaml")
    except ValueError:
        assert os.listdir(folder) == ["odd.csv"]
        return
    config = yaml.safe_load((folder / "run.yaml").read_text(encoding="utf-8"))
    data = datasets(config, folder)["odd"]
    assert {task["column"] for task in config["tasks"].values()} == set(data.labels)
    assert list(load_config(folder / "run.yaml").tasks) == list(config["tasks"])
    whole = len(data.train) + (len(data.validation) if data.validation else 0)
    assert whole + data.nulls["train"]["dropped"] <= len(rows)
