"""Heat maps of what a balancer did."""

import dataclasses

import pytest

from keras_mtl.reports.balance_views import balance, balance_logs, shown
from keras_mtl.reports.run_files import read_run
from keras_mtl.reports.run_views import other_logs
from tests.reports.made_up import write_run
from tests.reports.test_page import section, words, written


def files_of(folder, tasks=2, epochs=3, **logs):
    """Files of a run with more entries in the logs: name to the values of the epochs."""
    found = read_run(write_run(folder, tasks, epochs=epochs))
    lines = tuple(
        {**one, **{name: values[at] for name, values in logs.items()}}
        for at, one in enumerate(found.epochs)
    )
    return dataclasses.replace(found, epochs=lines)


def test_weights_norms_and_cosines_of_a_pair(tmp_path):
    files = files_of(
        tmp_path / "run",
        sentiment_weight=[1.0, 0.5, 0.25],
        topic_weight=[1.0, 2.0, 4.0],
        sentiment_gradient_norm=[3.0, 2.0, 1.0],
        sentiment_topic_cosine=[0.5, -0.25, None],
    )
    weights, norms, cosines = balance(files)
    assert [one["title"] for one in (weights, norms, cosines)] == [
        "Weight", "Gradient norm", "Cosine of gradients"
    ]  # fmt: skip
    assert weights["epochs"] == [1, 2, 3]
    assert [name for name, _ in weights["rows"]] == ["sentiment", "topic"]
    assert [cell["share"] for cell in weights["rows"][1][1]] == [0.25, 0.5, 1.0]
    # Each map has a scale of its own; that of cosines is 1, whatever the largest is.
    assert [cell["share"] for cell in norms["rows"][0][1]] == pytest.approx([1.0, 2 / 3, 1 / 3])
    ((name, cells),) = cosines["rows"]
    assert name == "sentiment, topic" and [one["share"] for one in cells] == [0.5, 0.25, 0.0]
    assert [one["against"] for one in cells] == [False, True, False]
    assert cells[2]["value"] is None


def test_what_is_a_heat_map_is_no_curve_and_metrics_are_no_heat_map(tmp_path):
    files = files_of(tmp_path / "run", topic_weight=[1.0, 1.0, 1.0], odd=[1.0, 2.0, 3.0])
    assert balance_logs(files) == {"topic_weight"}
    assert "odd" in other_logs(files) and "topic_weight" not in other_logs(files)
    tasks = [{**task, "metrics": [*task["metrics"], "weight"]} for task in files.run["tasks"]]
    files = dataclasses.replace(files, run={**files.run, "tasks": tasks})
    assert balance(files) == [] and balance_logs(files) == set()


def test_many_tasks_have_their_mean_cosine(tmp_path):
    names = [task["name"] for task in files_of(tmp_path / "a", tasks=12).run["tasks"]]
    logs = {f"{name}_mean_cosine": [0.1, 0.2, 0.3] for name in names}
    (cosines,) = balance(files_of(tmp_path / "b", tasks=12, **logs))
    assert [name for name, _ in cosines["rows"]] == [f"{name}, all others" for name in names]


def test_columns_of_many_epochs():
    assert shown(1, 0) == [0] and shown(0, 0) == []
    for epochs, best in ((21, 20), (100, 0), (100, 1), (100, 98), (5000, 2501)):
        found = list(shown(epochs, best))
        assert len(found) == 20 and found == sorted(set(found))
        assert found[0] == 0 and found[-1] == epochs - 1 and best in found


def test_the_page_has_them(tmp_path):
    folder = write_run(tmp_path / "run", 2, epochs=2)
    assert section(written(folder), "balance") is None
    path = folder / "metrics.jsonl"
    cosine = '"sentiment_topic_cosine": %s, "topic_weight": 0.75, '
    lines = path.read_text("utf-8").splitlines()
    lines = [
        line.replace("{", "{" + cosine % value, 1)
        for line, value in zip(lines, (-0.5, 0.5), strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    found = section(written(folder), "balance")
    assert words(found.find(".//h4")) == "Weight"
    weights, cosines = found.findall(".//table")
    assert words(cosines) == "1 2 sentiment, topic -0.500 0.500"
    assert [cell.attrib["class"] for cell in cosines.findall("tbody/tr/td")] == ["off", "right"]
    assert weights.find("tbody/tr/td").attrib["style"] == "--v:1.00"


def test_values_that_are_no_numbers(tmp_path):
    nothing = ["NaN", None, float("nan")]
    assert balance(files_of(tmp_path / "run", topic_weight=nothing)) == []
    (weights,) = balance(files_of(tmp_path / "two", topic_weight=[float("inf"), 0.0, 0.0]))
    assert [cell["share"] for cell in weights["rows"][0][1]] == [0.0, 0.0, 0.0]
