"""Rows of an embedding that move with their words to another vocabulary."""

import dataclasses
from collections.abc import Sequence, Set
from typing import Any, Literal

import keras
import numpy as np

from keras_mtl.data import WordTokenizer
from keras_mtl.trunks.hiding import HideTokens
from keras_mtl.trunks.layers import HashedBigrams
from keras_mtl.trunks.pretrained import PretrainedIds, Segments
from keras_mtl.trunks.word_weights import WeightedSums

NewWords = Literal["mean", "random"]
SAME = "same"
_SPECIAL = 2  # Padding and the unknown word, which every WordTokenizer has as 0 and 1.


@dataclasses.dataclass(frozen=True)
class Words:
    """How the words of two vocabularies meet.

    Args:
        target: How many words the target knows.
        source: How many words the source knows.
        shared: How many both know.
        new: What new words begin at: `"mean"` or `"random"`.
    """

    target: int
    source: int
    shared: int
    new: str

    @property
    def fraction(self) -> float:
        """The share of the target's words that the source knows."""
        return self.shared / max(self.target, 1)


def same_words(target: Any, source: Any) -> bool:
    """Whether two tokenizers have the same words, by the same numbers."""
    if isinstance(target, WordTokenizer) and isinstance(source, WordTokenizer):
        return target.vocabulary == source.vocabulary
    return bool(target.fingerprint == source.fingerprint)


def word_places(target: WordTokenizer, source: WordTokenizer) -> np.ndarray:
    """For each row of the target's embedding that of the source, -1 where it has none: `(V,)`."""
    known = {word: number for number, word in enumerate(source.vocabulary, start=_SPECIAL)}
    return np.array([0, 1, *(known.get(word, -1) for word in target.vocabulary)])


def moved(rows: np.ndarray, own: np.ndarray, places: np.ndarray, new: NewWords) -> np.ndarray:
    """The target's embedding with the source's rows of the words that both know.

    Args:
        rows: The source's embedding, `(source words, D)`.
        own: The target's, `(target words, D)`.
        places: What `word_places` gave.
        new: Where new words begin: `"mean"`, at that of the source's words; `"random"`, where the
            target has them.
    """
    found = np.array(own)
    if new == "mean":
        found[:] = rows[_SPECIAL:].mean(axis=0, dtype=np.float64)
    found[places >= 0] = rows[places[places >= 0]]
    return found


def weights_by_task(
    target: WeightedSums, source: WeightedSums, without: Set[str]
) -> tuple[np.ndarray, int]:
    """How much words weigh in the target, by the source for tasks that both weigh words for.

    Args:
        target: The sums of the target.
        source: Those of the source, of as many words.
        without: Tasks that are not the same in both, whatever their names.

    Returns:
        `(V, sums)`, and how many of the sums are the source's. A sum that several tasks share is,
        where the source has one for some of these, and no second one for others.
    """
    found = np.array(keras.ops.convert_to_numpy(target.word_weights))
    theirs, taken = keras.ops.convert_to_numpy(source.word_weights), 0
    for place, names in enumerate(target.tasks):
        same = {*names} - without
        known = [number for number, own in enumerate(source.tasks) if same.intersection(own)]
        if len(known) == 1:
            found[:, place] = theirs[:, known[0]]
            taken += 1
    return found, taken


def check_takeover(model: Any, tokenizer: Any, whose: str) -> None:
    """See that a model can be given the tokenizer of a source.

    Raises:
        ValueError: If there is none, or the model's embedding has another number of rows.
    """
    if tokenizer is None or tokenizer == SAME:
        raise ValueError(
            f"`take_tokenizer` of `load_source` needs a source with a tokenizer. Received: "
            f"{whose} without one. Pass it as `tokenizer=`."
        )
    rows = [one.input_dim for one in model.trunk.layers if isinstance(one, keras.layers.Embedding)]
    if rows and tokenizer.vocabulary_size not in rows:
        raise ValueError(
            "`take_tokenizer` of `load_source` needs an embedding with a row for each word of the "
            f"source, {tokenizer.vocabulary_size:,}. Received: one of {rows[0]:,} rows. Build the "
            "trunk with `open_source(...).tokenizer`."
        )


def reads_words(layers: Sequence[keras.layers.Layer]) -> dict[int, str]:
    """Which layers have a row for each word, and which for each hashed pair of words.

    Returns:
        `id` of the layer to `"words"` or `"pairs"`; other layers are left out.
    """
    found = {}
    for layer in layers:
        if isinstance(layer, (keras.layers.Embedding, WeightedSums)):
            kind = _origin(layer)
            if kind is not None:
                found[id(layer)] = kind
    return found


def _origin(layer: keras.layers.Layer) -> str | None:
    """What the numbers are that a layer reads: go back from it to an input."""
    node = layer._inbound_nodes[0] if layer._inbound_nodes else None
    while node is not None and node.parent_nodes:
        node = node.parent_nodes[0]
        if isinstance(node.operation, HashedBigrams):
            return "pairs"
        if node.is_input:
            return None if node.operation.name == "segment_ids" else "words"
        if not isinstance(node.operation, (HideTokens, PretrainedIds, Segments)):
            return None
    return None
