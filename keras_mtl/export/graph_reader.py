"""What reads texts inside the SavedModel of a model."""

from __future__ import annotations

from typing import Any

from keras_mtl.data import SubwordTokenizer, WordTokenizer
from keras_mtl.data.text.bert_rules import is_bert
from keras_mtl.data.text.cleaning.names import outside_graph
from keras_mtl.model import MultiTaskModel


def tokenizer_of(model: MultiTaskModel) -> WordTokenizer | SubwordTokenizer | None:
    """The model's preprocessor, if it is one that a bundle can keep."""
    found = model.preprocessor
    return found if isinstance(found, WordTokenizer | SubwordTokenizer) else None


def tokenizer_in_graph(model: MultiTaskModel) -> WordTokenizer | SubwordTokenizer | None:
    """The model's preprocessor, if there are signatures on texts by it."""
    found = tokenizer_of(model)
    return None if isinstance(found, SubwordTokenizer) and not is_bert(found) else found


def steps_outside_graph(model: MultiTaskModel) -> list[str]:
    """Names of the cleaning steps for which texts have to be tokenized in Python."""
    found = model.preprocessor
    return outside_graph(found.cleaning_steps) if isinstance(found, WordTokenizer) else []


def reads_words(model: MultiTaskModel) -> bool:
    """Whether the model has a task of words."""
    return any(task.of_words for task in model.tasks)


def graph_reader(model: MultiTaskModel, tokenizer: WordTokenizer | SubwordTokenizer) -> Any:
    """What turns texts into the model's inputs, and finds words where there is a task of words.

    Args:
        model: The model.
        tokenizer: What `tokenizer_in_graph` found.

    Returns:
        A `tf.Module` whose call is a `tf.function` from texts `(B,)` to a dictionary: the model's
        inputs, and with a task of words `WORD_PLACES`. Where a cleaning step cannot be in a graph,
        it fails at every call.
    """
    of_words = reads_words(model)
    if outside := steps_outside_graph(model):
        from keras_mtl.export.graph_refusal import GraphRefusal

        return GraphRefusal(outside, of_words)
    from keras_mtl.data.text.graph_words import GraphWords

    found = _in_graph(tokenizer)
    return GraphWords(found) if of_words else found


def compared_reader(
    model: MultiTaskModel, tokenizer: WordTokenizer | SubwordTokenizer, reads: str
) -> Any:
    """What turns pairs or candidates into ids; `None` where no graph can, or no task reads them.

    Args:
        model: The model.
        tokenizer: What `tokenizer_in_graph` found.
        reads: `"pair"` or `"candidates"`.
    """
    apart = {task.apart for task in model.tasks if task.reads == reads}
    if len(apart) != 1 or steps_outside_graph(model):
        return None
    from keras_mtl.data.text.graph_compared import GraphCompared, joins_in_graph

    if apart == {True}:
        return GraphCompared(_in_graph(tokenizer))
    if not isinstance(tokenizer, SubwordTokenizer) or not joins_in_graph(tokenizer):
        return None
    return GraphCompared(_in_graph(tokenizer), tokenizer.vocabulary_size)


def _in_graph(tokenizer: WordTokenizer | SubwordTokenizer) -> Any:
    from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
    from keras_mtl.data.text.graph_tokenizer import GraphTokenizer

    if isinstance(tokenizer, WordTokenizer):
        return GraphTokenizer(tokenizer)
    return GraphSubwordTokenizer(tokenizer)
