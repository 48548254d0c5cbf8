"""What every trunk, head and balancer must do; run over all that their folders export."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl import balancing
from keras_mtl.heads import POOLINGS, WORD_STARTS, PooledHead, Pooling
from keras_mtl.tasks import Task, Word, from_config

VOCABULARY_SIZE = 30
# Rows of length 7, 1, 0, 4 and 9.
IDS = np.array(
    [
        [5, 2, 2, 9, 29, 3, 4, 0, 0],
        [7, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [2, 5, 1, 7, 0, 0, 0, 0, 0],
        [1, 8, 3, 3, 6, 2, 11, 28, 5],
    ],
    np.int32,
)
MASK = IDS > 0


def check_trunk(make_trunk: Callable[[], keras.Model]) -> None:
    """A trunk's features have the shapes promised and do not depend on what stands around."""
    keras.utils.set_random_seed(0)
    trunk = make_trunk()
    features = arrays(trunk({"token_ids": IDS}))
    _check_features(trunk, features)
    # `predict` compiles; the other checks use it because on JAX it is quicker than eager calls.
    assert_same(predicted(trunk, IDS), features, "compiled")
    _check_padding(trunk, features)
    _check_companions(trunk, features)
    assert_same(predicted(saved_and_loaded(trunk), IDS), features, "saved and loaded")
    _check_one_step(trunk)


def check_head(task: Task) -> None:
    """A task's head gives float32 scores that do not depend on padding, and survives saving."""
    assert from_config(keras.saving.serialize_keras_object(task)) == task
    keras.utils.set_random_seed(0)
    features = random_features()
    head = task.head()
    scores = head(features)
    values = _values(scores)
    assert _dtypes(scores) == {"float32"}
    assert len(values) == len(IDS) and np.isfinite(values).all()
    assert np.isfinite(_values(head(features, training=True))).all()
    symbolic = head({name: _symbol(feature) for name, feature in features.items()})
    assert _dtypes(symbolic) == {"float32"}
    symbol = symbolic["emissions"] if isinstance(symbolic, dict) else symbolic
    assert symbol.shape == (None, *((None,) if task.of_words else ()), values.shape[-1])

    np.testing.assert_allclose(_values(head(padded(features))), values, atol=1e-6)
    _check_loss(task, scores)

    copy = type(head).from_config(head.get_config())
    copy.build({name: feature.shape for name, feature in features.items()})
    copy.set_weights(head.get_weights())
    np.testing.assert_array_equal(_values(copy(features)), values)
    prediction = task.prediction()
    assert prediction.name == task.name
    predictions = np.asarray(ops.convert_to_numpy(prediction(scores)))
    decoded = task.decode(predictions[0], [Word("word")] * 4)
    assert all(isinstance(value, (str, float, list, dict)) for value in decoded.values())
    _check_review(task, predictions)


def check_balancer(balancer: balancing.LossBalancer) -> None:
    """A balancer gives a finite scalar, whoever is absent, and survives saving."""
    balancer.build((3,))
    assert _balance(balancer, [0, 0, 0]) == 0.0
    assert not any(len(weight.shape) > 1 for weight in balancer.weights)
    for present in ([1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0]):
        scalar = _balance(balancer, present)
        assert scalar.shape == () and scalar.dtype == np.float32, present
        assert np.isfinite(scalar), present
    config = keras.saving.serialize_keras_object(balancer)
    copy = balancing.get(config)
    assert type(copy) is type(balancer) and copy.get_config() == balancer.get_config()
    if not copy.built:
        copy.build((3,))
    for own, other in zip(copy.variables, balancer.variables, strict=True):
        own.assign(other)
    assert _balance(copy, [1, 0, 1]) == _balance(balancer, [1, 0, 1])


def arrays(features: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(ops.convert_to_numpy(value)) for name, value in features.items()}


def predicted(trunk: keras.Model, ids: np.ndarray) -> dict[str, np.ndarray]:
    return arrays(trunk.predict({"token_ids": ids}, verbose=0))


def pooled(features: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return arrays(
        {mode: Pooling(mode)(features["sequence"], features["padding_mask"]) for mode in POOLINGS}
    )


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray], what: str) -> None:
    """Equal to 1e-6 at real tokens, in `last` and in everything pooled.

    Of the largest number, if that is above 1: float32 has no more digits to be equal in.
    """
    assert set(one) == set(other), what
    np.testing.assert_array_equal(one["padding_mask"], other["padding_mask"], what)
    real = one["padding_mask"].astype(bool)
    sequences = {name for name in one if name.startswith("sequence")}
    for name in sequences:
        _assert_close(one[name][real], other[name][real], f"{what}: {name}")
    for name in set(one) - sequences - {"padding_mask"}:
        _assert_close(one[name], other[name], f"{what}: {name}")
    for mode, expected in pooled(other).items():
        _assert_close(pooled(one)[mode], expected, f"{what}: {mode}")


def _assert_close(found: np.ndarray, expected: np.ndarray, what: str) -> None:
    tolerance = 1e-6 * max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, 0, tolerance, err_msg=what)


def saved_and_loaded(model: keras.Model) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return keras.models.load_model(path)


def random_features(last: bool = True) -> dict[str, Any]:
    """Features such as a trunk of width 4 might give for `IDS`, with NaN at padding."""
    random = np.random.default_rng(0)
    sequence = random.normal(size=(*IDS.shape, 4)).astype("float32")
    sequence[~MASK] = np.nan
    # Every second token begins a word.
    starts = np.where(MASK & (np.arange(IDS.shape[1]) % 2 == 0), np.arange(IDS.shape[1]) + 1, 0)
    starts = np.pad(starts[:, ::2], [(0, 0), (0, IDS.shape[1] // 2)]).astype("int32")
    found = {"sequence": sequence, "padding_mask": MASK, WORD_STARTS: starts}
    if last:
        found["last"] = random.normal(size=(len(IDS), 6)).astype("float32")
    return {name: ops.convert_to_tensor(value) for name, value in found.items()}


def padded(features: dict[str, Any]) -> dict[str, Any]:
    """The same features with three more places of padding, and something standing there."""
    wider = dict(features)
    wider["sequence"] = ops.pad(features["sequence"], [[0, 0], [0, 3], [0, 0]], constant_values=7.0)
    wider["padding_mask"] = ops.pad(features["padding_mask"], [[0, 0], [0, 3]])
    return wider


def _check_features(trunk: keras.Model, features: dict[str, np.ndarray]) -> None:
    assert type(trunk).__name__ == "Functional"
    assert list(trunk.input) == ["token_ids"]
    assert {"sequence", "padding_mask"} <= set(features) == set(trunk.output)
    width = features["sequence"].shape[-1]
    assert features["sequence"].shape == (*IDS.shape, width)
    np.testing.assert_array_equal(features["padding_mask"], MASK)
    for name, value in features.items():
        assert np.isfinite(value).all(), name
        promised = trunk.output[name].shape
        assert all(size in (None, value.shape[axis]) for axis, size in enumerate(promised)), name
        assert len(promised) == value.ndim and value.shape[0] == len(IDS), name
    assert trunk.output["sequence"].shape == (None, None, width)
    for mode, value in pooled(features).items():
        assert (value[2] == 0).all(), f"{mode} of a row without tokens"
        assert (np.abs(value[[0, 1, 3, 4]]).max(axis=1) > 0).all(), mode


def _check_padding(trunk: keras.Model, features: dict[str, np.ndarray]) -> None:
    wider = predicted(trunk, np.pad(IDS, [(0, 0), (0, 6)]))
    for name in wider:
        if name.startswith(("sequence", "padding_mask")):
            wider[name] = wider[name][:, : IDS.shape[1]]
    assert_same(wider, features, "padded further")


def _check_companions(trunk: keras.Model, features: dict[str, np.ndarray]) -> None:
    order = [3, 0, 4, 2, 1]
    expected = {name: value[order] for name, value in features.items()}
    assert_same(predicted(trunk, IDS[order]), expected, "reordered")
    others = np.where(np.arange(len(IDS))[:, None] == 0, IDS, IDS[::-1] * 0 + 3)
    first = {name: value[:1] for name, value in predicted(trunk, others).items()}
    assert_same(first, {name: value[:1] for name, value in features.items()}, "in other company")


def _check_one_step(trunk: keras.Model) -> None:
    """One compiled step moves every trainable variable, and to somewhere finite."""
    output = PooledHead(3)(trunk.output)
    model = keras.Model(trunk.input, output)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = [np.array(ops.convert_to_numpy(one)) for one in trunk.trainable_variables]
    model.fit({"token_ids": IDS}, np.array([0, 1, 2, 0, 1]), batch_size=len(IDS), verbose=0)
    for variable, value in zip(trunk.trainable_variables, before, strict=True):
        after = ops.convert_to_numpy(variable)
        # The same number added to all scores of a softmax: attention does not depend on it.
        moved = (after != value).any() or variable.path.endswith("self_attention_layer/key/bias")
        assert np.isfinite(after).all() and moved, variable.path


def _check_loss(task: Task, scores: Any) -> None:
    labels, weights = _unlabelled(task)
    assert labels.shape[0] == len(IDS) and not weights.any()
    assert not ops.convert_to_numpy(task.outside(labels)).any()
    losses = ops.convert_to_numpy(task.loss(ops.convert_to_tensor(labels), scores))
    assert losses.shape == weights.shape and np.isfinite(losses).all()
    assert all(metric.name for metric in task.metrics())


def _check_review(task: Task, predictions: np.ndarray) -> None:
    """Labelled rows are counted and described; unlabelled ones are neither bad nor right."""
    labels, weights = _unlabelled(task)
    known = np.arange(len(IDS)) % 2 == 0
    shape = (-1, *[1] * (weights.ndim - 1))
    for there in (np.zeros(len(IDS), bool), known):
        given = (labels, np.ones_like(weights) * there.reshape(shape))
        review = task.review(*(list(one) if task.of_words else one for one in given), predictions)
        assert review.rows == there.sum() and len(review.badness) == len(IDS)
        assert all(isinstance(text, str) for text in review.expected + review.predicted)
        assert np.array_equal([text != "" for text in review.expected], there)
        assert not review.badness[~there].any() and not review.right[~there].any()
        assert review.right.dtype == bool and all(review.predicted)


def _unlabelled(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Labels and weights of rows without a label; of a task of words, as many as tokens."""
    labels, weights = task.encode([None] * len(IDS), "here")
    if not task.of_words:
        return labels, weights
    assert not sum(map(len, labels)) + sum(map(len, weights))
    return np.zeros(IDS.shape, np.int32), np.zeros(IDS.shape, np.float32)


def _values(scores: Any) -> np.ndarray:
    """The scores of rows, whatever else there is."""
    scores = scores["emissions"] if isinstance(scores, dict) else scores
    return np.asarray(ops.convert_to_numpy(scores))


def _dtypes(scores: Any) -> set[str]:
    found = {keras.backend.standardize_dtype(one.dtype) for one in keras.tree.flatten(scores)}
    return found - {"bool"}


def _symbol(feature: Any) -> Any:
    shape = tuple(feature.shape[1:])
    if len(shape) == 2 or keras.backend.standardize_dtype(feature.dtype) in ("bool", "int32"):
        shape = (None, *shape[1:])
    return keras.KerasTensor((None, *shape), dtype=keras.backend.standardize_dtype(feature.dtype))


def _balance(balancer: balancing.LossBalancer, present: list[int]) -> np.ndarray:
    there = np.array(present, np.float32)
    losses = np.array([70_000.0, 0.25, 3.0], np.float32) * there
    scalar = balancer(ops.convert_to_tensor(losses), present=ops.convert_to_tensor(there))
    return np.asarray(ops.convert_to_numpy(scalar))
