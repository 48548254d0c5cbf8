"""The LSTM layer of the trunks: Keras's, with a faster way to train on a CPU."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_mtl")
class LSTM(keras.layers.LSTM):
    """Keras's LSTM: the same arguments, weights and outputs.

    On TensorFlow without a GPU, Keras trains it by differentiating its loop, whose every turn
    multiplies the inputs, keeps a dozen tensors, and adds to the gradients of all weights.
    Here a training step on a CPU multiplies the inputs once, before the loop, and the weights'
    gradients once, after it; the loop between is compiled (`tensorflow_lstm`). Outputs and
    gradients differ by rounding. Elsewhere, and to evaluate, predict and export, it is Keras's
    own layer.
    """

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
    ) -> Any:
        if training and initial_state is None and mask is None and self._is_plain():
            from keras_mtl.trunks import tensorflow_lstm

            if tensorflow_lstm.usable(sequences):
                cell = self.cell
                return tensorflow_lstm.lstm(
                    sequences, cell.kernel, cell.recurrent_kernel, cell.bias
                )
        return super().call(sequences, initial_state, mask, training)

    def _is_plain(self) -> bool:
        """Whether it computes what `tensorflow_lstm` does."""
        cell = self.cell
        return (
            keras.backend.backend() == "tensorflow"
            and cell.activation is keras.activations.tanh
            and cell.recurrent_activation is keras.activations.sigmoid
            and cell.use_bias
            and not (cell.dropout or cell.recurrent_dropout)
            and self.return_sequences
            and not (self.return_state or self.go_backwards or self.stateful or self.unroll)
            and self.compute_dtype == self.variable_dtype == "float32"
        )
