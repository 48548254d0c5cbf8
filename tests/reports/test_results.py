import json
from pathlib import Path

import pytest

from keras_mtl.reports.results import (
    best_epoch,
    lower_is_better,
    series,
    shown_split,
    task_results,
)
from keras_mtl.reports.run_files import RunFiles


def files(epochs, tasks=("a",), evaluation=None, **run) -> RunFiles:
    entries = [{"name": name, "metrics": ["accuracy", "loss"]} for name in tasks]
    return RunFiles(Path(), {"tasks": entries, **run}, tuple(epochs), None, {}, evaluation or {})


EPOCHS = [
    {"epoch": 1, "val_loss": 3, "a_loss": 0.9, "val_a_loss": 0.5, "val_a_accuracy": 0.7},
    {"epoch": 2, "val_loss": 2, "a_loss": 0.7, "val_a_loss": 0.6, "val_a_accuracy": None},
    {"epoch": 4, "val_loss": None, "a_loss": float("nan"), "val_a_loss": float("inf")},
]


def test_figures_are_those_of_the_best_epoch_of_the_run():
    (task,) = task_results(files(EPOCHS))
    assert best_epoch(files(EPOCHS)) == 2
    assert task.best_epoch == 1
    assert task.figures == {
        "train": {"loss": 0.7, "accuracy": None},
        "validation": {"loss": 0.6, "accuracy": None},
    }
    assert [curve.metric for curve in task.curves] == ["loss", "accuracy"]
    assert task.curves[0].train == (0.9, 0.7, None)
    assert task.curves[1].validation == (0.7, None, None)
    assert task.main == "accuracy" and not task.curves[1].empty


def test_the_run_says_which_epoch_was_best():
    run = files(EPOCHS, best={"epoch": 1, "metric": "val_a_accuracy", "value": 0.7})
    assert best_epoch(run) == 1
    assert task_results(run)[0].figures["validation"] == {"loss": 0.5, "accuracy": 0.7}


def test_without_validation_the_last_epoch_stands_for_the_run():
    run = files([{"epoch": 1, "a_loss": 0.9}, {"epoch": 2, "a_loss": 0.8}])
    (task,) = task_results(run)
    assert best_epoch(run) is None and task.best_epoch is None
    assert task.figures == {"train": {"loss": 0.8, "accuracy": None}}


def test_no_epoch():
    (task,) = task_results(files([]))
    assert task.figures == {} and task.curves[0].empty and task.main == "accuracy"


def test_test_is_shown_rather_than_another_split():
    splits = {
        "validation": {"logs": {"a_loss": 1.0}, "tasks": {"a": {"rows": 3}}},
        "test": {"logs": {"a_loss": 2.0}, "tasks": {}},
    }
    run = files(EPOCHS, evaluation={"splits": splits})
    (task,) = task_results(run)
    assert shown_split(run) == "test"
    assert task.figures["test"] == {"loss": 2.0, "accuracy": None}
    assert task.figures["validation"]["loss"] == 1.0
    assert task.reviewed == "validation" and task.review == {"rows": 3}


@pytest.mark.parametrize(("tasks", "expected"), [("abcd", "abcd"), ("abcde", "dbace")])
def test_many_tasks_stand_weakest_first(tasks, expected):
    accuracies = {"a": 0.6, "b": 0.5, "c": 0.9, "d": None, "e": 0.95}
    logs = {f"{name}_accuracy": value for name, value in accuracies.items()}
    evaluation = {"splits": {"test": {"logs": logs}}}
    found = task_results(files([], tuple(tasks), evaluation))
    assert "".join(task.name for task in found) == expected
    assert [task.number for task in found] == [1 + tasks.index(task.name) for task in found]


def test_the_lowest_error_comes_last():
    entries = [{"name": name, "metrics": ["loss", "mae"]} for name in "abcde"]
    logs = {f"{name}_mae": float(number) for number, name in enumerate("cabed")}
    run = RunFiles(Path(), {"tasks": entries}, (), None, {}, {"splits": {"test": {"logs": logs}}})
    assert "".join(task.name for task in task_results(run)) == "debac"


def test_values_that_are_no_numbers_are_none():
    odd = json.loads('[{"epoch": 1, "x": NaN}, {"epoch": 2, "x": "1"}, {"epoch": 3, "x": true}]')
    assert series(files(odd), "x") == (None, None, None)


@pytest.mark.parametrize("metric", ["mse", "rmse", "mean_squared_error", "perplexity", "loss"])
def test_lower_is_better(metric):
    assert lower_is_better(metric) and not lower_is_better(f"{metric}_rate")
