import json
from typing import Any

import pytest

import keras_mtl as mtl
from keras_mtl.export import BundleError
from keras_mtl.export.task_entries import task_entry, tasks_of

pytestmark = pytest.mark.any_backend
TASK = mtl.classification(
    "topic", ["a", "字"], "label", pooling="max", hidden_dim=3, class_weight={"a": 2.0}
)


def entry(**changes: Any) -> dict[str, Any]:
    through_json: dict[str, Any] = json.loads(json.dumps(task_entry(TASK)))
    return {**through_json, **changes}


def test_a_task_comes_back_equal() -> None:
    assert tasks_of({"tasks": [entry()]}) == (TASK,)


@pytest.mark.parametrize(
    "changed",
    [
        "topic",
        {"name": "topic"},
        entry(config={"registered_name": "elsewhere>Kind", "class_name": "Kind"}),
        entry(config={"registered_name": "keras_mtl>Pooling"}),
        entry(config={"registered_name": None, "module": "os", "class_name": "system"}),
    ],
)
def test_a_kind_that_is_not_known(changed: Any) -> None:
    with pytest.raises(BundleError, match="kinds known here. Received: .*import the module"):
        tasks_of({"tasks": [changed]})


def test_a_configuration_that_makes_no_task() -> None:
    config = task_entry(TASK)["config"]
    config["config"]["labels"] = ["only one"]
    with pytest.raises(BundleError, match="cannot be made: .*'topic'.*at least 2"):
        tasks_of({"tasks": [entry(config=config)]})


@pytest.mark.parametrize("changes", [{"labels": ["字", "a"]}, {"name": "b"}, {"kind": "Tags"}])
def test_an_entry_edited_by_hand(changes: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match="must agree with its own `config`"):
        tasks_of({"tasks": [entry(**changes)]})


@pytest.mark.parametrize("tasks", [[], [entry(), entry()]])
def test_no_task_or_one_twice(tasks: list[Any]) -> None:
    with pytest.raises(BundleError, match="must be tasks of one model"):
        tasks_of({"tasks": tasks})
