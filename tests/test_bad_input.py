"""Each mistake gets one clear error of ours; `pytest -s` prints the messages."""

import json
import traceback

import pytest

import keras_mtl as mtl
from tests.training.small import TASKS, demo_mixture, demo_model, demo_splits

TEXTS, LABELS = ["fine", "dull", "good", "bad"] * 5, ["pos", "neg"] * 10


def dataset(texts=TEXTS, labels=LABELS, names=None):
    return mtl.Dataset.from_arrays(
        "mine", {"text": texts, "label": labels}, labels={"label": names}
    )


def mixture(tasks=None, **options):
    reviews, newswire = demo_splits(rows=24)
    tasks = tasks or {"reviews": "sentiment", "newswire": "topic"}
    return mtl.Mixture({"reviews": reviews, "newswire": newswire}, tasks=tasks, **options)


def fit(rows, tasks=TASKS):
    model = demo_model(tasks=tasks, kind="bag")
    model.compile("adam")
    model.fit(rows, verbose=0)


def one_stream():
    return mtl.Mixture({"reviews": demo_splits(rows=24)[0]}, tasks={"reviews": "sentiment"})


def unknown_label():
    split = mtl.Split({"text": ["a", "b"], "label": ["positive", "positif"]}, "mine/train")
    return mtl.Mixture({"mine": split}, tasks={"mine": "sentiment"})


MISTAKES = {
    "a null text": (
        lambda _: dataset(texts=[*TEXTS[:-1], None]),
        ["row 19", "mine/train", "None"],
    ),
    "a label not in the label space of the dataset": (
        lambda _: dataset(labels=[*LABELS[:-1], "ned"], names=("neg", "pos")),
        ["'ned'", "neg", "19"],
    ),
    "a label not in the label space of the task": (
        lambda _: fit(unknown_label(), TASKS[1:]),
        ["'positif'", "row 1", "'positive'", "'sentiment'"],
    ),
    "an empty split": (
        lambda _: mtl.Split({"text": [], "label": []}, "mine/test"),
        ["mine/test", "at least one row"],
    ),
    "a split fraction that leaves a class empty": (
        lambda _: dataset(labels=["pos"] * 18 + ["neg"] * 2),
        ["'neg'", "validation_fraction"],
    ),
    "a mixture without a task's dataset": (lambda _: fit(one_stream()), ["topic", "stream"]),
    "a mixture with a dataset too many": (
        lambda _: fit(mixture(), TASKS[1:]),
        ["topic", "sentiment"],
    ),
    "a task for no stream": (
        lambda _: mixture(tasks={"reviews": "sentiment", "newswire": "topic", "more": "topic"}),
        ["more"],
    ),
    "a name that TensorFlow refuses": (
        lambda _: mtl.classification("senti/ment", ["a", "b"]),
        ["senti/ment", "letter"],
    ),
    "a name that the logs need": (
        lambda _: mtl.classification("loss", ["a", "b"]),
        ["'loss'"],
    ),
    "a batch too small for the streams": (
        lambda _: mixture(batch_size=1),
        ["batch_size", "2"],
    ),
    "an exported folder with a changed byte": (
        lambda path: change_byte(path),
        ["changed", "tokenizer.json"],
    ),
    "an exported folder with a missing file": (
        lambda path: remove_file(path),
        ["tokenizer.json", "missing"],
    ),
    "an exported folder of a newer version": (
        lambda path: make_newer(path),
        ["format 2", "upgrade"],
    ),
}


def exported(path):
    mtl.export(demo_model(kind="bag"), path / "bundle")
    return path / "bundle"


def change_byte(path):
    file = exported(path) / "tokenizer.json"
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    mtl.Predictor(path / "bundle")


def remove_file(path):
    (exported(path) / "tokenizer.json").unlink()
    mtl.Predictor(path / "bundle")


def make_newer(path):
    file = exported(path) / "bundle.json"
    manifest = json.loads(file.read_text())
    key = next(key for key in manifest if "format" in key)
    manifest[key] += 1
    file.write_text(json.dumps(manifest))
    mtl.Predictor(path / "bundle")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_bad_input_is_one_clear_error(mistake, tmp_path):
    make, words = MISTAKES[mistake]
    with pytest.raises((ValueError, TypeError)) as caught:
        make(tmp_path)
    message = str(caught.value)
    print(f"\n{mistake}:\n    {type(caught.value).__name__}: {message}")
    for word in words:
        assert word.lower() in message.lower()
    assert "\n" not in message.strip()[:200]
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert "keras_mtl" in frames[-1].filename  # Raised by us, not from inside Keras or TensorFlow.


def test_failed_export_leaves_nothing(tmp_path, monkeypatch):
    model = demo_model(kind="bag")
    monkeypatch.setattr(type(model), "save", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mtl.export(model, tmp_path / "bundle")
    assert not list(tmp_path.iterdir())


def test_mixture_position_that_is_none():
    with pytest.raises(ValueError, match="`position` of a mixture"):
        demo_mixture().restore({"epoch": 1})
