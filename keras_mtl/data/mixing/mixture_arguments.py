"""What a mixture may be built from, and what it says to anything else."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from keras_mtl.data.datasets.split import Split


def checked_splits(splits: Any) -> dict[str, Split]:
    """Stream name to rows.

    Raises:
        TypeError: If a name is no string, or its rows are no split.
        ValueError: If it is no dictionary, or empty.
    """
    if not isinstance(splits, Mapping) or not splits:
        raise ValueError(
            "`splits` of a mixture must be a dictionary from stream name to rows, such as "
            f"{{'imdb': imdb.train}}. Received: splits={splits!r}."
        )
    for name, rows in splits.items():
        if not isinstance(name, str) or not name:
            raise TypeError(
                f"The name of a stream of a mixture must be a string. Received: {name!r}."
            )
        if not isinstance(rows, Split):
            raise TypeError(
                f"Stream {name!r} of a mixture must be rows of a dataset, such as `imdb.train`. "
                f"Received: {rows!r} of type {type(rows).__name__}."
            )
    return dict(splits)


def checked_tasks(splits: Mapping[str, Split], tasks: Any) -> dict[str, tuple[str, ...]]:
    """Stream name to the names of its tasks, in the order of the streams.

    Raises:
        TypeError: If something is no name.
        ValueError: If a stream has no task, or a task no stream.
    """
    given = {name: name for name in splits} if tasks is None else tasks
    if not isinstance(given, Mapping):
        raise ValueError(
            "`tasks` of a mixture must be a dictionary from stream to task or tasks. "
            f"The streams are {list(splits)}. Received: tasks={given!r}."
        )
    without = [name for name in splits if name not in given]
    extra = [name for name in given if name not in splits]
    if without or extra:
        raise ValueError(
            "`tasks` of a mixture must name the task or tasks of each stream and of no other. "
            f"Received: no task for the streams {without}; tasks for {extra}, which are no "
            f"streams. The streams are {list(splits)}."
        )
    return {name: _task_names(name, given[name]) for name in splits}


def check_fed(fed: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    """Check that streams feed the tasks of a model, all of them and no other.

    Args:
        fed: Stream name to the names of its tasks.
        names: Names of the model's tasks.

    Raises:
        ValueError: If a task has no stream, or a stream a task that the model lacks.
    """
    streams = {name: list(tasks) for name, tasks in fed.items()}
    without = [name for name in names if not any(name in tasks for tasks in fed.values())]
    if without:
        raise ValueError(
            f"A mixture must feed every task of the model. Received: no stream for {without}; the "
            f"streams feed {streams}. Add a stream for each, build the model without the task, or "
            "freeze the task's head."
        )
    extra = {task: name for name, tasks in fed.items() for task in tasks if task not in names}
    if extra:
        raise ValueError(
            f"A mixture must feed only tasks of the model, {list(names)}. Received: "
            + ", ".join(f"stream {name!r} for task {task!r}" for task, name in extra.items())
            + ". Leave the stream or the task out of the mixture, or add the task to the model."
        )


def check_whole(least: int = 1, **options: Any) -> None:
    """Check options that are whole numbers of at least `least`.

    Raises:
        ValueError: If one is not.
    """
    for name, value in options.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(
                f"`{name}` of a mixture must be a whole number of {least} or more. "
                f"Received: {name}={value!r}."
            )


def _task_names(stream: str, given: Any) -> tuple[str, ...]:
    names = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"`tasks` of stream {stream!r} of a mixture must be the name of a task, or several. "
            f"Received: {given!r}. For a task object use its `name`."
        )
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"`tasks` of stream {stream!r} of a mixture must be one or more, none of them twice. "
            f"Received: {list(names)}."
        )
    return names
