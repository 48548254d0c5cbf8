"""Texts in, label names out."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.data.text.word_splitter import checked_texts
from keras_mtl.export.bundle import SAVED_MODEL, verify
from keras_mtl.export.errors import BundleError
from keras_mtl.export.saved_model import ALL_TASKS, TEXTS
from keras_mtl.export.task_entries import tasks_of

# Half a surrogate pair, which Python's strings can hold and UTF-8 cannot.
_SURROGATE = re.compile("[\ud800-\udfff]")


class Predictor:
    """Predicts every task of a bundle that `keras_mtl.export` wrote.

    Checks the bundle's checksums, then loads its SavedModel; the model's Python code is not
    needed, only its kinds of tasks. Works on every Keras backend that has TensorFlow beside it.

    A SavedModel is a program: load bundles only from those you trust. Checksums detect damage,
    not malice.

    Args:
        path: The folder of the bundle.

    Call arguments:
        texts: Any number of texts.
        batch_size: Texts of one pass; texts of like length go together.

    Returns:
        For each text, task name to prediction in words: `label` and `score` for a classification.

    Raises:
        BundleError: If the bundle is missing, damaged, of a newer format, of a kind of task
            not known here, or reads token ids only.
        TypeError: If `texts` is a single str, or one of them is not a str.
        ValueError: If `batch_size` is below 1.

    Example:
        >>> import tempfile
        >>> import keras_mtl as mtl
        >>> from keras_mtl.export import export
        >>> tokenizer = mtl.WordTokenizer(["good", "bad"])
        >>> trunk = mtl.trunks.bag(tokenizer, embedding_dim=2, bigram_buckets=0)
        >>> model = mtl.MultiTaskModel(trunk, mtl.classification("sentiment", ["neg", "pos"]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     predictor = Predictor(export(model, f"{folder}/sentiment"))
        >>> answers = predictor(["a good film", ""])
        >>> [sorted(answer["sentiment"]) for answer in answers]
        [['label', 'score'], ['label', 'score']]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        folder = Path(path)
        self.manifest = verify(folder)
        self.tasks = tasks_of(self.manifest)
        if ALL_TASKS not in self.manifest["signatures"]:
            raise BundleError(
                f"The bundle '{folder}' must have the signature {ALL_TASKS!r} to read texts. "
                f"Received: {sorted(self.manifest['signatures'])}. Export a model whose "
                "preprocessor is a WordTokenizer, or call the SavedModel on token ids."
            )
        import tensorflow as tf

        # Kept, since a signature does not keep its variables alive.
        self._saved_model = tf.saved_model.load(str(folder / SAVED_MODEL))
        self._serve = self._saved_model.signatures[ALL_TASKS]

    def __call__(self, texts: Iterable[str], batch_size: int = 64) -> list[dict[str, Any]]:
        predictions = self.predict(texts, batch_size)
        rows = len(predictions[self.tasks[0].name])
        return [
            {task.name: task.decode(predictions[task.name][row]) for task in self.tasks}
            for row in range(rows)
        ]

    def predict(self, texts: Iterable[str], batch_size: int = 64) -> dict[str, np.ndarray]:
        """Predict as `MultiTaskModel.predict` does.

        Args:
            texts: Any number of texts.
            batch_size: Texts of one pass.

        Returns:
            Task name to predictions; probabilities `(N, num_classes)` for classification.

        Raises:
            TypeError: If `texts` is a single str, or one of them is not a str.
            ValueError: If `batch_size` is below 1.
        """
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(
                "`batch_size` of a Predictor must be an integer of at least 1. "
                f"Received: {batch_size=}. 64 suits most machines."
            )
        rows = [_SURROGATE.sub("\ufffd", text).encode() for text in checked_texts(texts)]
        # A batch is as wide as its longest text: sorted, they hold little padding.
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        parts = list(self._passes([rows[row] for row in order], batch_size))
        found = {}
        for task in self.tasks:
            joined = np.concatenate([part[task.name].numpy() for part in parts])
            found[task.name] = np.empty_like(joined)
            found[task.name][order] = joined
        return found

    def _passes(self, rows: list[bytes], batch_size: int) -> Iterator[dict[str, Any]]:
        import tensorflow as tf

        # Of no text one pass is made too: it knows the shape of what is predicted.
        for start in range(0, max(len(rows), 1), batch_size):
            batch = tf.constant(rows[start : start + batch_size], tf.string)
            yield self._serve(**{TEXTS: batch})
