"""The SavedModel of a model: from texts or ids to predictions, with TensorFlow alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from keras_mtl.data.text.compared import READS
from keras_mtl.data.text.words import TOKEN_IDS
from keras_mtl.export.graph_reader import (
    compared_reader,
    graph_reader,
    reads_words,
    tokenizer_in_graph,
)
from keras_mtl.export.joined_heads import JoinedHeads, joined_heads
from keras_mtl.heads import WORD_STARTS
from keras_mtl.model import MultiTaskModel
from keras_mtl.tasks import WORD_PLACES
from keras_mtl.training.features import features_of
from keras_mtl.training.step import scores_of

ALL_TASKS = "serving_default"
TEXTS = "texts"
# Signatures of tasks that compare texts, by what these read.
COMPARED = ("pair", "candidates")


def write_saved_model(model: MultiTaskModel, path: Path) -> dict[str, list[str]]:
    """Write the forward pass of a model, without anything that only training needs.

    Each signature is traced once, for any number of rows of any length. Where a cleaning step
    cannot be in a graph, those on texts take and give the same, but fail at every call. Heads that
    read one vector are joined where all tasks are asked for; a task by itself is its own head.

    Args:
        model: The model.
        path: The folder to write.

    Returns:
        Name of each signature to the names of its inputs.
    """
    import tensorflow as tf

    root = tf.Module(name="bundle")
    with _without_cudnn(model):
        alone = _on_ids(model, [])
        joined = joined_heads(model)
        together = _on_ids(model, joined) if joined else alone
        functions = {TOKEN_IDS: together}
        if tokenizer := tokenizer_in_graph(model):
            # Its tables have to hang on what is saved.
            root.reader = graph_reader(model, tokenizer)
            read = root.reader.__call__.get_concrete_function()
            several = any(task.several for task in model.tasks)
            for name, names, of_words in _signatures_on_texts(model):
                predict = together if name == ALL_TASKS else alone
                functions[name] = _on_texts(read, predict, names, of_words, several)
            root.compared = {}
            for reads in COMPARED:
                if reader := compared_reader(model, tokenizer, reads):
                    root.compared[reads] = reader
                    functions[reads] = _on_compared(model, reader, alone, reads)
    # Only variables that a signature reads: not the optimizer's, nor the seeds of dropout.
    used = {id(one): one for function in functions.values() for one in function.variables}
    root.weights = list(used.values())
    tf.saved_model.save(root, str(path), signatures=functions)
    compared = getattr(root, "compared", {})
    others = {TOKEN_IDS: list(model.input)} | {one: list(READS[one]) for one in compared}
    return {name: others.get(name, [TEXTS]) for name in functions}


def _on_ids(model: MultiTaskModel, joined: Sequence[JoinedHeads]) -> Any:
    """All predictions from the model's inputs; some heads in one go, the others each by itself."""
    import tensorflow as tf

    specs = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }

    @tf.function(input_signature=[specs], autograph=False)
    def serve_ids(inputs: Any) -> Any:
        if not joined:
            return model(inputs, training=False)
        features = features_of(model, {TEXTS: inputs}, training=False)[0][TEXTS]
        found: dict[str, Any] = {}
        for heads in joined:
            found |= heads(features)
        others = (task for task in model.tasks if task.name not in found)
        found |= {one.name: scores_of(model, one, features, training=False)[1] for one in others}
        return {task.name: found[task.name] for task in model.tasks}

    return serve_ids.get_concrete_function()


def _signatures_on_texts(model: MultiTaskModel) -> Iterator[tuple[str, list[str], bool]]:
    """Of each signature its name, its tasks, and whether one of them is of words."""
    tasks = [task for task in model.tasks if task.reads == "text"]
    if tasks:
        yield ALL_TASKS, [task.name for task in tasks], reads_words(model)
    for task in tasks:
        yield task.name, [task.name], task.of_words


def _on_texts(read: Any, predict: Any, names: Sequence[str], of_words: bool, several: bool) -> Any:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=TEXTS)], autograph=False)
    def serve_texts(texts: Any) -> Any:
        found = read(texts)
        places = {name: found.pop(name) for name in WORD_PLACES if name in found}
        if several:  # A text is the only one of its row.
            found[TOKEN_IDS] = found[TOKEN_IDS][:, tf.newaxis]
        # TensorFlow leaves out what only the other tasks need.
        predictions = predict(found)
        return {name: predictions[name] for name in names} | (places if of_words else {})

    return serve_texts.get_concrete_function()


def _on_compared(model: MultiTaskModel, reader: Any, predict: Any, reads: str) -> Any:
    """Predictions of pairs, by texts `(B,)` each; or of a query `(B,)` and candidates `(B, K)`."""
    import tensorflow as tf

    first, second = READS[reads]
    shapes = {first: [None], second: [None, None] if reads == "candidates" else [None]}
    specs = {name: tf.TensorSpec(shape, tf.string, name=name) for name, shape in shapes.items()}
    names = [task.name for task in model.tasks if task.reads == reads]
    several = any(task.several for task in model.tasks)

    @tf.function(input_signature=[specs], autograph=False)
    def serve_compared(inputs: Any) -> Any:
        others = inputs[second] if reads == "candidates" else inputs[second][:, tf.newaxis]
        ids = reader.ids(inputs[first], others)
        found = {TOKEN_IDS: ids if several else ids[:, 0]}
        if WORD_STARTS in model.input:  # No word of such texts is predicted for.
            found[WORD_STARTS] = tf.zeros([tf.shape(ids)[0], 1], tf.int32)
        predictions = predict(found)
        return {name: predictions[name] for name in names}

    return serve_compared.get_concrete_function()


@contextlib.contextmanager
def _without_cudnn(model: MultiTaskModel) -> Iterator[None]:
    """Keep recurrent layers from being traced as cuDNN operations.

    Keras takes these wherever it sees a GPU, and the SavedModel could then serve on GPUs only.
    """
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "use_cudnn")]
    settings = [layer.use_cudnn for layer in layers]
    for layer in layers:
        layer.use_cudnn = False
    try:
        yield
    finally:
        for layer, setting in zip(layers, settings, strict=True):
            layer.use_cudnn = setting
