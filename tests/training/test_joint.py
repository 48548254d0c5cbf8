"""Many tasks alike are scored together, to the figures of each on its own."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.training import joint
from tests.training.small import largest_difference, weights_of

pytestmark = pytest.mark.any_backend

LABELS = ("art", "sea", "war")
TASKS = (
    *(
        mtl.classification(f"t{n}", LABELS, "label", class_weight=(1, 2, 0.5), focal_gamma=1.0)
        for n in (3, 1, 2, 0)
    ),
    mtl.classification("other", ("no", "yes"), "label"),
    *(mtl.classification(f"u{n}", ("no", "yes"), "label", hidden_dim=3) for n in range(4)),
)


def batch(seed=0, length=7):
    """Streams of unlike many rows, some without a label; `t3` in two streams."""
    random = np.random.default_rng(seed)
    x, y, weights = {}, {}, {}
    feeds = [(f"s_{task.name}", task) for task in TASKS] + [("more", TASKS[0])]
    for rows, (stream, task) in enumerate(feeds, 1):
        x[stream] = {"token_ids": random.integers(1, 20, (rows, length)).astype("int32")}
        y[stream] = {task.name: random.integers(0, len(task.labels), rows).astype("int32")}
        labelled = random.uniform(0.5, 2, rows) * (random.random(rows) > 0.3)
        weights[stream] = {task.name: labelled.astype("float32")}
    return x, y, weights


def model_of(trunk="bag"):
    keras.utils.set_random_seed(0)
    make = {
        "bag": lambda: mtl.trunks.bag(20, 6, bigram_buckets=0, word_dropout=0.0, dropout=0.0),
        "lstm": lambda: mtl.trunks.lstm(20, 4, 4),
    }[trunk]
    model = mtl.MultiTaskModel(make(), TASKS)
    model.compile(keras.optimizers.SGD(0.5))
    return model


class Batches(keras.utils.PyDataset):
    """Three batches, each of other rows."""

    def __init__(self):
        super().__init__(workers=1)

    def __len__(self):
        return 3

    def __getitem__(self, number):
        return batch(number)


def trained():
    model = model_of("lstm")
    history = model.fit(Batches(), epochs=2, shuffle=False, verbose=0).history
    return model, history, model.evaluate(Batches(), return_dict=True, verbose=0)


def test_together_and_one_by_one_train_to_the_same(monkeypatch):
    together = trained()
    scoring = together[0].settings.scoring
    assert [[task.name for task in group] for group in scoring.groups] == [
        ["t3", "t1", "t2", "t0"], ["u0", "u1", "u2", "u3"],
    ]  # fmt: skip
    assert [len(one.names) for one in scoring.counts] == [4, 4, 1]
    monkeypatch.setattr(joint, "_LEAST_TASKS", 100)
    single = trained()
    assert not single[0].settings.scoring.groups
    assert largest_difference(weights_of(together[0]), weights_of(single[0])) < 1e-6
    for one, other in zip(together[1:], single[1:], strict=True):
        assert list(one) == list(other)
        for name in one:
            np.testing.assert_allclose(one[name], other[name], atol=1e-6, err_msg=name)
    assert any(one != 0 for name, one in single[2].items() if name.startswith("t1_macro"))


def test_a_loss_that_is_not_finite_is_that_of_its_task_alone():
    model, (x, y, weights) = model_of(), batch()
    weights["s_t1"]["t1"][0] = np.inf
    logs = model.test_on_batch(x, y, sample_weight=weights, return_dict=True)
    bad = [name for name, value in logs.items() if not np.isfinite(value)]
    assert bad == ["loss", "t1_loss"]


def test_tasks_without_rows_have_nothing_to_count():
    model = model_of()
    parts = [{name: part[name] for name in ("s_t1", "s_other")} for part in batch()]
    logs = model.test_on_batch(parts[0], parts[1], sample_weight=parts[2], return_dict=True)
    assert logs["t1_loss"] > 0 and logs["t2_loss"] == logs["t2_accuracy"] == logs["u1_loss"] == 0


def test_a_label_outside_is_that_of_its_task():
    model, (x, y, weights) = model_of(), batch()
    y["s_t2"]["t2"][:], weights["s_t2"]["t2"][:] = 7, 1.0
    model.test_on_batch(x, y, sample_weight=weights)
    outside = np.asarray(keras.ops.convert_to_numpy(model.settings.scoring.sums.outside))
    assert outside.tolist() == [0, 0, 3] + [0] * 6


def test_losses_and_metrics_of_the_user_are_left_alone():
    model = model_of()
    model.compile(
        "sgd", loss={"t1": "sparse_categorical_crossentropy"}, metrics={"u1": ["accuracy"]}
    )
    assert not model.settings.scoring.groups  # Three of each are left: too few.


def test_sixteen_streams_of_four_rows_are_one_pass():
    """One pass through the trunk, one compiled step for each length class."""
    random = np.random.default_rng(0)
    words = [f"w{n}" for n in range(30)]
    tokenizer = mtl.WordTokenizer(words, sequence_length=24)
    rows = {
        f"d{n}": mtl.Split(
            {
                "text": [" ".join(random.choice(words, k)) for k in random.integers(3, 24, 40)],
                "label": random.choice(["no", "yes"], 40).tolist(),
            },
            f"d{n}/train",
        )
        for n in range(16)
    }
    tasks = [mtl.classification(name, ("no", "yes"), "label") for name in rows]
    trunk = mtl.trunks.bag(tokenizer, 4, bigram_buckets=0)
    model = mtl.MultiTaskModel(trunk, tasks)
    mixture = mtl.Mixture(rows, batch_size=64, length_classes=2)
    report = mixture.report(model)
    assert report["rows_per_step"] == dict.fromkeys(rows, 4)
    assert report["passes_through_trunk_per_step"] == 1
    passed, call = [], trunk.call

    def counting(inputs, *args, **kwargs):
        passed.append(tuple(inputs["token_ids"].shape))
        return call(inputs, *args, **kwargs)

    trunk.call = counting
    model.compile("sgd")
    model.fit(mixture, epochs=2, verbose=0)
    # While a step is compiled, the trunk is called once for each pass.
    assert len(passed) == model.compilations["train"] == len(report["length_class_shares"])
    assert {shape[0] for shape in passed} == {64}
