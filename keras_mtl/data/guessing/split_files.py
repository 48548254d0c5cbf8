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
    "eval": "test",
    "evaluation": "test",
    "heldout": "test",
    "holdout": "test",
}

_WORDS = "|".join(sorted(SPLIT_WORDS, key=len, reverse=True))
_AT_END = re.compile(rf"(?i)(?:(?P<stem>.+)[ ._-])?(?P<word>{_WORDS})")
_AT_START = re.compile(rf"(?i)(?P<word>{_WORDS})[ ._-](?P<stem>.+)")


def group_files(files: Iterable[Path]) -> dict[str, dict[str, Path]]:
    """Put files of one name together, as splits of one dataset.

    `reviews_train.csv`, `reviews.validation.csv`, `reviews-dev.tsv` and `reviews_test.csv.gz` are
    of one name, whatever its case; the split word may stand in front too if there is a training
    file of that name (`reviews.csv`, `reviews_train.csv` or `train_reviews.csv` for
    `test_reviews.csv`), or alone (`train.csv`: the dataset is called as its folder). A file
    without a split word is train. A file for evaluation, or one held out, is test.

    Args:
        files: The files; one given twice counts once.

    Returns:
        Dataset name to its files by split, train first.

    Raises:
        ValueError: If a dataset has no training file, or two for one split, or a training file
            has a word for validation or test elsewhere in its name.
    """
    splits: dict[tuple[Path, str], dict[str, list[Path]]] = {}
    stems: dict[tuple[Path, str], str] = {}
    # As they stand, links not followed: a link may have the name that tells.
    unique = list(dict.fromkeys(file.absolute() for file in files))
    trained = _stems_of_train(unique)
    for file in unique:
        stem, split = _named(file, trained)
        key = (file.parent, stem.lower())
        splits.setdefault(key, {}).setdefault(split, []).append(file)
        if split == "train":
            _check_train(file, stem)
            stems[key] = stem
    groups: dict[str, dict[str, Path]] = {}
    for (folder, plain), found in splits.items():
        stem = stems.get((folder, plain), plain)
        _check(stem or folder.name, found)
        name = _free_name(stem or folder.name or "data", folder, groups)
        groups[name] = {word: found[word][0] for word in _in_order(found)}
    return groups


def _bare(file: Path) -> str:
    """Return the name of a file without its ending."""
    return Path(re.sub(r"(?i)\.gz$", "", file.name)).stem


def _stems_of_train(files: Iterable[Path]) -> set[tuple[Path, str]]:
    """Find the names of training files, in small letters, the split words taken off."""
    found = set()
    for file in files:
        bare = _bare(file)
        front, end = _AT_START.fullmatch(bare), _AT_END.fullmatch(bare)
        stems = {
            match["stem"] or "" for match in (front, end) if match and _split(match) == "train"
        }
        if not front and not end:
            stems = {bare}
        found |= {(file.parent, stem.lower()) for stem in stems}
    return found


def _split(match: re.Match[str]) -> str:
    return SPLIT_WORDS[match["word"].lower()]


def _named(file: Path, trained: set[tuple[Path, str]]) -> tuple[str, str]:
    """Return the name of the dataset of a file, and the split that the file is."""
    bare = _bare(file)
    front, end = _AT_START.fullmatch(bare), _AT_END.fullmatch(bare)
    if front and (file.parent, front["stem"].lower()) in trained:
        return front["stem"], _split(front)
    return (end["stem"] or "", _split(end)) if end else (bare, "train")


def _check_train(file: Path, stem: str) -> None:
    """Refuse to train on a file that a word in its name puts aside for something else."""
    held_out = [
        word
        for word in re.split(r"[\W_]+", stem.lower())
        if SPLIT_WORDS.get(word, "train") != "train"
    ]
    if held_out:
        raise ValueError(
            f"A training file must have no word for validation or test in its name. Received: "
            f"'{file}', with {held_out[0]!r}. Rename it, or name it behind a train file of the "
            f"same stem: mine_train.csv and mine_{held_out[0]}.csv are one dataset."
        )


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
