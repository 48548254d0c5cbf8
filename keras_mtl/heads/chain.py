"""A linear-chain conditional random field: its losses, its probabilities and its best path.

Shapes: `emissions` `(B, W, C)` floats, what each of `W` words says of each of `C` tags; `words`
`(B, W)` booleans, true at real words, which come first in a row; `transitions` `(C, C)`, what it
is worth to go from a tag (down) to a tag (across). The first word's emissions hold what it is
worth to begin with a tag, the last word's what it is worth to end with it.
"""

from typing import Any

import keras
from keras import ops

# What stands for "never": far below any score, and finite, so that nothing becomes NaN.
NEVER = -1e4
# What excludes all tags but the known one; further below than anything a path can add up to.
_EXCLUDED = -1e8
# The smallest float32 that is not denormal: the logarithm of what is not reached stays finite.
_LEAST = 1.2e-38


def chain_losses(emissions: Any, words: Any, transitions: Any, tags: Any) -> Any:
    """What each known tag costs, given those before it: `-log p(tag | known tags before, x)`.

    A row adds up to the negative log-likelihood of all its known tags together; words without a
    known tag are summed over, and cost nothing.

    Args:
        emissions: As above.
        words: As above.
        transitions: As above.
        tags: int `(B, W)` tag numbers; below 0 where the tag is not known.

    Returns:
        `(B, W)`, 0 where the tag is not known or there is no word.
    """
    known = ops.logical_and(words, ops.greater_equal(tags, 0))
    targets = ops.one_hot(ops.maximum(tags, 0), emissions.shape[-1], dtype=emissions.dtype)
    forbidden = ops.where(ops.expand_dims(known, -1), (1.0 - targets) * _EXCLUDED, 0.0)
    after = _backward(emissions, words, transitions)
    before = _forward(emissions + forbidden, words, transitions)
    # The log of the sum over all paths through the known tags up to each word.
    so_far = ops.logsumexp(before + after, axis=-1)
    all_paths = ops.logsumexp(emissions[:, 0] + after[:, 0], axis=-1)
    previous = ops.concatenate([ops.expand_dims(all_paths, 1), so_far[:, :-1]], axis=1)
    return ops.where(known, previous - so_far, 0.0)


def tag_probabilities(emissions: Any, words: Any, transitions: Any) -> Any:
    """`(B, W, C)`: the probability of each tag at each word, over all paths."""
    before = _forward(emissions, words, transitions)
    after = _backward(emissions, words, transitions)
    return ops.softmax(before + after, axis=-1)


def best_path(emissions: Any, words: Any, transitions: Any) -> Any:
    """int32 `(B, W)`: the tags of the most probable path (Viterbi); any where there is no word."""
    tags = ops.arange(emissions.shape[-1], dtype="int32")

    def step(carry: Any, at: Any) -> Any:
        score, _ = carry
        emission, is_word = at[:, :-1], at[:, -1:] > 0
        ways = ops.expand_dims(score, -1) + transitions  # (B, from, to)
        going_on = ops.max(ways, axis=1) + emission
        came_from = ops.cast(ops.argmax(ways, axis=1), "int32")
        carry = (
            ops.where(is_word, going_on, score),
            ops.where(is_word, came_from, ops.broadcast_to(tags, ops.shape(came_from))),
        )
        return carry, carry

    def back(tag: Any, came_from: Any) -> Any:
        earlier = ops.take_along_axis(came_from, ops.expand_dims(tag, -1), axis=1)
        return ops.squeeze(earlier, 1), tag

    first = emissions[:, 0]
    nowhere = ops.cast(ops.zeros_like(first), "int32")
    (score, _), (_, came_from) = ops.scan(step, (first, nowhere), _rest(emissions, words))
    last = ops.cast(ops.argmax(score, axis=-1), "int32")
    begin, others = ops.scan(back, last, came_from, reverse=True)
    path = ops.concatenate([ops.expand_dims(begin, 0), others[:-1]], axis=0)
    return ops.transpose(path, (1, 0))


def _forward(emissions: Any, words: Any, transitions: Any) -> Any:
    """`(B, W, C)`: log of the sum over the paths that end in a tag at a word."""
    ways, largest = _ways(transitions)

    def step(score: Any, at: Any) -> Any:
        going_on = _log_product(score, ways) + largest + at[:, :-1]
        score = ops.where(at[:, -1:] > 0, going_on, score)
        return score, score

    first = emissions[:, 0]
    _, others = ops.scan(step, first, _rest(emissions, words))
    return ops.transpose(ops.concatenate([first[None], others[:-1]], axis=0), (1, 0, 2))


def _backward(emissions: Any, words: Any, transitions: Any) -> Any:
    """`(B, W, C)`: log of the sum over the paths that go on from a tag at a word to the end."""
    ways, largest = _ways(ops.transpose(transitions))

    def step(score: Any, at: Any) -> Any:
        going_on = _log_product(score + at[:, :-1], ways) + largest
        score = ops.where(at[:, -1:] > 0, going_on, score)
        return score, score

    last = ops.zeros_like(emissions[:, 0])
    _, found = ops.scan(step, last, _rest(emissions, words), reverse=True)
    return ops.transpose(found, (1, 0, 2))


def _rest(emissions: Any, words: Any) -> Any:
    """All words but the first and one that is none, the last column 1 at real words.

    `(W, B, C + 1)`, words before rows. On TensorFlow Keras can scan neither two arrays of a length
    that is not known, nor nothing.
    """
    real = ops.cast(ops.expand_dims(words, -1), emissions.dtype)
    everything = ops.pad(ops.concatenate([emissions, real], axis=-1), [[0, 0], [0, 1], [0, 0]])
    return ops.transpose(everything[:, 1:], (1, 0, 2))


def _ways(transitions: Any) -> tuple[Any, Any]:
    """The transitions as factors of at most 1, and the logarithm that was taken out."""
    largest = ops.max(transitions)
    return ops.exp(transitions - largest), largest


def _log_product(scores: Any, ways: Any) -> Any:
    """`log(exp(scores) @ ways)`, without overflow: one matrix product in place of `(B, C, C)`."""
    largest = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    reached = ops.matmul(ops.exp(scores - largest), ways)
    return ops.log(ops.maximum(reached, _LEAST)) + largest


@keras.saving.register_keras_serializable(package="keras_mtl")
class BestPath(keras.layers.Layer):
    """The most probable path, each of its tags with its probability; 0 for all other tags.

    Call arguments:
        scores: `emissions`, `words` and `transitions`, as above.

    Returns:
        `(B, W, C)`: the largest entry of a word is its tag on the best path.
    """

    def call(self, scores: dict[str, Any]) -> Any:
        path = best_path(**scores)
        probabilities = tag_probabilities(**scores)
        # A tag on the best path may be improbable by itself, but never quite 0.
        on_path = ops.one_hot(path, probabilities.shape[-1], dtype=probabilities.dtype)
        return on_path * ops.maximum(probabilities, _LEAST)

    def compute_output_shape(self, scores_shape: dict[str, Any]) -> Any:
        return scores_shape["emissions"]
