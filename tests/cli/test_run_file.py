"""What a run file and `init` say of missing values, of labels and texts that are not read."""

import re
from pathlib import Path

import pytest
import yaml

from keras_mtl.cli.data import show_data
from keras_mtl.cli.init import write_run_file
from keras_mtl.data import Dataset

ROWS = [f"A fine film {n},pos" for n in range(6)] + [f"So dull {n},neg" for n in range(6)]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, *rows, header="review,tone"):
    Path(name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def init(*files):
    told = write_run_file(files, force=True)
    text = Path("run.yaml").read_text(encoding="utf-8")
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    return told, yaml.safe_load(text)["data"]["a"], re.sub(r" ?# ", " ", " ".join(comments))


LEFT_OUT = "; such a row is left out, as nothing can be learned without its text."
STAYS = "; such a row stays, and counts for the tasks whose label it has."


@pytest.mark.parametrize(
    ("rows", "nulls", "missing"),
    [
        ([], "error", []),
        ([",pos"], "drop", ["'review' in 1 row of train" + LEFT_OUT]),
        (["Who knows,"] * 2, "unlabelled", ["'tone' in 2 rows of train" + STAYS]),
        (
            [",pos", ",", "Who knows,"],
            "unlabelled",
            ["'review' in 2 rows of train" + LEFT_OUT, "'tone' in 1 row of train" + STAYS],
        ),
    ],
)
def test_missing_values_are_counted_as_they_are_read(rows, nulls, missing):
    write("a.csv", *ROWS, *rows)
    _, section, comments = init("a.csv")
    assert section["nulls"] == nulls
    assert re.findall("Missing: (.*?[.])(?= |$)", comments) == missing
    data = Dataset.from_csv("a", **section)
    whole = len(data.train) + len(data.validation)
    assert whole + data.nulls["train"]["dropped"] == len(ROWS + rows)


def test_what_was_not_read_and_cannot_be_learned_is_told():
    write(
        "a.csv",
        *(f"Film number {n},{row}" for n, row in enumerate(ROWS)),
        header="title,review,tone",
    )
    write("a_test.csv", "A film,pos", "Another,mixed", header="review,tone")
    write("a_dev.csv", "A film,good", header="review,tone")
    told, section, _ = init("a.csv", "a_test.csv", "a_dev.csv")
    lines = [
        "Texts too, and not read: 'title'. To read another: --text COLUMN",
        "Left out: validation, as 'a_dev.csv' has no label of 'tone' that train has (but 'good')",
        "Warning: 'tone' of test has labels that train does not have, and that cannot be learned: "
        "'mixed'",
    ]
    assert told.splitlines()[1:4] == [f"  {line}" for line in lines]
    assert "validation" not in section and section["labels"] == {"tone": ["mixed", "neg", "pos"]}
    shown = show_data("a.csv", test="a_test.csv", validation="a_dev.csv")
    assert all(line in " ".join(shown.split()) for line in lines)
