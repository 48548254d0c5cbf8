"""An LSTM for training on a CPU with TensorFlow.

Time comes first in every tensor here. The gates stand in Keras's order: input, forget,
candidate, output.
"""

import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_mtl.devices import only_one_cpu

# With fewer rows than this, a loop costs about as much as with this many.
_ROWS_OF_A_LOOP = 16


def usable(sequences: Any) -> bool:
    """Whether a step is being compiled, for one CPU, with a shape that is known."""
    return only_one_cpu() and tf.is_tensor(sequences) and sequences.shape.is_fully_defined()


def lstm(sequences: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """Outputs at every step of an LSTM that starts from zeros.

    A loop keeps one core busy for most of its time, so the rows are dealt out to several loops
    that run side by side.

    Args:
        sequences: float32 `(B, L, I)`, of known shape.
        kernel: `(I, 4 * U)`.
        recurrent_kernel: `(U, 4 * U)`.
        bias: `(4 * U,)`.

    Returns:
        `(B, L, U)`.
    """
    weights = tuple(map(tf.convert_to_tensor, (kernel, recurrent_kernel, bias)))
    rows = sequences.shape[0]
    loops = min(os.cpu_count() or 1, max(rows // _ROWS_OF_A_LOOP, 1))
    sizes = [rows // loops + (number < rows % loops) for number in range(loops)]
    return tf.concat([_one_loop(part, *weights) for part in tf.split(sequences, sizes)], axis=0)


def _one_loop(sequences: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    rows, length, width = sequences.shape
    by_time = tf.reshape(tf.transpose(sequences, (1, 0, 2)), (length * rows, width))
    projected = tf.nn.bias_add(tf.matmul(by_time, kernel), bias)  # TensorFlow fuses the two.
    projected = tf.reshape(projected, (length, rows, bias.shape[0]))
    return tf.transpose(_recur(projected, recurrent_kernel), (1, 0, 2))


@tf.custom_gradient
def _recur(projected: Any, recurrent_kernel: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Outputs `(L, B, U)` from projected inputs `(L, B, 4 * U)`."""
    outputs, states, gates = _forward(projected, recurrent_kernel)

    def gradient(upstream: Any) -> tuple[Any, Any]:
        by_gate = _backward(upstream, states, gates, recurrent_kernel)
        units = outputs.shape[-1]
        before = tf.concat([tf.zeros_like(outputs[:1]), outputs[:-1]], axis=0)
        by_weight = tf.matmul(
            tf.reshape(before, (-1, units)), tf.reshape(by_gate, (-1, 4 * units)), transpose_a=True
        )
        return by_gate, by_weight

    return outputs, gradient


@tf.function(jit_compile=True, autograph=False, reduce_retracing=False)
def _forward(projected: Any, recurrent_kernel: Any) -> tuple[Any, Any, Any]:
    """Outputs and cell states `(L, B, U)`, and the gates `(L, B, 4 * U)`."""
    length, rows, _ = projected.shape
    units = recurrent_kernel.shape[0]
    at = _steps_of(projected)

    def step(time: Any, output: Any, state: Any, *kept: Any) -> tuple[Any, ...]:
        scores = at.read(time) + tf.matmul(output, recurrent_kernel)
        admit, keep, new, show = tf.split(scores, 4, axis=-1)
        admit, keep, show = tf.sigmoid(admit), tf.sigmoid(keep), tf.sigmoid(show)
        new = tf.tanh(new)
        state = keep * state + admit * new
        output = show * tf.tanh(state)
        values = output, state, tf.concat([admit, keep, new, show], axis=-1)
        written = (one.write(time, value) for one, value in zip(kept, values, strict=True))
        return time + 1, output, state, *written

    zeros = tf.zeros((rows, units))
    kept = (_empty(length, rows, width) for width in (units, units, 4 * units))
    start = (0, zeros, zeros, *kept)
    found = tf.while_loop(lambda time, *_: time < length, step, start, maximum_iterations=length)
    outputs, states, gates = (one.stack() for one in found[-3:])
    return outputs, states, gates


@tf.function(jit_compile=True, autograph=False, reduce_retracing=False)
def _backward(upstream: Any, states: Any, gates: Any, recurrent_kernel: Any) -> Any:
    """The gradient of the gates before their activation, `(L, B, 4 * U)`.

    What does not hang on later steps is computed before the loop, for all steps at once.
    """
    length, rows, units = states.shape
    admit, keep, new, show = tf.split(gates, 4, axis=-1)
    seen = tf.tanh(states)
    before = tf.concat([tf.zeros_like(states[:1]), states[:-1]], axis=0)
    by_admit = new * admit * (1 - admit)
    by_keep = before * keep * (1 - keep)
    by_new = admit * (1 - new * new)
    by_state = _steps_of(tf.concat([by_admit, by_keep, by_new], axis=-1))
    by_show = _steps_of(seen * show * (1 - show))
    through = _steps_of(show * (1 - seen * seen))
    upstream, keep = _steps_of(upstream), _steps_of(keep)
    transposed = tf.transpose(recurrent_kernel)

    def step(done: Any, output: Any, state: Any, kept: Any) -> tuple[Any, ...]:
        time = length - 1 - done
        output = output + upstream.read(time)
        state = state + output * through.read(time)
        gate = tf.concat(
            [tf.tile(state, (1, 3)) * by_state.read(time), output * by_show.read(time)], axis=-1
        )
        return (
            done + 1,
            tf.matmul(gate, transposed),
            state * keep.read(time),
            kept.write(time, gate),
        )

    zeros = tf.zeros((rows, units))
    start = (0, zeros, zeros, _empty(length, rows, 4 * units))
    *_, kept = tf.while_loop(lambda done, *_: done < length, step, start, maximum_iterations=length)
    return kept.stack()


def _empty(length: int, rows: int, width: int) -> Any:
    return tf.TensorArray(tf.float32, size=length, element_shape=(rows, width))


def _steps_of(values: Any) -> Any:
    length, rows, width = values.shape
    return _empty(length, rows, width).unstack(values)
