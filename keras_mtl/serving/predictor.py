"""Texts in, label names out."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.export.bundle import SAVED_MODEL, verify
from keras_mtl.export.task_entries import tasks_of
from keras_mtl.heads import NEVER
from keras_mtl.serving.readers import reader_of
from keras_mtl.tasks import Task, answer


class Predictor:
    """Predicts every task of a bundle that `keras_mtl.export` wrote.

    Checks the bundle's checksums, then loads its SavedModel; the model's Python code is not
    needed, only its kinds of tasks. Texts are tokenized in Python, not in the graph, for
    sub-words, for tasks of words, and where a cleaning step could not be exported into the graph.
    A step of your own has to be registered with Keras in this process: modules named in a bundle
    are never imported. Works on every Keras backend that has TensorFlow beside it.

    A SavedModel is a program: load bundles only from those you trust. Checksums detect damage,
    not malice.

    Args:
        path: The folder of the bundle.

    Call arguments:
        texts: Any number of texts; lists of words too where a task is one of words. For tasks that
            compare texts dictionaries: `{"sentence1": ..., "sentence2": ...}`, or `{"query": ...,
            "candidates": [...]}`. One call takes rows of one sort; the tasks that read it answer.
        batch_size: Texts of one pass; texts of like length go together.

    Returns:
        For each text, task name to prediction in words: `label` and `score` for a classification
        or a grade; `score`, in the label's own unit, for a regression;
        `words`, `tags` and `entities` (type, text, places, score) for tags; `ranking` (candidate,
        text, score; the best first) for candidates.

    Raises:
        BundleError: If the bundle is missing, damaged, of a newer format, of a kind of task
            not known here, needs a cleaning step not known here, or reads token ids only.
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
        self._reader = reader_of(folder, self.manifest, self.tasks)
        import tensorflow as tf

        # Kept, since a signature does not keep its variables alive.
        self._saved_model = tf.saved_model.load(str(folder / SAVED_MODEL))
        self._serve = self._saved_model.signatures[self._reader.signature]

    def __call__(self, texts: Iterable[Any], batch_size: int = 64) -> list[dict[str, Any]]:
        given = _in_memory(texts)
        rows = self._reader.rows(given)
        predictions = self._predict(rows, self._reader.tasks(given), batch_size)
        return [
            answer(self.tasks, predictions, row, words)
            for row, words in enumerate(self._reader.words(rows))
        ]

    def predict(self, texts: Iterable[Any], batch_size: int = 64) -> dict[str, np.ndarray]:
        """Predict as `MultiTaskModel.predict` does.

        Args:
            texts: Rows as in a call.
            batch_size: Rows of one pass.

        Returns:
            Task name to predictions; probabilities `(N, num_classes)` for classification.

        Raises:
            TypeError: If `texts` is a single str, or one of them is not a str.
            ValueError: If `batch_size` is below 1.
        """
        given = _in_memory(texts)
        return self._predict(self._reader.rows(given), self._reader.tasks(given), batch_size)

    def _predict(
        self, rows: Sequence[Any], tasks: Sequence[Task], batch_size: int
    ) -> dict[str, np.ndarray]:
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(
                "`batch_size` of a Predictor must be an integer of at least 1. "
                f"Received: {batch_size=}. 64 suits most machines."
            )
        # A batch is as wide as its longest row: sorted, they hold little padding.
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        parts = list(self._passes([rows[row] for row in order], batch_size))
        found = {}
        for task in tasks:
            arrays = [part[task.name].numpy() for part in parts]
            if task.of_words or task.reads == "candidates":
                arrays = _of_one_width(arrays, 0.0 if task.of_words else NEVER)
            joined = np.concatenate(arrays)
            found[task.name] = np.empty_like(joined)
            found[task.name][order] = joined
        return found

    def _passes(self, rows: Sequence[Any], batch_size: int) -> Iterator[dict[str, Any]]:
        # Of no text one pass is made too: it knows the shape of what is predicted.
        for start in range(0, max(len(rows), 1), batch_size):
            yield self._serve(**self._reader.inputs(rows[start : start + batch_size]))


def _in_memory(rows: Any) -> Any:
    """Rows of any iterable as a list; columns, and what is refused, as they are."""
    whole = isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable)
    return rows if whole else list(rows)


def _of_one_width(parts: Sequence[np.ndarray], fill: float) -> list[np.ndarray]:
    """Predictions of words, or of candidates, `(B, W, ...)`, filled up to the widest."""
    width = max(part.shape[1] for part in parts)
    return [
        np.pad(
            part,
            [(0, 0), (0, width - part.shape[1])] + [(0, 0)] * (part.ndim - 2),
            constant_values=fill,
        )
        for part in parts
    ]
