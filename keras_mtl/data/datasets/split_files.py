"""Files of one dataset, told by their names: which is train, validation, test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}

_WORDS = "|".join(sorted(SPLIT_WORDS, key=len, reverse=True))
_AT_END = re.compile(rf"(?i)(?:(?P<stem>.+)[._-])?(?P<word>{_WORDS})")
_AT_START = re.compile(rf"(?i)(?P<word>{_WORDS})[._-](?P<stem>.+)")


def group_files(files: Iterable[Path]) -> dict[str, dict[str, Path]]:
    """Put files of one name together, as splits of one dataset.

    `reviews_train.csv`, `reviews.validation.csv`, `reviews-dev.tsv` and `reviews_test.csv.gz` are
    of one name; the split word may stand in front too if there is one for train
    (`train_reviews.csv`), or alone (`train.csv`: the dataset is called as its folder). A file
    without a split word is train.

    Args:
        files: The files; one given twice counts once.

    Returns:
        Dataset name to its files by split, train first.

    Raises:
        ValueError: If a dataset has no training file, or two for one split.
    """
    splits: dict[tuple[Path, str], dict[str, list[Path]]] = {}
    # As they stand, links not followed: a link may have the name that tells.
    unique = list(dict.fromkeys(file.absolute() for file in files))
    in_front = _stems_in_front(unique)
    for file in unique:
        stem, split = _named(file, in_front)
        splits.setdefault((file.parent, stem), {}).setdefault(split, []).append(file)
    groups: dict[str, dict[str, Path]] = {}
    for (folder, stem), found in splits.items():
        _check(stem or folder.name, found)
        name = _free_name(stem or folder.name or "data", folder, groups)
        groups[name] = {word: found[word][0] for word in _in_order(found)}
    return groups


def _bare(file: Path) -> str:
    """Return the name of a file without its ending."""
    return Path(re.sub(r"(?i)\.gz$", "", file.name)).stem


def _stems_in_front(files: Iterable[Path]) -> set[tuple[Path, str]]:
    """Find the names that follow a word for train."""
    found = set()
    for file in files:
        match = _AT_START.fullmatch(_bare(file))
        if match and SPLIT_WORDS[match["word"].lower()] == "train":
            found.add((file.parent, match["stem"]))
    return found


def _named(file: Path, in_front: set[tuple[Path, str]]) -> tuple[str, str]:
    bare = _bare(file)
    front = _AT_START.fullmatch(bare)
    if front and (file.parent, front["stem"]) in in_front:
        return front["stem"], SPLIT_WORDS[front["word"].lower()]
    end = _AT_END.fullmatch(bare)
    return (end["stem"] or "", SPLIT_WORDS[end["word"].lower()]) if end else (bare, "train")


def _in_order(found: Iterable[str]) -> list[str]:
    return sorted(found, key=["train", "validation", "test"].index)


def _check(name: str, found: Mapping[str, list[Path]]) -> None:
    for split in _in_order(found):
        if len(found[split]) > 1:
            files = ", ".join(f"'{file}'" for file in found[split])
            raise ValueError(
                f"Dataset {name!r} must have one file for {split}. Received: {files}, of one name. "
                "Give one of them, or rename the other."
            )
    if "train" not in found:
        files = ", ".join(f"'{file[0]}' ({split})" for split, file in found.items())
        raise ValueError(
            f"Dataset {name!r} must have a training file. Received: {files}. Give its training "
            "file too, under the same name, or rename this one to train on it."
        )


def _free_name(name: str, folder: Path, taken: Iterable[str]) -> str:
    """Return the name, or one with the folder or a number where it is taken."""
    choices = [name, f"{folder.name}_{name}", *(f"{name}_{n}" for n in range(2, 10_000))]
    return next(choice for choice in choices if choice not in set(taken))
