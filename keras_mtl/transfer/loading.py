"""What a source learned, put into a model: every variable accounted for."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.data import WordTokenizer
from keras_mtl.training.copying import copy_value
from keras_mtl.transfer.freezing import check_model
from keras_mtl.transfer.load_report import Loaded, LoadReport
from keras_mtl.transfer.matching import (
    LOADED,
    REMAPPED,
    SKIPPED,
    Pair,
    Refused,
    match_heads,
    match_trunks,
    relabelled,
    variables_of,
)
from keras_mtl.transfer.sources import Source, open_source
from keras_mtl.transfer.words import (
    SAME,
    NewWords,
    Words,
    check_takeover,
    moved,
    reads_words,
    same_words,
    weights_by_task,
    word_places,
)
from keras_mtl.trunks.word_weights import WeightedSums


def load_source(
    model: Any,
    source: Any,
    *,
    tokenizer: Any = None,
    take_tokenizer: bool = False,
    new_words: NewWords = "mean",
    rename: Mapping[str, str] | None = None,
    like: keras.Model | None = None,
    checkpoint: str = "best",
    strict: bool = True,
) -> LoadReport:
    """Load what a source learned into a model, and tell what became of each variable.

    Layers of the trunk are matched by their names and variables by theirs; heads where both have
    the task, of the same kind with the same labels. Where vocabularies differ, rows of the
    embedding move with their words. All is checked before the first number is written.

    Args:
        model: A `MultiTaskModel`, new or trained. Its optimizer is left as it is.
        source: A model, a run folder, a bundle, a folder of checkpoints, a `.keras` or
            `.weights.h5` file, a KerasHub preset, or a folder as Hugging Face keeps models; or
            what `open_source` gave.
        tokenizer: The source's tokenizer, where it does not tell it itself; or `"same"`, if both
            were trained on the same numbers of words.
        take_tokenizer: Give the model the source's tokenizer: its embedding must have as many
            rows as that has words.
        new_words: Where words that the source does not know begin: `"mean"`, at the mean of the
            source's words; or `"random"`, where they are.
        rename: Names of layers of the source to those of the model, where they differ.
        like: For `.weights.h5`, a model built as the one that was saved; see `open_source`.
        checkpoint: `"best"` or `"last"`, of runs.
        strict: Whether a layer or a shape that does not fit is an error; else it is skipped.

    Returns:
        The report; `print` shows it.

    Raises:
        BundleError: If a bundle is damaged or newer.
        FileNotFoundError: If the source is not there.
        TypeError: If `model` or `source` are something else.
        ValueError: If layers, shapes or vocabularies do not fit, or a file is damaged.

    Example:
        >>> import keras_mtl as mtl
        >>> tokenizers = mtl.WordTokenizer(["good", "bad"]), mtl.WordTokenizer(["bad", "wheat"])
        >>> source, target = (
        ...     mtl.MultiTaskModel(mtl.trunks.lstm(one, 4, 3), mtl.classification(name, ["a", "b"]))
        ...     for one, name in zip(tokenizers, ("sentiment", "topic"))
        ... )
        >>> report = load_source(target, source)
        >>> report.words.shared, report.words.target, f"{report.coverage:.0%}"
        (1, 2, '100%')
    """
    check_model(model, "load_source")
    if new_words not in ("mean", "random"):
        raise ValueError(
            "`new_words` of `load_source` must be 'mean' or 'random'. "
            f"Received: new_words={new_words!r}."
        )
    found = open_source(source, checkpoint=checkpoint, like=like)
    found = found if tokenizer is None else found._replace(tokenizer=tokenizer)
    if take_tokenizer:
        check_takeover(model, found.tokenizer, found.called)
    pairs, refused = match_trunks(model, found, rename or {})
    heads, others = match_heads(model, found)
    words = found.tokenizer if take_tokenizer else model.preprocessor
    plan = _Plan(found, words, new_words, relabelled(model, found))
    plan.add_trunk(pairs)
    for pair in heads:
        plan.add(pair)
    for one in (*refused, *others):
        plan.refuse(one)
    if plan.wrong and strict:
        raise ValueError(
            f"`source` of `load_source` must have the model's layers and shapes. Received: "
            f"{found.called}, in which {len(plan.wrong)} do not fit: {'; '.join(plan.wrong[:5])}. "
            "Build the trunk as the source's, name its layers with `rename`, or pass strict=False "
            "to leave out what does not fit."
        )
    if not plan.values:
        raise ValueError(
            f"`source` of `load_source` must have something in common with the model. Received: "
            f"{found.called}, of which nothing fits: {'; '.join(plan.wrong[:5])}."
        )
    for variable, value in plan.values:
        copy_value(variable, value)
    model.ancestor = None  # Its training begins here.
    if take_tokenizer:
        model.preprocessor = model.trunk.preprocessor = found.tokenizer
    return LoadReport(found.called, tuple(plan.entries), plan.words)


class _Plan:
    """What is to be written, and what is to be told, before anything is."""

    def __init__(
        self, source: Source, tokenizer: Any, new_words: NewWords, relabelled: set[str]
    ) -> None:
        self.source, self.tokenizer, self.new_words = source, tokenizer, new_words
        self.relabelled = relabelled
        self.values: list[tuple[Any, Any]] = []
        self.entries: list[Loaded] = []
        self.wrong: list[str] = []
        self.words: Words | None = None

    def add_trunk(self, pairs: Sequence[Pair]) -> None:
        kinds = reads_words([pair.target for pair in pairs])
        same = self._same_words() if kinds else True
        for pair in pairs:
            kind = kinds.get(id(pair.target))
            if kind is None or same:
                weighs = isinstance(pair.target, WeightedSums)
                (self._weigh if weighs else self.add)(pair)
            elif kind == "pairs":
                self.refuse(Refused(pair.path, _PAIRS, False, pair.target))
            elif same is None:
                self.refuse(
                    Refused(pair.path, _UNKNOWN.format(self.source.called), True, pair.target)
                )
            elif not isinstance(pair.target, keras.layers.Embedding):
                self.refuse(Refused(pair.path, _WEIGHED, False, pair.target))
            else:
                self._move(pair)

    def add(self, pair: Pair) -> None:
        """Take the variables of a layer as they are."""
        theirs = variables_of(pair.source)
        for name, variable in variables_of(pair.target).items():
            path, other = f"{pair.path}/{name}", theirs.get(name)
            if other is None:
                why = f"{self.source.called} has no variable {name!r} there"
                self._skip(path, variable, why, True)
            elif tuple(other.shape) != tuple(variable.shape):
                why = f"its shape is {tuple(variable.shape)}, the source's {tuple(other.shape)}"
                self._skip(path, variable, why, True)
            else:
                self.values.append((variable, other))
                self._tell(path, LOADED, "", variable)

    def refuse(self, one: Refused) -> None:
        """Leave a layer as it is."""
        if one.layer is None:
            self.wrong.append(one.why)
            return
        if one.wrong:
            self.wrong.append(f"{one.path}: {one.why}")
        for name, variable in variables_of(one.layer).items():
            self._tell(f"{one.path}/{name}", SKIPPED, one.why, variable)

    def _same_words(self) -> bool | None:
        """Whether numbers mean the same words in both; `None` if nobody knows."""
        if self.source.tokenizer == SAME:
            return True
        if self.tokenizer is None or self.source.tokenizer is None:
            return None
        return same_words(self.tokenizer, self.source.tokenizer)

    def _move(self, pair: Pair) -> None:
        target, source = self.tokenizer, self.source.tokenizer
        own, rows = pair.target.embeddings, pair.source.embeddings
        words = isinstance(target, WordTokenizer) and isinstance(source, WordTokenizer)
        if not words:
            why = "its numbers are of other pieces of words than the source's"
        elif own.shape[1:] != rows.shape[1:]:
            why = f"its vectors are {own.shape[1]} wide, the source's {rows.shape[1]}"
        elif rows.shape[0] != source.vocabulary_size or own.shape[0] != target.vocabulary_size:
            why = "it has other words than the tokenizer"
        else:
            places = word_places(target, source)
            shared = int((places[2:] >= 0).sum())
            self.words = Words(len(places) - 2, len(source.vocabulary), shared, self.new_words)
            if shared:
                convert = keras.ops.convert_to_numpy
                found = moved(convert(rows), convert(own), places, self.new_words)
                self.values.append((own, found.astype(np.float32)))
                why = f"{shared:,} of {len(places) - 2:,} words"
                self._tell(f"{pair.path}/embeddings", REMAPPED, why, own)
                return
            why = "the source knows none of its words"
        self._skip(f"{pair.path}/embeddings", own, why, True)

    def _weigh(self, pair: Pair) -> None:
        """Take the weights of words for the tasks that both weigh words for."""
        target, source = pair.target, pair.source
        if not isinstance(source, WeightedSums) or source.size != target.size:
            self.add(pair)
            return
        path, own, every = f"{pair.path}/word_weights", target.word_weights, len(target.tasks)
        found, sums = weights_by_task(target, source, self.relabelled)
        if not sums:
            self._skip(path, own, _WEIGHED, False)
            return
        self.values.append((own, found))
        whole = sums == every and target.tasks == source.tasks
        told = (LOADED, "") if whole else (REMAPPED, f"{sums} of {every} sums")
        self._tell(path, *told, own)

    def _skip(self, path: str, variable: Any, why: str, wrong: bool) -> None:
        if wrong:
            self.wrong.append(f"{path}: {why}")
        self._tell(path, SKIPPED, why, variable)

    def _tell(self, path: str, status: str, why: str, variable: Any) -> None:
        numbers = int(np.prod(variable.shape, dtype=np.int64))
        self.entries.append(Loaded(path, status, why, numbers))


_PAIRS = "pairs are hashed from the numbers of words, which differ"
_WEIGHED = "weights of words are counted by `model.adapt`"
_UNKNOWN = (
    "which words {} has by which numbers is not known: pass `tokenizer=`, or tokenizer='same'"
)
