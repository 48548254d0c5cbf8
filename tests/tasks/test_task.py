import dataclasses

import keras
import pytest

from keras_mtl.tasks import Classification, Task, check_tasks, classification, tagging

pytestmark = pytest.mark.any_backend

LABELS = ("no", "yes")


@pytest.mark.parametrize(
    "name", ["a b", "a.b", "a/b", "a-b", "_a", "1a", "a:0", "ärger", "话题", "", "a\n", None, 3]
)
def test_names_that_tensorflow_refuses_are_refused(name):
    with pytest.raises(ValueError, match="The name of a task .* Received: name="):
        classification(name, LABELS, "label")


@pytest.mark.parametrize(
    "name", ["loss", "val", "val_topic", "serve", "serving_default", "token_ids", "texts", "trunk"]
)
def test_names_in_use_are_refused(name):
    with pytest.raises(ValueError, match=f"must not be one that logs.* Received: name='{name}'"):
        classification(name, LABELS)


@pytest.mark.parametrize("name", ["a", "Topic_2", "value", "losses"])
def test_other_names_are_taken(name):
    assert classification(name, LABELS).name == name


def test_a_task_is_frozen():
    task = classification("topic", LABELS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.column = "other"  # type: ignore[misc]


def test_equal_tasks_are_equal_and_hashable():
    one, other = (classification("a", list(LABELS), class_weight={"yes": 2}) for _ in range(2))
    assert one == other and hash(one) == hash(other)
    assert one != classification("a", LABELS[::-1], class_weight={"yes": 2})


def test_config_round_trip():
    task = classification(
        "a",
        LABELS,
        "column",
        pooling="last",
        hidden_dim=3,
        dropout=0.1,
        label_smoothing=0.2,
        class_weight=[1, 2],
    )
    config = keras.saving.serialize_keras_object(task)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is Classification and copy == task
    assert Classification.from_config(task.get_config()) == task


def test_check_tasks():
    one, two = classification("a", LABELS), classification("b", LABELS)
    assert check_tasks(one) == (one,)
    assert check_tasks(task for task in (one, two)) == (one, two)
    assert issubclass(Classification, Task)
    # Only a model that reads words answers them by this name.
    assert check_tasks(classification("words", LABELS))


@pytest.mark.parametrize(
    ("tasks", "error", "message"),
    [
        ([], ValueError, "at least one task"),
        (["topic"], TypeError, "`tasks` of a model must be tasks.* Received: 'topic' of type str"),
        ([classification("a", LABELS)] * 2, ValueError, r"name of its own.* twice: \['a'\]"),
        (
            [tagging("a", ("O", "B-x", "I-x")), classification("words", LABELS)],
            ValueError,
            r"must not have tasks named words, starts, ends.*Received: \['words'\]. Choose another",
        ),
    ],
)
def test_check_tasks_refuses(tasks, error, message):
    with pytest.raises(error, match=message):
        check_tasks(tasks)
