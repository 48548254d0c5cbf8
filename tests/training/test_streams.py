"""Streams share passes, and a run on them repeats itself."""

import keras
import numpy as np
import pytest

import keras_mtl as mtl
from tests.figures import exactly
from tests.training.small import (
    demo_mixture,
    demo_model,
    demo_splits,
    id_model,
    id_rows,
    largest_difference,
    weights_of,
)

pytestmark = pytest.mark.any_backend


def test_streams_of_one_length_share_a_pass_and_get_the_same_features():
    x, y = id_rows(rows=10)
    model = id_model()
    model.compile(keras.optimizers.SGD(0.1))
    other = id_model()
    other.compile(keras.optimizers.SGD(0.1))
    passes = []
    call = model.trunk.call
    model.trunk.call = lambda *a, **k: passes.append(1) or call(*a, **k)
    model.run_eagerly = True
    one, two = ({"token_ids": x["token_ids"][rows]} for rows in (slice(0, 4), slice(4, 10)))
    model.train_on_batch(
        {"a": one, "b": two},
        {"a": {"topic": y["topic"][:4]}, "b": {"sentiment": y["sentiment"][4:]}},
    )
    weights = {"topic": np.arange(10) < 4, "sentiment": np.arange(10) >= 4}
    other.train_on_batch(x, y, {k: w.astype("float32") for k, w in weights.items()})
    if keras.backend.backend() == "tensorflow":
        exactly("passes through the trunk", len(passes), 1)
    assert largest_difference(weights_of(model), weights_of(other)) < 1e-6


def test_two_streams_may_feed_one_task():
    x, y = id_rows(rows=10)
    models = [id_model(), id_model()]
    for model in models:
        model.compile(keras.optimizers.SGD(0.1))
    halves = {"a": slice(0, 3), "b": slice(3, 10)}
    models[0].train_on_batch(
        {s: {"token_ids": x["token_ids"][rows]} for s, rows in halves.items()},
        {s: {"topic": y["topic"][rows]} for s, rows in halves.items()},
    )
    models[1].train_on_batch(x, {"topic": y["topic"]}, {"topic": np.ones(10, "float32")})
    assert largest_difference(*map(weights_of, models)) < 1e-6


def run(seed=3, epochs=2, model=None, mixture=None, **options):
    model = model or demo_model(seed)
    model.compile(keras.optimizers.Adam(0.01))
    mixture = mixture or demo_mixture(seed=0)
    history = model.fit(mixture, epochs=epochs, verbose=0, **options)
    return model, mixture, history.history


def test_the_same_seed_gives_the_same_weights():
    first, second = run()[0], run()[0]
    exactly("bits apart", largest_difference(weights_of(first), weights_of(second)), 0.0)
    assert largest_difference(weights_of(first), weights_of(run(seed=4)[0])) > 0


def test_compilations_equal_length_classes():
    model, mixture, _ = run(epochs=3)
    classes = len(mixture.report(model)["length_class_shares"])
    assert classes > 1
    exactly("compiled training steps", model.compilations["train"], classes)


def test_a_run_cut_in_two_sees_the_batches_of_one():
    whole, mixture, _ = run(epochs=3)
    assert mixture.position == {"epoch": 3, "step": 0}
    model, first, _ = run(epochs=1)
    second = demo_mixture(seed=0)
    second.restore(first.position)
    model.fit(second, epochs=2, verbose=0)
    assert second.position == {"epoch": 3, "step": 0}
    assert largest_difference(weights_of(whole), weights_of(model)) == 0.0
    model, _, _ = run(epochs=1)
    model.fit(demo_mixture(seed=0), initial_epoch=1, epochs=3, verbose=0)
    assert largest_difference(weights_of(whole), weights_of(model)) == 0.0


def test_evaluation_is_exact_whatever_the_batches():
    model, _, _ = run(epochs=1)
    reviews, newswire = demo_splits(rows=75, seed=9)
    mixture = demo_mixture(batch_size=13).like(reviews, newswire)
    logs = model.evaluate(mixture, return_dict=True, verbose=0)
    for split, task in ((reviews, "sentiment"), (newswire, "topic")):
        alone = model.evaluate(split, {task: split["label"]}, return_dict=True, verbose=0)
        for name in ("loss", "accuracy", "macro_f1"):
            assert logs[f"{task}_{name}"] == pytest.approx(alone[f"{task}_{name}"], abs=1e-6)


def test_fit_takes_texts_and_label_names_with_gaps():
    reviews, newswire = demo_splits(rows=40)
    texts = [*reviews.texts, *newswire.texts]
    labels = {
        "sentiment": [*reviews["label"], *[None] * len(newswire)],
        "topic": [*[None] * len(reviews), *newswire["label"]],
    }
    model = demo_model()
    model.compile("adam")
    history = model.fit(texts, labels, epochs=1, validation_data=(texts, labels), verbose=0)
    assert set(history.history) >= {"loss", "topic_accuracy", "val_sentiment_loss"}
    # Keras validates on the last rows, which have no labels of the first task.
    with pytest.warns(UserWarning, match="'sentiment' has no labels in the rows of this evalu"):
        model.fit(texts, labels, validation_split=0.1, verbose=0)


def test_keras_callbacks_work_on_named_logs(tmp_path):
    model, mixture = demo_model(), demo_mixture()
    model.compile(keras.optimizers.Adam(0.01))
    reviews, newswire = demo_splits(rows=40, seed=5)
    history = model.fit(
        mixture,
        validation_data=mixture.like(reviews, newswire),
        epochs=4,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", "val_loss"),
            keras.callbacks.EarlyStopping("val_topic_macro_f1", mode="max", patience=1),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        ],
    )
    assert (tmp_path / "best.keras").exists() and "val_loss" in history.history
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + len(history.epoch)


def test_several_steps_per_execution_train_the_same():
    plain = run(epochs=1)[0]
    model = demo_model(3)
    model.compile(keras.optimizers.Adam(0.01), steps_per_execution=3)
    model.fit(demo_mixture(seed=0), epochs=1, steps_per_epoch=12, verbose=0)
    assert largest_difference(weights_of(plain), weights_of(model)) == 0.0


def test_single_task_model_takes_plain_arrays():
    x, y = id_rows()
    model = id_model(tasks=(mtl.classification("topic", list("abcdefgh")),))
    model.compile("adam", metrics="accuracy")
    logs = model.fit(x["token_ids"], y["topic"][:, None], verbose=0).history
    assert set(logs) == {"loss", "topic_loss", "topic_accuracy"}


def test_any_dataset_of_keras_may_yield_nested_batches():
    # Keras fixes a dataset's shapes by its first two batches, hence one length.
    model, mixture = demo_model(), demo_mixture(length_classes=1)
    model.compile(keras.optimizers.SGD(0.1))
    batches = mixture.evaluation_batches(model.preprocessor, model.tasks)
    logs = model.evaluate(batches, return_dict=True, verbose=0)
    assert logs == pytest.approx(model.evaluate(mixture, return_dict=True, verbose=0))
    model.fit((batches[step] for step in range(3)), steps_per_epoch=3, shuffle=False, verbose=0)


def test_labels_of_a_column_are_labels_of_rows():
    (x, y), models = id_rows(), [id_model(), id_model()]
    weights = {name: np.linspace(0, 1, 24, dtype="float32") for name in y}
    columns = [{name: array[:, None] for name, array in one.items()} for one in (y, weights)]
    for model, batch in zip(models, ((x, y, weights), (x, *columns)), strict=True):
        model.compile("adam")
        model.train_on_batch(*batch)
    assert largest_difference(*map(weights_of, models)) == 0.0


def test_position_is_exact_at_any_moment_of_a_run():
    seen, mixture = [], demo_mixture()

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((batch, dict(mixture.position)))
            self.model.stop_training = batch == 14 - mixture.steps_per_epoch

        def on_epoch_end(self, epoch, logs=None):
            seen.append(("epoch", dict(mixture.position)))

    model = demo_model()
    model.compile("adam")
    steps = mixture.steps_per_epoch
    assert 7 < steps < 15
    model.fit(mixture, epochs=2, callbacks=Look(), verbose=0)
    assert seen[0] == (0, {"epoch": 0, "step": 1})
    stopped_early = 14 - steps < steps - 1
    assert seen[-1][1] == divmod_position(15 - steps if stopped_early else steps, steps, seen)


def divmod_position(done, steps, seen):
    epochs = sum(one[0] == "epoch" for one in seen) - 1
    epoch, step = divmod(epochs * steps + done, steps)
    return {"epoch": epoch, "step": step}


def test_backup_and_restore_brings_back_the_epoch_of_the_mixture(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    whole = run(epochs=3)[0]
    for callbacks in ([Stop()], []):
        model = demo_model(3)
        model.compile(keras.optimizers.Adam(0.01))
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        try:
            model.fit(demo_mixture(seed=0), epochs=3, callbacks=[backup, *callbacks], verbose=0)
        except KeyboardInterrupt:
            continue
    assert largest_difference(weights_of(whole), weights_of(model)) == 0.0


def test_lists_of_results_begin_with_the_loss():
    tasks = (mtl.classification("intent", list("abc")), mtl.classification("domain", list("ab")))
    model, (x, _) = id_model(tasks=tasks), id_rows()
    y = {"intent": np.zeros(24, int), "domain": np.ones(24, int)}
    model.compile("adam")
    values, named = (model.evaluate(x, y, verbose=0, return_dict=r) for r in (False, True))
    assert values == [named[name] for name in model.metrics_names]
    assert model.metrics_names[:2] == ["loss", "intent_loss"]


def test_batches_of_other_types_and_keys_are_compiled_anew():
    model, (x, y) = id_model(), id_rows()
    model.compile("adam")
    for ids in ("int32", "int64"):
        for labels in ("int32", "int64"):
            for names in (["topic"], ["sentiment"], ["topic", "sentiment"]):
                batch = ({"token_ids": x["token_ids"].astype(ids)},
                         {name: y[name].astype(labels) for name in names})  # fmt: skip
                model.train_on_batch(*batch)


def test_no_rows_no_predictions():
    model = demo_model()
    for x in ([], {"token_ids": np.zeros((0, 4), "int32")}):
        assert {k: v.shape for k, v in model.predict(x).items()} == {
            "topic": (0, 8), "sentiment": (0, 2)}  # fmt: skip
