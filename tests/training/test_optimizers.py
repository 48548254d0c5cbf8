"""The gradient that an optimizer gets for an embedding is the dense one."""

import keras
import numpy as np
import pytest

from tests.figures import at_most
from tests.training.small import TASKS, id_model, id_rows, largest_difference, weights_of

pytestmark = pytest.mark.any_backend

OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.1),
    "adamw": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.01),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.05),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1),
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
}
STEPS = 5


def dense_gradients(weights, ids, labels):
    """By hand, for one task on the bag of words: d(mean loss) / d(weights)."""
    table, kernel, bias = (weight.astype("float64") for weight in weights)
    mask = (ids > 0).astype("float64")
    roots = np.sqrt(np.maximum(mask.sum(1), 1))
    pooled = (table[ids] * mask[..., None]).sum(1) / roots[:, None]
    scores = pooled @ kernel + bias
    shares = np.exp(scores - scores.max(1, keepdims=True))
    slope = shares / shares.sum(1, keepdims=True)
    slope[np.arange(len(labels)), labels] -= 1
    slope /= len(labels)
    of_table = np.zeros_like(table)
    per_token = (slope @ kernel.T / roots[:, None])[:, None] * mask[..., None]
    np.add.at(of_table, ids, per_token)
    return [of_table, pooled.T @ slope, slope.sum(0)]


def distance_from_dense(optimizer):
    """Largest difference of any weight after some steps from the reference."""
    model = id_model("bag", tasks=TASKS[1:], vocabulary_size=12)
    x, y = id_rows(vocabulary_size=12)
    reference = [keras.Variable(weight) for weight in weights_of(model)]
    by_hand = OPTIMIZERS[optimizer]()
    for _ in range(STEPS):
        gradients = dense_gradients(
            [keras.ops.convert_to_numpy(v) for v in reference], x["token_ids"], y["sentiment"]
        )
        by_hand.apply([keras.ops.cast(g, "float32") for g in gradients], reference)
    model.compile(OPTIMIZERS[optimizer](), self_checks=False)
    model.fit(x, {"sentiment": y["sentiment"]}, batch_size=len(y["sentiment"]), epochs=STEPS,
              verbose=0)  # fmt: skip
    return largest_difference(weights_of(model), [keras.ops.convert_to_numpy(v) for v in reference])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_embedding_is_trained_as_with_the_dense_gradient(optimizer):
    at_most(
        f"weights after {STEPS} steps of {optimizer} from dense",
        distance_from_dense(optimizer),
        1e-6,
    )


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="sparse on TensorFlow only")
def test_handing_over_the_sparse_gradient_would_be_seen(monkeypatch):
    from keras_mtl.training import tensorflow_step

    monkeypatch.setattr(tensorflow_step, "dense", lambda gradient: gradient)
    assert distance_from_dense("adam") > 1e-3


def test_weight_penalty_counts_once_however_many_passes_a_step_makes():
    x, y = id_rows()
    nested = ({"a": x, "b": {"token_ids": x["token_ids"][:, :5]}},
              {"a": {"topic": y["topic"]}, "b": {"sentiment": y["sentiment"]}})  # fmt: skip
    model = id_model()
    factor, rate = 0.05, 0.5
    embedding = model.trunk.get_layer("embedding")
    embedding.embeddings.regularizer = keras.regularizers.L2(factor)
    plain = id_model()
    for one in (model, plain):
        one.compile(keras.optimizers.SGD(rate))
        one.train_on_batch(*nested)
    shift = weights_of(plain)[0] - weights_of(model)[0]
    before = weights_of(id_model())[0]
    np.testing.assert_allclose(shift, rate * 2 * factor * before, atol=1e-6)


def test_compiled_by_xla_or_not_trains_the_same():
    (x, y), models = id_rows(), []
    for jit_compile in (False, True):
        models.append(id_model("bag"))
        models[-1].compile(keras.optimizers.Adam(0.01, epsilon=1e-3), jit_compile=jit_compile)
        models[-1].fit(x, y, batch_size=24, epochs=5, verbose=0)
    assert largest_difference(*map(weights_of, models)) < 1e-5


@pytest.mark.parametrize("options", [{}, {"weighing": True}])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_close_to_float32(policy, options):
    (x, y), models = id_rows(), []
    for one in ("float32", policy):
        keras.config.set_dtype_policy(one)
        try:
            models.append(id_model("bag", **options))
        finally:
            keras.config.set_dtype_policy("float32")
        optimizer = keras.optimizers.SGD(0.1, global_clipnorm=0.5)
        if one == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=128.0)
        models[-1].compile(optimizer)
        models[-1].fit(x, y, batch_size=24, epochs=5, verbose=0)
    assert 0 < largest_difference(*map(weights_of, models)) < 1e-2


def test_activity_penalty_of_two_passes_is_that_of_one(monkeypatch):
    x, y = id_rows()
    # Streams of one length would share a pass; a trunk that has not said its shape gets two.
    monkeypatch.setattr("keras_mtl.training.features._can_share", lambda inputs: False)
    models = [id_model("bag"), id_model("bag")]
    for model in models:
        model.trunk.get_layer("embedding").activity_regularizer = keras.regularizers.L2(0.1)
        model.compile(keras.optimizers.SGD(0.5))
    short = x["token_ids"][:16, :5]
    models[0].train_on_batch(
        {"a": {"token_ids": short[:6]}, "b": {"token_ids": short[6:]}},
        {"a": {"topic": y["topic"][:6]}, "b": {"topic": y["topic"][6:16]}},
    )
    models[1].train_on_batch({"token_ids": short}, {"topic": y["topic"][:16]})
    assert largest_difference(*map(weights_of, models)) < 1e-6
