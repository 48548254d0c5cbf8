"""From a model to a bundle."""

import os
from pathlib import Path

import keras

from keras_mtl.export.bundle import (
    MANIFEST,
    MODEL,
    SAVED_MODEL,
    TOKENIZER,
    load_manifest,
    write_manifest,
)
from keras_mtl.export.checksums import file_names
from keras_mtl.export.errors import BundleError
from keras_mtl.export.graph_reader import steps_outside_graph, tokenizer_of
from keras_mtl.export.new_folder import new_folder
from keras_mtl.export.saved_model import write_saved_model
from keras_mtl.export.task_entries import task_entry
from keras_mtl.model import MultiTaskModel
from keras_mtl.version import __version__


def export(model: MultiTaskModel, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """Write everything that prediction needs into one folder, a bundle.

    In the folder are

    - `saved_model/`, a SavedModel that takes nothing but TensorFlow to serve. Its signatures:
      `serving_default`, all tasks of one text from `texts`, strings `(B,)`; one for each of them,
      of its name, from `texts` too; `pair`, from `sentence1` and `sentence2` `(B,)`, and
      `candidates`, from `query` `(B,)` and `candidates` `(B, K)`, of tasks that compare texts;
      `token_ids`, all tasks from the model's own inputs: `token_ids`, int32 `(B, L)`, padded with
      0, L at least 1, or `(B, T, L)` where texts of a row are read one by one, and with a task of
      words `word_starts` `(B, W)`. Keep what `tf.saved_model.load` returns as long as you use a
      signature of it.
    - `model.keras`, for going on with training.
    - `tokenizer.json`, for `load` of the tokenizer's class.
    - `bundle.json`: the format's number, versions, tasks and labels, signatures, cleaning steps
      outside the graph, checksums.

    Where a signature on texts predicts something of each word, it gives beside the predictions
    `words`, strings `(B, W)`, and their places in the text, `starts` and `ends`, int32 `(B, W)`,
    in characters: as many as the model reads of each text, and empty and 0 behind them.

    A pretrained model reads texts itself if its tokenizer is BERT's: that of
    `SubwordTokenizer.wordpiece`, or a `tokenizer.json` of the same parts (WordPiece,
    BertNormalizer, BertPreTokenizer). It takes TensorFlow alone, and no `tensorflow_text`. One
    with byte-level BPE or SentencePiece gets the signature `token_ids` only; `Predictor` reads
    texts all the same, by the tokenizer in `tokenizer.json`. With a preprocessor of your own there
    is no `tokenizer.json` either.

    Some cleaning steps of a tokenizer cannot be in a graph: `"unicode"`, and those of your own
    without `in_graph`. With one of them the signatures on `texts` are there, but fail at every
    call with an error that names the step; `Predictor` reads texts all the same, since it cleans
    and tokenizes them in Python and calls `token_ids`. The forward pass is saved in its
    portable form, without cuDNN operations, whatever device the model was trained on.

    The folder appears whole or not at all: it is written under a hidden name beside `path` and
    renamed at the end.

    Args:
        model: The model, trained or not.
        path: The folder to make.
        overwrite: Replace a bundle that is there. Anything else there is left alone.

    Returns:
        `path`.

    Raises:
        TypeError: If `model` is not a `MultiTaskModel`.
        FileExistsError: If `path` exists and `overwrite` is false.
        BundleError: If `path` is to be overwritten, and is no bundle or holds other files.
        ValueError: If the backend is not TensorFlow.

    Example:
        >>> import tempfile
        >>> import keras_mtl as mtl
        >>> tokenizer = mtl.WordTokenizer(["good", "bad"])
        >>> trunk = mtl.trunks.bag(tokenizer, embedding_dim=2, bigram_buckets=0)
        >>> model = mtl.MultiTaskModel(trunk, mtl.classification("sentiment", ["neg", "pos"]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     bundle = export(model, f"{folder}/sentiment")
        ...     sorted(path.name for path in bundle.iterdir())
        ['bundle.json', 'model.keras', 'saved_model', 'tokenizer.json']
    """
    if not isinstance(model, MultiTaskModel):
        raise TypeError(
            "`model` of export must be a keras_mtl.MultiTaskModel. Received: "
            f"{model!r} of type {type(model).__name__}. Another Keras model has `model.export`."
        )
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "export needs the TensorFlow backend, since it writes a SavedModel. Received: the "
            f"backend {keras.backend.backend()!r}. Save the model as .keras (`model.save`), load "
            "it in a process with KERAS_BACKEND=tensorflow, and export it there."
        )
    with new_folder(path, _check_replaceable if overwrite else None) as folder:
        signatures = write_saved_model(model, folder / SAVED_MODEL)
        model.save(folder / MODEL)
        if tokenizer := tokenizer_of(model):
            tokenizer.save(folder / TOKENIZER)
        tasks = [task_entry(one) for one in model.tasks]
        write_manifest(folder, _versions(), tasks, signatures, steps_outside_graph(model))
    return Path(path)


def _versions() -> dict[str, str]:
    import tensorflow as tf

    return {
        "keras_mtl": __version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
    }


def _check_replaceable(path: Path) -> None:
    """See that nothing but a bundle, whole or damaged, would be deleted."""
    listed = load_manifest(path)["files"]
    others = sorted(set(file_names(path, but=MANIFEST)) - set(listed))
    if others:
        raise BundleError(
            "overwrite=True must not delete files that are no part of the bundle. Received: "
            f"'{path / others[0]}'. Move it away, or choose another path."
        )
