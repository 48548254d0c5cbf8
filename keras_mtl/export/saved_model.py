"""The SavedModel of a model: from texts or ids to predictions, with TensorFlow alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from keras_mtl.data import SubwordTokenizer, WordTokenizer
from keras_mtl.data.text.cleaning.names import outside_graph
from keras_mtl.model import MultiTaskModel

ALL_TASKS = "serving_default"
TOKEN_IDS = "token_ids"
TEXTS = "texts"


def tokenizer_of(model: MultiTaskModel) -> WordTokenizer | SubwordTokenizer | None:
    """The model's preprocessor, if it is one that a bundle can keep."""
    found = model.preprocessor
    return found if isinstance(found, WordTokenizer | SubwordTokenizer) else None


def tokenizer_in_graph(model: MultiTaskModel) -> WordTokenizer | None:
    """The model's preprocessor, if the graph can read texts by it."""
    of_words = any(task.of_words for task in model.tasks)
    found = model.preprocessor
    return found if isinstance(found, WordTokenizer) and not of_words else None


def steps_outside_graph(model: MultiTaskModel) -> list[str]:
    """Names of the cleaning steps for which texts have to be tokenized in Python."""
    tokenizer = tokenizer_in_graph(model)
    return outside_graph(tokenizer.cleaning_steps) if tokenizer else []


def write_saved_model(model: MultiTaskModel, path: Path) -> dict[str, list[str]]:
    """Write the forward pass of a model, without anything that only training needs.

    Each signature is traced once, for any number of rows of any length. Where a cleaning step
    cannot be in a graph, those on texts take and give the same, but fail at every call.

    Args:
        model: The model.
        path: The folder to write.

    Returns:
        Name of each signature to the names of its inputs.
    """
    import tensorflow as tf

    root = tf.Module(name="bundle")
    with _without_cudnn(model):
        functions = {TOKEN_IDS: _on_ids(model)}
        if tokenizer := tokenizer_in_graph(model):
            # Its table has to hang on what is saved.
            root.tokenizer = _in_graph(tokenizer, steps_outside_graph(model))
            functions[ALL_TASKS] = _on_texts(model, root.tokenizer)
            for task in model.tasks:
                functions[task.name] = _on_texts(_only(model, task.name), root.tokenizer)
    # Only variables that a signature reads: not the optimizer's, nor the seeds of dropout.
    used = {id(one): one for function in functions.values() for one in function.variables}
    root.weights = list(used.values())
    tf.saved_model.save(root, str(path), signatures=functions)
    return {name: [TEXTS] for name in functions if name != TOKEN_IDS} | {
        TOKEN_IDS: list(model.input)
    }


def _in_graph(tokenizer: WordTokenizer, outside: list[str]) -> Any:
    if outside:
        return _refusal(outside)
    from keras_mtl.data.text.graph_tokenizer import GraphTokenizer

    return GraphTokenizer(tokenizer)


def _refusal(outside: list[str]) -> Any:
    """In place of a graph tokenizer: ids of the right shape, after an error at every call."""
    import tensorflow as tf

    # Without quotes, which TensorFlow would print with a backslash.
    message = (
        f"This model cannot read texts by itself: {', '.join(outside)} of its tokenizer's cleaning "
        "cannot be expressed by TensorFlow operations. Send token ids to the signature "
        f"{TOKEN_IDS}, or texts to keras_mtl.Predictor, which cleans and tokenizes in Python."
    )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def refuse(texts: Any) -> Any:
        with tf.control_dependencies([tf.debugging.Assert(False, [message])]):
            return {TOKEN_IDS: tf.zeros([tf.shape(texts)[0], 1], tf.int32)}

    return refuse


def _on_ids(network: Any) -> Any:
    import tensorflow as tf

    specs = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in network.input.items()
    }

    @tf.function(input_signature=[specs], autograph=False)
    def serve_ids(inputs: Any) -> Any:
        return network(inputs, training=False)

    return serve_ids.get_concrete_function()


def _on_texts(network: Any, tokenizer: Any) -> Any:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=TEXTS)], autograph=False)
    def serve_texts(texts: Any) -> Any:
        return network(tokenizer(texts), training=False)

    return serve_texts.get_concrete_function()


def _only(model: MultiTaskModel, name: str) -> Any:
    """The part of the model that one task needs, sharing its layers."""
    return keras.Model(model.input, {name: model.output[name]})


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
