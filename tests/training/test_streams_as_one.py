"""Nested and plain batches train alike."""

import keras
import numpy as np
import pytest

from tests.figures import at_most
from tests.training.small import demo_mixture, demo_model, largest_difference, weights_of

pytestmark = pytest.mark.any_backend


def as_plain(nested):
    """One plain batch with the rows of a nested one, padded to one length."""
    x, y, weights = nested
    length = max(inputs["token_ids"].shape[1] for inputs in x.values())
    ids = [np.pad(i["token_ids"], [(0, 0), (0, length - i["token_ids"].shape[1])])
           for i in x.values()]  # fmt: skip
    rows = {stream: len(inputs["token_ids"]) for stream, inputs in x.items()}
    labels, sample_weight = ({}, {})
    for task in ("topic", "sentiment"):
        zeros = {stream: np.zeros(count, "float32") for stream, count in rows.items()}
        labels[task] = np.concatenate([y[s].get(task, zeros[s].astype("int32")) for s in x])
        sample_weight[task] = np.concatenate([weights[s].get(task, zeros[s]) for s in x])
    return {"token_ids": np.concatenate(ids)}, labels, sample_weight


@pytest.mark.parametrize(
    ("optimizer", "kind"), [("adam", "lstm"), ("sgd", "lstm"), ("sgd", "weighing")]
)
def test_streams_train_like_one_plain_batch_with_zero_weights(optimizer, kind, monkeypatch):
    monkeypatch.setattr(
        "keras_mtl.data.mixing.length_classes._PASS_COST", 0
    )  # A pass for each stream.
    models = [demo_model(kind=kind), demo_model(kind=kind)]
    mixture = demo_mixture(rows=240)
    batches = mixture.training_batches(models[0].preprocessor, models[0].tasks)
    for model in models:
        model.adapt(mixture)
        model.compile(keras.optimizers.get(optimizer))
    logs = []
    for step in range(8):
        nested = batches[step]
        assert len({i["token_ids"].shape[1] for i in nested[0].values()}) == 2  # Two passes.
        logs = [
            models[0].train_on_batch(*nested[:2], nested[2], return_dict=True),
            models[1].train_on_batch(*as_plain(nested), return_dict=True),
        ]
    at_most(f"{kind}, {optimizer}: weights after 8 steps apart",
            largest_difference(*map(weights_of, models)), 1e-5)  # fmt: skip
    at_most("logs apart", max(abs(logs[0][k] - logs[1][k]) for k in logs[0]), 1e-5)
