"""Tasks as entries of a manifest, and back."""

from typing import Any

import keras

from keras_mtl.export.errors import BundleError
from keras_mtl.tasks import Task, check_tasks, from_config


def task_entry(task: Task) -> dict[str, Any]:
    """What a manifest says of a task.

    `name`, `kind` and `labels` (`None` where a kind has none) are for readers without
    keras_mtl; `config` makes an equal task.
    """
    labels = getattr(task, "labels", None)
    return {
        "name": task.name,
        "kind": type(task).__name__,
        "labels": None if labels is None else list(labels),
        "config": keras.saving.serialize_keras_object(task),
    }


def tasks_of(manifest: dict[str, Any]) -> tuple[Task, ...]:
    """The tasks that a manifest tells of, in the order of the model.

    Raises:
        BundleError: If an entry is no task, or of a kind that this process does not know.
    """
    tasks = [_task(entry) for entry in manifest["tasks"]]
    try:
        return check_tasks(tasks)
    except ValueError as error:
        raise BundleError(f"`tasks` of the bundle must be tasks of one model. {error}") from error


def _task(entry: Any) -> Task:
    config = _object(_object(entry).get("config"))
    name = config.get("registered_name")
    kind = keras.saving.get_registered_object(name) if isinstance(name, str) else None
    # Before Keras reads the configuration: it would import the module that is named there.
    if not (isinstance(kind, type) and issubclass(kind, Task)):
        raise BundleError(
            "`tasks` of the bundle must hold tasks of kinds known here. Received: "
            f"{entry!r:.120}. For a kind of your own, import the module that registers it with "
            "`keras.saving.register_keras_serializable` first."
        )
    try:
        task = from_config(config)
    except Exception as error:  # Whatever a kind's own constructor may raise.
        raise BundleError(f"A task of the bundle cannot be made: {error}") from error
    made = task_entry(task)
    if any(entry.get(key) != made[key] for key in ("name", "kind", "labels")):
        raise BundleError(
            f"The entry of task {entry.get('name')!r} must agree with its own `config`, which "
            f"makes {task!r:.200}. Received: labels={entry.get('labels')!r:.60}. Export the bundle "
            "anew; do not edit it."
        )
    return task


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
