"""What the user asks of a table: which columns are texts and labels, what becomes of nulls."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keras_mtl.data.datasets.label_space import check_names, listed, nearest
from keras_mtl.data.datasets.split import TEXT_COLUMNS
from keras_mtl.data.tables.table_columns import NULLS

TextArgument = str | Mapping[str, str]
LabelsArgument = str | Sequence[str] | Mapping[str, Sequence[str] | None]
ScoresArgument = str | Sequence[str]

ColumnsArgument = Sequence[str] | Mapping[str, str]


@dataclass(frozen=True)
class TableRequest:
    """What is wanted of the files of a dataset.

    Args:
        name: The dataset, for messages.
        texts: Text column of the splits to column of the files.
        labels: Label column to its names in class order, or to `None` for those in train.
        nulls: What becomes of missing values, one of `NULLS`.
        kept: Further columns, which are kept as they are: column of the splits to column of the
            files.
        scores: Columns of numbers.
    """

    name: str
    texts: Mapping[str, str]
    labels: Mapping[str, tuple[str, ...] | None]
    nulls: str
    kept: Mapping[str, str] = field(default_factory=dict)
    scores: tuple[str, ...] = ()


def check_request(
    name: str,
    text: TextArgument,
    labels: LabelsArgument,
    nulls: str,
    scores: ScoresArgument = (),
    columns: ColumnsArgument = (),
) -> TableRequest:
    """Check what is asked of the files of a dataset.

    Args:
        name: The dataset, for messages.
        text: The text column of the files, or a mapping from `text`, `sentence1`, `sentence2`
            or `tokens` to a column of the files.
        labels: A label column, several, or a mapping to the label names.
        nulls: What becomes of missing values.
        scores: A column of numbers, or several.
        columns: Columns to keep as they are, or a mapping from their new names to columns.

    Raises:
        ValueError: If an argument is not as described, or one column is asked for twice.
    """
    if not isinstance(nulls, str) or nulls not in NULLS:
        raise ValueError(
            f"`nulls` of dataset {name!r} must be one of {', '.join(NULLS)}. Received: "
            f"nulls={nulls!r}. {nearest(str(nulls), NULLS)}".rstrip()
        )
    texts = _texts(text, name)
    spaces = _labels(labels, name)
    for column in spaces:
        if column in texts.values():
            raise ValueError(
                f"`text` and `labels` of dataset {name!r} must name different columns. Received: "
                f"{column!r} for both. Name the column that holds the labels."
            )
        if column in TEXT_COLUMNS:
            raise ValueError(
                f"`labels` of dataset {name!r} must name no text column ({', '.join(TEXT_COLUMNS)})"
                f". Received: {column!r}. Rename the column in the files."
            )
    numbers = _scores(scores, name)
    for column in numbers:
        if column in spaces or column in texts.values() or column in TEXT_COLUMNS:
            raise ValueError(
                f"`scores` of dataset {name!r} must name columns that are neither texts nor "
                f"`labels`. Received: {column!r}. Name it under one of them."
            )
    taken = dict.fromkeys(numbers)
    kept = _kept(columns, name, {**spaces, **texts, **taken}, {*spaces, *texts.values(), *taken})
    return TableRequest(name, texts, spaces, nulls, kept, numbers)


def check_stratify(stratify: object, request: TableRequest) -> None:
    """Check what the validation cut is stratified by.

    Raises:
        ValueError: If it is no label column of the files, and neither `True`, `False` nor `None`.
    """
    if isinstance(stratify, bool) or stratify is None or stratify in tuple(request.labels):
        return
    raise ValueError(
        f"`stratify` of dataset {request.name!r} must be one of its label columns "
        f"({listed(request.labels) or 'none'}), True for the first, or None. Received: "
        f"stratify={stratify!r}. {nearest(str(stratify), request.labels)}".rstrip()
    )


def check_known(names: object, known: Sequence[str], argument: str, name: str) -> None:
    """Check which columns are asked for, where it is known which there are.

    Args:
        names: What the user gave: columns, or a mapping from them.
        known: The columns there are to choose from.
        argument: The argument it was given as.
        name: The dataset, for messages.

    Raises:
        ValueError: If these are no different columns of those there are.
    """
    whose = f"`{argument}` of dataset {name!r}"
    if not isinstance(names, list | tuple | Mapping):
        raise ValueError(
            f"{whose} must be a list of columns. Received: {argument}={names!r:.60}. Write some "
            f"of {listed(known)}, or [] for none."
        )
    for column in names:
        if column not in known:
            raise ValueError(
                f"{whose} must name columns that there are ({listed(known) or 'none'}). Received: "
                f"{column!r:.60}. {nearest(str(column), known)}".rstrip()
            )
    if len(set(names)) < len(names):
        raise ValueError(
            f"{whose} must name different columns. Received: {list(names)}. Name a column once."
        )


def _kept(columns: Any, name: str, named: Container[str], read: Container[str]) -> dict[str, str]:
    """Return what the columns to keep are called: in the dataset to in the table.

    Args:
        columns: What the user gave.
        name: The dataset, for messages.
        named: The names that texts and labels have in the dataset.
        read: The columns of the table that these are.
    """
    whose = f"`columns` of dataset {name!r}"
    if isinstance(columns, str) or not isinstance(columns, Sequence | Mapping):
        raise ValueError(
            f"{whose} must be a list of columns, or a mapping such as {{'score': 'label'}}. "
            f"Received: columns={columns!r:.60}. Write [{columns!r:.60}] for one column."
        )
    pairs = list(
        columns.items() if isinstance(columns, Mapping) else zip(columns, columns, strict=True)
    )
    for target, column in pairs:
        if not isinstance(target, str) or not isinstance(column, str):
            raise ValueError(
                f"{whose} must hold the names of columns. Received: {target!r:.60} for "
                f"{column!r:.60}. Write the columns as the dataset calls them."
            )
        if column in read or target in named or target in TEXT_COLUMNS:
            raise ValueError(
                f"{whose} must name columns beside those of `text` and `labels`, and none of them "
                f"{', '.join(TEXT_COLUMNS)}. Received: {column!r} as {target!r}. Leave it out, or "
                "give it another name: columns={'another': 'column'}."
            )
    for several in map(list, zip(*pairs, strict=True)):
        if len(set(several)) < len(several):
            raise ValueError(
                f"{whose} must name different columns. Received: {several}. Name a column once."
            )
    return dict(pairs)


def _texts(text: Any, name: str) -> dict[str, str]:
    whose = f"`text` of dataset {name!r}"
    texts = dict(text) if isinstance(text, Mapping) else {"text": text}
    if not texts or not all(isinstance(column, str) for column in texts.values()):
        raise ValueError(
            f"{whose} must be the name of a column, or a mapping such as "
            f"{{'sentence1': 'premise', 'sentence2': 'hypothesis'}}. Received: text={text!r}. "
            "Write the column as the file calls it."
        )
    for target in texts:
        if target not in TEXT_COLUMNS:
            raise ValueError(
                f"{whose} must map {', '.join(TEXT_COLUMNS)} to columns of the file. Received: "
                f"{target!r}. {nearest(str(target), TEXT_COLUMNS)}Write {{'text': {target!r}}} if "
                "that is the column of the file."
            )
    if len(set(texts.values())) < len(texts):
        raise ValueError(
            f"{whose} must map to different columns of the file. Received: {texts}. "
            "Name a column once."
        )
    return texts


def _labels(labels: Any, name: str) -> dict[str, tuple[str, ...] | None]:
    whose = f"`labels` of dataset {name!r}"
    columns = [labels] if isinstance(labels, str) else labels
    if not isinstance(columns, list | tuple | Mapping) or not all(
        isinstance(column, str) for column in columns
    ):
        raise ValueError(
            f"{whose} must be a column, a list of columns, or a mapping from column to label names."
            f" Received: labels={labels!r:.60}. Write [] for rows without labels."
        )
    if len(set(columns)) < len(columns):
        raise ValueError(
            f"{whose} must name different columns. Received: {list(columns)}. Name a column once."
        )
    given = columns if isinstance(columns, Mapping) else dict.fromkeys(columns)
    return {column: _names(names, column, name) for column, names in given.items()}


def _scores(scores: Any, name: str) -> tuple[str, ...]:
    columns = [scores] if isinstance(scores, str) else scores
    if not isinstance(columns, list | tuple) or not all(isinstance(one, str) for one in columns):
        raise ValueError(
            f"`scores` of dataset {name!r} must be a column or a list of columns. Received: "
            f"scores={scores!r:.60}. Write [] for none."
        )
    if len(set(columns)) < len(columns):
        raise ValueError(
            f"`scores` of dataset {name!r} must name different columns. Received: "
            f"{list(columns)}. Name a column once."
        )
    return tuple(columns)


def _names(names: Any, column: str, dataset: str) -> tuple[str, ...] | None:
    if names is None:
        return None
    if not isinstance(names, list | tuple | str):
        raise ValueError(
            f"`labels[{column!r}]` of dataset {dataset!r} must be a list or tuple of names, in "
            f"class order. Received: {names!r:.60} ({type(names).__name__}). Write None to take "
            "the names from train."
        )
    return check_names(names, column, dataset)
