"""The best and the last model of a run, and nothing half-written."""

import errno
import hashlib
import json
import os

import keras
import pytest

from keras_mtl.training import BestAndLast, CheckpointError, load_checkpoint
from tests.figures import exactly
from tests.training.small import id_model, id_rows, largest_difference, weights_of

pytestmark = pytest.mark.any_backend


class Script(keras.callbacks.Callback):
    """Writes `val_loss` into the logs, and keeps the weights of every epoch's end."""

    def __init__(self, losses, first=0):
        super().__init__()
        self.losses, self.first, self.weights = losses, first, []

    def on_epoch_end(self, epoch, logs=None):
        if "val_loss" in logs:
            logs["val_loss"] = self.losses[epoch - self.first]
        self.weights.append(weights_of(self.model))


def trained(folder, losses, first=0, model=None, validation_data=True, **options):
    """A small model after one epoch for each of `losses`, its script and its checkpoints."""
    x, y = id_rows(16)
    if model is None:
        model = id_model("bag")
        model.compile("adam")
    script, kept = Script(losses, first), BestAndLast(folder, **options)
    model.fit(
        x, y, epochs=first + len(losses), initial_epoch=first, verbose=0, shuffle=False,
        validation_data=id_rows(16, seed=5) if validation_data else None, callbacks=[script, kept],
    )  # fmt: skip
    return model, script, kept


def index_of(folder):
    return json.loads((folder / "checkpoints.json").read_text("utf-8"))


def test_best_and_last_are_the_models_of_their_epochs(tmp_path):
    folder = tmp_path / "new" / "checkpoints"
    model, script, kept = trained(folder, [3.0, 1.0, 2.0], configuration="abc")
    for which, epoch in (("best", 1), ("last", 2)):
        loaded = load_checkpoint(folder, which, configuration="abc")
        apart = largest_difference(weights_of(loaded), script.weights[epoch])
        exactly(f"bits of {which} apart", apart, 0.0)
        assert int(loaded.optimizer.iterations) == epoch + 1
    index, files = index_of(folder), sorted(path.name for path in folder.iterdir())
    assert files == ["best.keras", "checkpoints.json", "last.keras"]
    digests = {
        kind: hashlib.sha256((folder / f"{kind}.keras").read_bytes()).hexdigest()
        for kind in ("best", "last")
    }
    assert index == {
        "format": 1,
        "configuration": "abc",
        "best": {"file": "best.keras", "epoch": 2, "metric": "val_loss", "value": 1.0,
                 "sha256": digests["best"]},
        "last": {"file": "last.keras", "epoch": 3, "metric": "val_loss", "value": 2.0,
                 "sha256": digests["last"]},
    }  # fmt: skip
    assert kept.best == {"epoch": 2, "metric": "val_loss", "value": 1.0}


def test_without_validation_data_the_training_figure_counts(tmp_path):
    options = {"by": {"topic": 1.0}, "metric": "macro_f1", "validation_data": False}
    trained(tmp_path, [None, None], **options)
    index = index_of(tmp_path)
    assert index["last"]["epoch"] == 2 and 0 <= index["last"]["value"] <= 1
    assert index["best"]["metric"] == "topic_macro_f1"
    assert index["best"]["value"] == max(index[kind]["value"] for kind in ("best", "last"))


@pytest.fixture
def ready(tmp_path):
    """`BestAndLast` after one epoch, without a `fit`, and its model."""
    model = id_model("bag")
    model.compile("adam")
    model._validates = True
    kept = BestAndLast(tmp_path, configuration="one")
    kept.set_model(model)
    kept.on_train_begin()
    kept.on_epoch_begin(0)
    kept.on_epoch_end(0, {"val_loss": 2.0})
    return kept, model


def next_epoch(kept, epoch=1, value=1.0):
    head = kept.model.heads["topic"].scores
    head.bias.assign(head.bias + 1.0)
    kept.on_epoch_begin(epoch)
    kept.on_epoch_end(epoch, {} if value is None else {"val_loss": value})


class Killed(BaseException):
    pass


@pytest.mark.parametrize("killed_at", range(4))
def test_a_kill_at_any_moment_leaves_whole_checkpoints(tmp_path, ready, monkeypatch, killed_at):
    kept, model = ready
    before, replace, calls = weights_of(model), os.replace, []

    def killing(source, target):
        if len(calls) == killed_at:
            raise Killed
        calls.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", killing)
    with pytest.raises(Killed):
        next_epoch(kept)
    after = weights_of(model)
    for which, renamed in (("best", killed_at > 1), ("last", killed_at > 2)):
        loaded = weights_of(load_checkpoint(tmp_path, which, "one"))
        exactly(f"bits of {which}", largest_difference(loaded, after if renamed else before), 0.0)
    # The next run goes on from what is there, and clears up.
    monkeypatch.setattr(os, "replace", replace)
    again = BestAndLast(tmp_path, configuration="one")
    again.set_model(model)
    again.on_train_begin()
    again.on_epoch_begin(1)
    assert again.best["value"] == (1.0 if killed_at > 1 else 2.0)
    assert not list(tmp_path.glob(".partial*"))


def test_four_renames_are_all_there_are(ready, monkeypatch):
    renames, replace = [], os.replace
    monkeypatch.setattr(os, "replace", lambda *names: (renames.append(names), replace(*names)))
    next_epoch(ready[0])
    assert [target.name for _, target in renames] == [
        "checkpoints.json", "best.keras", "last.keras", "checkpoints.json"
    ]  # fmt: skip


def test_a_full_disk_is_one_clear_error_and_keeps_what_was_there(tmp_path, ready, monkeypatch):
    kept, model = ready
    before = weights_of(model)

    def full(path, **options):
        path.write_bytes(b"half a file")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model, "save", full)
    with pytest.raises(CheckpointError, match="could not be written: the disk must .* No space"):
        next_epoch(kept)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "best.keras", "checkpoints.json", "last.keras"
    ]  # fmt: skip
    for which in ("best", "last"):
        loaded = load_checkpoint(tmp_path, which)
        exactly("bits", largest_difference(weights_of(loaded), before), 0.0)


def test_a_folder_that_cannot_be_written_to_is_told_before_the_first_epoch(tmp_path):
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(CheckpointError, match="file' could not be written.*FileExistsError"):
        trained(tmp_path / "file", [1.0])
    assert issubclass(CheckpointError, OSError)


def test_training_goes_on_from_the_best_of_the_same_run_only(tmp_path):
    model, script, _ = trained(tmp_path, [3.0, 1.0], configuration="one")
    model, _, kept = trained(tmp_path, [2.0], first=2, model=model, configuration="one")
    assert kept.best["epoch"] == 2 and index_of(tmp_path)["last"]["epoch"] == 3
    loaded = load_checkpoint(tmp_path, configuration="one")
    exactly("bits", largest_difference(weights_of(loaded), script.weights[1]), 0.0)
    for options, first in (
        ({"configuration": "two"}, 2),  # Another configuration,
        ({"configuration": "two", "by": "topic"}, 3),  # another figure,
        ({"configuration": "two", "by": "topic"}, 0),  # a run from its beginning.
    ):
        _, _, kept = trained(tmp_path, [9.0], first=first, model=model, **options)
        assert kept.best["epoch"] == first + 1


def test_an_epoch_without_a_figure_is_the_last_but_not_the_best(tmp_path, ready):
    kept, _ = ready
    for value in (None, float("nan")):
        next_epoch(kept, value=value)
        index = index_of(tmp_path)
        assert index["last"]["value"] is None and index["last"]["epoch"] == 2
        assert index["best"]["value"] == 2.0


def test_save_last_keeps_an_interrupted_model(tmp_path, ready):
    kept, model = ready
    model.heads["topic"].scores.bias.assign([5.0] * 8)
    kept.save_last()
    loaded = load_checkpoint(tmp_path, "last")
    exactly("bits", largest_difference(weights_of(loaded), weights_of(model)), 0.0)
    assert index_of(tmp_path)["last"]["epoch"] == 1 and kept.best["value"] == 2.0
    with pytest.raises(ValueError, match="`save_last` of BestAndLast saves the model of a `fit`"):
        BestAndLast(tmp_path).save_last()


def test_what_cannot_be_loaded(tmp_path, ready):
    with pytest.raises(ValueError, match="must be one of best, last.*'bset'. Did you mean 'best'"):
        load_checkpoint(tmp_path, "bset")
    with pytest.raises(ValueError, match="of another configuration.*'two', in .*: 'one'"):
        load_checkpoint(tmp_path, configuration="two")
    data = bytearray((tmp_path / "best.keras").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "best.keras").write_bytes(data)
    with pytest.raises(ValueError, match="best.keras' is damaged: its SHA-256 must be"):
        load_checkpoint(tmp_path)
    load_checkpoint(tmp_path, "last")
    (tmp_path / "last.keras").unlink()
    with pytest.raises(ValueError, match="There must be a checkpoint '.*last.keras'"):
        load_checkpoint(tmp_path, "last")
    for text in ("{", "[]", '{"format": 2}', '{"format": 1}',
                 '{"format": 1, "configuration": "", "best": "best.keras"}'):  # fmt: skip
        (tmp_path / "checkpoints.json").write_text(text, "utf-8")
        with pytest.raises(ValueError, match="must be an index of checkpoints of format 1"):
            load_checkpoint(tmp_path)
    with pytest.raises(ValueError, match="must have a 'checkpoints.json'.*without one"):
        load_checkpoint(tmp_path / "nowhere")


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="`by` of BestAndLast must give one figure"):
        BestAndLast(tmp_path, by="each")
    with pytest.raises(TypeError, match="`configuration` of BestAndLast must be a text"):
        BestAndLast(tmp_path, configuration={"a": 1})
