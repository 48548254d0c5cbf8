"""What a user should know of a guess, and may want to change."""

from __future__ import annotations

from keras_mtl.data.datasets.label_space import listed
from keras_mtl.data.guessing.guess import Guess


def guess_notes(found: Guess) -> list[str]:
    """Tell what was not read of the files, and which labels cannot be learned.

    Args:
        found: How the files are to be read.

    Returns:
        Sentences, none if there is nothing to tell.
    """
    notes = []
    if found.other_texts:
        others = listed(f"{column!r:.60}" for column in found.other_texts)
        notes.append(f"Texts too, and not read: {others}. To read another: --text COLUMN")
    notes += [f"Left out: {split}, as {why}" for split, why in found.left_out.items()]
    for split, columns in found.unseen.items():
        for column, labels in columns.items():
            shown = listed(f"{label!r:.40}" for label in labels)
            notes.append(
                f"Warning: {column!r:.60} of {split} has labels that train does not have, and that "
                f"cannot be learned: {shown}"
            )
    return notes
