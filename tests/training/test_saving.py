"""A model is saved, loaded and trained on as any Keras model."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.figures import at_most, exactly
from tests.training.small import (
    TASKS,
    demo_mixture,
    demo_model,
    id_model,
    id_rows,
    largest_difference,
    weights_of,
)

pytestmark = pytest.mark.any_backend

TEXTS = ["a film that stays with you", "", "prices of copper rose 好", "word " * 500]


def test_a_loaded_model_goes_on_as_if_it_had_never_stopped(tmp_path):
    x, y = id_rows()
    model = id_model()
    model.compile(keras.optimizers.Adam(0.01), loss_weights={"topic": 0.5})
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one in (model, loaded):
        one.fit(x, y, epochs=2, verbose=0, shuffle=False)
    exactly("bits apart", largest_difference(weights_of(model), weights_of(loaded)), 0.0)
    assert loaded.settings.loss_weights == (0.5, 1.0)
    assert loaded.tasks == model.tasks


def test_a_fresh_process_predicts_the_same_from_texts(tmp_path):
    model = demo_model()
    model.compile("adam")
    model.fit(demo_mixture(), verbose=0)
    model.save(tmp_path / "model.keras")
    code = (
        "import sys, json, keras, keras_mtl\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "found = model.predict(json.loads(sys.argv[2]), verbose=0)\n"
        "print('FOUND' + json.dumps({k: v.tolist() for k, v in found.items()}))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "model.keras"), json.dumps(TEXTS)]
    out = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    found = json.loads(out.stdout.split("FOUND")[1])
    predicted = model.predict(TEXTS, verbose=0)
    apart = max(float(np.abs(predicted[k] - np.array(found[k])).max()) for k in predicted)
    at_most("predictions of the reloaded .keras apart", apart, 1e-6)


def test_weights_file_round_trip(tmp_path):
    model, other = id_model(seed=0), id_model(seed=1)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert largest_difference(weights_of(model), weights_of(other)) == 0.0


def test_summary_and_plot_show_the_parts():
    model, lines = id_model(), []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    plot = keras.utils.model_to_dot(model, expand_nested=True).to_string()
    for name in ("trunk", "topic_head", "sentiment_head"):
        assert name in "\n".join(lines) and name in plot
    assert sorted(model.output_names) == ["sentiment", "topic"]


def test_predictions_do_not_depend_on_what_else_is_predicted():
    model = demo_model()
    together = model.predict(TEXTS, verbose=0)
    for row, text in enumerate(TEXTS):
        alone = model.predict([text], verbose=0)
        for name in alone:
            np.testing.assert_allclose(alone[name][0], together[name][row], atol=1e-6)
            assert together[name][row].sum() == pytest.approx(1, abs=1e-5)


def test_recompiling_with_another_balancer_leaves_none_of_the_old_variables():
    from keras_mtl.balancing import EqualWeighting

    @keras.saving.register_keras_serializable("tests")
    class Learned(EqualWeighting):
        def build(self, shape):
            self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")

        def call(self, losses, present):
            return keras.ops.sum(losses * self.scale)

    (x, y), model = id_rows(), id_model()
    count = len(model.trainable_variables)
    model.compile(keras.optimizers.SGD(0.1), balancer=Learned())
    assert len(model.trainable_variables) == count + 1
    model.fit(x, y, verbose=0)
    assert np.all(keras.ops.convert_to_numpy(model.balancer.scale) < 1)
    model.compile("adam", balancer="equal")
    assert len(model.trainable_variables) == count
    model.fit(x, y, verbose=0)


def test_weights_loaded_after_compile_leave_the_loss_weights(tmp_path):
    (x, y), first, second = id_rows(), id_model(), id_model()
    first.compile("sgd")
    first.save_weights(tmp_path / "model.weights.h5")
    second.compile("sgd", loss_weights={"topic": 0.0})
    second.load_weights(tmp_path / "model.weights.h5")
    logs = second.evaluate(x, y, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(logs["sentiment_loss"])


def test_a_trunk_with_batch_normalisation_and_inputs_of_its_own():
    def trunk():
        ids = keras.Input((None,), dtype="int32", name="words")
        more = keras.Input((None,), dtype="float32", name="weights")
        vectors = keras.layers.Embedding(40, 6)(ids) * keras.ops.expand_dims(more, -1)
        vectors = keras.layers.BatchNormalization()(vectors)
        return keras.Model(
            {"words": ids, "weights": more},
            {"sequence": vectors, "padding_mask": keras.ops.not_equal(ids, 0)},
        )

    import keras_mtl as mtl

    (x, y) = id_rows()
    model = mtl.MultiTaskModel(trunk(), TASKS)
    model.compile("adam")
    inputs = {"words": x["token_ids"], "weights": np.ones((24, 9), "float32")}
    before = [np.array(v) for v in model.non_trainable_variables]
    model.fit(inputs, y, verbose=0)
    after = [np.array(v) for v in model.non_trainable_variables]
    assert max(np.abs(a - b).max() for a, b in zip(before, after, strict=True)) > 0
    model.evaluate(inputs, y, verbose=0)
    for one, other in zip(after, model.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(one, np.array(other))
    with pytest.raises(TypeError, match="input of a trunk must be a dictionary"):
        ids = keras.Input((None,), dtype="int32")
        features = {"sequence": keras.layers.Embedding(4, 2)(ids), "padding_mask": ids > 0}
        mtl.MultiTaskModel(keras.Model(ids, features), TASKS)
