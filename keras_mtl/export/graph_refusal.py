"""What stands in a SavedModel in place of a tokenizer that no graph can have.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from keras_mtl.data.text.words import TOKEN_IDS
from keras_mtl.heads import WORD_STARTS
from keras_mtl.tasks import WORD_PLACES


class GraphRefusal(tf.Module):
    """Gives what a tokenizer gives, in type and shape, after an error at every call.

    Args:
        outside: Names of the cleaning steps that cannot be in a graph.
        of_words: Whether the model has a task of words.
    """

    def __init__(self, outside: Sequence[str], of_words: bool) -> None:
        super().__init__(name="graph_refusal")
        # Without quotes, which TensorFlow would print with a backslash.
        self._message = (
            f"This model cannot read texts by itself: {', '.join(outside)} of its tokenizer's "
            "cleaning cannot be expressed by TensorFlow operations. Send token ids to the "
            f"signature {TOKEN_IDS}, or texts to keras_mtl.Predictor, which cleans and tokenizes "
            "in Python."
        )
        words, *places = WORD_PLACES
        numbers = (TOKEN_IDS, WORD_STARTS, *places) if of_words else (TOKEN_IDS,)
        texts = {words: tf.string} if of_words else {}
        self._types = dict.fromkeys(numbers, tf.int32) | texts

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")], autograph=False)
    def __call__(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Fails. Texts are string `(B,)`; all that it would give is `(B, 1)`."""
        with tf.control_dependencies([tf.debugging.Assert(False, [self._message])]):
            shape = [tf.shape(texts)[0], 1]
            return {name: tf.zeros(shape, kind) for name, kind in self._types.items()}
