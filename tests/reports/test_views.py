"""What the page says of a run, its data and its tasks, before it is a page."""

import dataclasses
from pathlib import Path

import pytest

from keras_mtl.reports.data_views import dataset_view
from keras_mtl.reports.overview import duration, header, results
from keras_mtl.reports.results import task_results
from keras_mtl.reports.run_files import RunFiles, read_run
from keras_mtl.reports.run_views import fingerprints, mixture, other_logs, timing, versions
from keras_mtl.reports.task_views import run_panels, task_view
from tests.reports.made_up import write_run


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> RunFiles:
    return read_run(write_run(tmp_path_factory.mktemp("runs") / "reviews"))


def with_run(files: RunFiles, **changes) -> RunFiles:
    return dataclasses.replace(files, run={**files.run, **changes})


# --- overview ---


def test_header(files):
    found = header(files)
    facts = dict(found["facts"])
    assert found["name"] == "reviews" and found["notices"] == []
    assert facts["started"] == "3 Nov 2025, 09:05 UTC" and facts["epochs"] == "8"
    assert facts["took"].split() == ["12", "min", "12", "s"] and facts["seed"] == "7"
    assert facts["best epoch"].startswith("5 (validation loss ")
    assert facts["parameters"] == "2,600,516"


def test_how_long_it_took_as_far_as_is_known(files):
    assert duration(files) == 732
    assert duration(with_run(files, ended=None)) == 675.75
    assert duration(with_run(files, ended=None, seconds={})) == pytest.approx(647)
    assert duration(dataclasses.replace(with_run(files, ended=None, seconds={}), epochs=())) is None


def test_results_have_bars_for_shares_only(files):
    table = results(files, task_results(files))
    assert table["metrics"] == ["loss", "accuracy", "macro_f1", "weighted_f1"]
    assert table["split"] == "test" and table["checkpoint"] == "best" and table["epoch"] is None
    for row in table["rows"]:
        shares = [share for _, share in row["cells"]]
        assert shares[0] is None and all(0 < share < 1 for share in shares[1:])
        assert row["rows"] == 400


def test_what_many_tasks_are_sorted_by_is_said(tmp_path):
    many = read_run(write_run(tmp_path / "many", 7, 2, 3))
    table = results(many, task_results(many))
    assert table["sorted_by"] == "macro_f1"
    values = [row["cells"][2][0] for row in table["rows"]]
    assert values == sorted(values)


# --- tasks ---


def test_matrix_cells_are_shares_of_their_row(files):
    view = task_view(files, task_results(files)[1])
    rows = view["matrix"]["rows"]
    assert [row["name"] for row in rows] == ["negative", "positive", "neutral & mixed"]
    for place, row in enumerate(rows):
        assert sum(cell["share"] for cell in row["cells"]) == pytest.approx(1)
        assert sum(cell["rows"] for cell in row["cells"]) == row["total"]
        assert [cell["right"] for cell in row["cells"]] == [place == n for n in range(3)]
    assert not view["matrix"]["upright"]


def test_a_row_without_rows_has_no_shares(files):
    task = task_results(files)[0]
    empty = {"names": ["a", "b"], "counts": [[0, 0], [1, 3]]}
    view = task_view(files, dataclasses.replace(task, review={"matrix": empty}))
    assert [cell["share"] for cell in view["matrix"]["rows"][0]["cells"]] == [0, 0]
    assert view["matrix"]["upright"]


def test_many_labels_stand_weakest_first_and_undefined_ones_last(files):
    rows = [[f"l{n}", n, None, None, None if n == 3 else 1 - n / 40] for n in range(30)]
    table = {"columns": ["label", "rows", "precision", "recall", "F1"], "rows": rows}
    task = dataclasses.replace(task_results(files)[0], review={"table": table})
    found = task_view(files, task)["table"]
    names = [row[0] for row in found["rows"] + found["rest"]]
    assert names[0] == "l29" and names[-1] == "l3" and len(found["rows"]) == 12
    assert found["by"] == "F1"


def test_an_error_below_1_has_no_bar(files):
    one, other = task_results(files)[:2]
    curves = tuple(dataclasses.replace(one.curves[0], metric=name) for name in ("mae", "pearson"))
    figures = {"test": {"mae": 0.25, "pearson": 0.5}}
    one = dataclasses.replace(one, curves=curves, figures=figures)
    assert one.main == "pearson"
    assert results(files, [one])["rows"][0]["cells"] == [(0.25, None), (0.5, 0.5)]
    table = {"columns": ["scores", "rows", "RMSE"], "rows": [["all", 9, 0.5]]}
    view = task_view(files, dataclasses.replace(one, review={"table": table}))
    assert view["scored"] and not view["table"]["bars"]
    view = task_view(files, other)
    assert not view["scored"] and view["table"]["bars"]


def test_splits_stand_in_the_order_of_their_use(files):
    view = task_view(files, task_results(files)[0])
    assert [split for split, _ in view["figures"]] == ["train", "validation", "test"]
    assert [panel["metric"] for panel in view["panels"]] == view["metrics"]


# --- data ---


def test_remarks_on_the_data(files):
    notes = dataset_view("rows", files.data["sentiment_rows"])["notes"]
    assert notes == [
        ("rows of train whose text is in train before", 12),
        ("rows of test whose text is in train too", 4),
        ("rows of train dropped for missing values", 5),
        ("rows of train without sentiment", 2),
        ("rows screened out of train for conflicting labels", 2),
        ("rows screened out of train as near-duplicates of train", 7),
        ("rows screened out of train as near-duplicates of test", 1),
        ("empty texts in train", 3),
    ]


def test_label_balance_by_hand():
    counts = {"test": {"a": 1}, "train": {"a": 30, "b": 10}}
    profile = {"labels": {"tone": {"names": ["b", "a"], "counts": counts}}}
    (column,) = dataset_view("rows", profile)["columns"]
    assert column["splits"] == ["train", "test"]
    assert column["rows"] == [("b", [(10, 1 / 3), (0, 0)]), ("a", [(30, 1), (1, 1)])]


def test_of_many_labels_the_most_frequent_stand_first():
    names = [f"l{n}" for n in range(30)]
    counts = {"train": {name: number for number, name in enumerate(names)}}
    profile = {"labels": {"tone": {"names": names, "counts": counts}}}
    (column,) = dataset_view("rows", profile)["columns"]
    assert [name for name, _ in column["rows"]] == names[:17:-1]
    assert len(column["rest"]) == 18 and column["labels"] == 30


@pytest.mark.parametrize("profile", [None, {}, [], {"splits": {"train": None}, "labels": None}])
def test_a_profile_with_nothing_in_it(profile):
    view = dataset_view("rows", profile)
    assert view["columns"] == view["notes"] == view["examples"] == []


# --- run ---


def test_timing(files):
    found = timing(files)
    assert [part for part, *_ in found["parts"]] == ["loading", "training", "evaluating"]
    assert sum(share for *_, share in found["parts"]) == pytest.approx(1)
    assert found["pace"][1] == "808 rows a second"
    assert timing(RunFiles(Path(), {"tasks": []}, (), None, {}, {})) == {"parts": [], "pace": []}


def test_mixture_and_versions(files):
    found = mixture(files)
    assert found["streams"][0] == ("sentiment_rows", 32, 0.5) and found["padding"] == 0.134
    assert found["groups"] == [(["sentiment_rows", "topic_rows"], [64, 160, 400])]
    assert mixture(with_run(files, mixture=None)) is None
    assert versions(files)[0] == ("python", "3.11.9")
    assert len(fingerprints(files)) == 6 and len(fingerprints(files)[0][1]) == 64


def test_logs_that_are_no_tasks_are_drawn_too(files):
    assert other_logs(files) == ["learning_rate", "rows_per_second"]
    logs = tuple({**one, "spare": 0.5, "val_new": 1.0} for one in files.epochs)
    more = dataclasses.replace(files, epochs=logs)
    names = [panel["metric"] for panel in run_panels(more)]
    assert names == ["loss", "learning_rate", "new", "rows_per_second", "spare"]
    alone = with_run(more, tasks=files.run["tasks"][:1])
    assert "loss" not in [panel["metric"] for panel in run_panels(alone)]
