"""What `SaveAndResume` refuses, falls back to, and leaves alone."""

import contextlib
import errno

import keras
import numpy as np
import pytest

from keras_mtl.training import CheckpointError
from keras_mtl.training.callbacks import SaveAndResume
from keras_mtl.training.state_files import State, read_state, states_in, types_of, write_state
from tests.training.small import demo_mixture, demo_model, demo_splits
from tests.training.test_resuming import BreakOff, Broken


def small(callback, epochs=2, seed=4, optimizer="sgd", units=0, **options):
    """A quick `fit` of a bag of words."""
    model = demo_model(seed=1, kind="bag")
    if units:
        model = demo_model(seed=1)
    model.compile(optimizer, **options)
    mixture = demo_mixture(rows=40, batch_size=16, length_classes=1, seed=seed)
    model.fit(mixture, epochs=epochs, verbose=0, callbacks=[callback])
    return [np.array(keras.ops.convert_to_numpy(one)) for one in model.variables]


@pytest.fixture
def left(tmp_path):
    """The folder of a `fit` that ended early: the states of its last two steps."""
    stop = {"every_steps": 1, "delete": False}
    small(SaveAndResume(tmp_path, **stop))
    files = sorted(tmp_path.iterdir())
    assert [one.name for one in files] == [
        "epoch-000001-step-000000003.state.npz",
        "epoch-000002-step-000000000.state.npz",
    ]
    files[1].unlink()
    small(SaveAndResume(tmp_path, **stop, keep=3))
    assert len(list(tmp_path.iterdir())) == 2
    return tmp_path


@pytest.mark.parametrize("damage", ["cut off", "changed", "empty", "no file of ours"])
def test_a_damaged_file_is_told_and_the_one_before_taken(damage, left):
    goal = small(SaveAndResume(left / "other"))
    newest = sorted(left.glob("*.npz"))[-1]
    content = bytearray(newest.read_bytes())
    if damage == "changed":
        content[len(content) // 2] ^= 1
    content = {"cut off": content[:-100], "empty": b"", "no file of ours": b"PK" * 99}.get(
        damage, content
    )
    newest.write_bytes(bytes(content))
    with pytest.warns(UserWarning, match=f"{newest.name}.* goes on from the one before"):
        found = small(SaveAndResume(left))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(goal, found, strict=True))


def test_only_damaged_files_are_an_error(left):
    for one in left.glob("*.npz"):
        one.write_bytes(b"")
    with pytest.raises(ValueError, match="only damaged ones: .* delete them to begin anew"):
        small(SaveAndResume(left))
    assert len(list(left.glob("*.npz"))) == 2


OTHERS = {
    "same configuration": {"configuration": "try 2"},
    "same mixture": {"seed": 5},
    "same optimizer": {"optimizer": "adam"},
    "same model": {"units": 1},
    "same `loss_weights`": {"loss_weights": {"topic": 0.5}},
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_of_something_else_is_an_error(what, left):
    options = dict(OTHERS[what])
    callback = SaveAndResume(left, configuration=options.pop("configuration", ""))
    with pytest.raises(ValueError, match=f"must be the one whose state.*{what}"):
        small(callback, **options)
    assert len(list(left.glob("*.npz"))) == 2


def test_a_position_in_another_epoch_is_an_error(tmp_path):
    for name in ("old", "new"):
        model = demo_model(seed=1, kind="bag")
        model.compile("sgd")
        mixture = demo_mixture(rows=40, batch_size=16, length_classes=1)
        callbacks = [SaveAndResume(tmp_path, every_steps=1)]
        if name == "old":
            with pytest.raises(Broken):
                model.fit(mixture, epochs=5, verbose=0, callbacks=[*callbacks, BreakOff(step=3)])
        else:
            with pytest.raises(ValueError, match="stands in epoch 0. Received: .* at epoch 3"):
                model.fit(mixture, epochs=5, initial_epoch=3, verbose=0, callbacks=callbacks)


def test_types_that_numpy_has_no_name_for_are_kept(tmp_path):
    import ml_dtypes

    arrays = {"half": np.arange(3).astype(ml_dtypes.bfloat16), "whole": np.arange(3)}
    about = {"epoch": 1, "step": 2, "types": types_of(arrays)}
    write_state(tmp_path, State(about, arrays), keep=1)
    (path,) = states_in(tmp_path)
    found = read_state(path)
    assert found.about == about
    for name, one in arrays.items():
        assert found.arrays[name].dtype == one.dtype
        assert found.arrays[name].tobytes() == one.tobytes()


def test_a_run_that_is_through_does_nothing_more(left):
    before = small(SaveAndResume(left, delete=False))
    after = small(SaveAndResume(left, delete=False))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(before, after, strict=True))


def test_rows_of_ones_own_go_on_at_an_epoch(tmp_path):
    def train(*callbacks):
        model = demo_model(seed=1, kind="bag")
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9))
        reviews, _ = demo_splits(rows=40)
        return model.fit(
            reviews, {"sentiment": reviews["label"]}, epochs=3, shuffle=False, verbose=0,
            callbacks=list(callbacks),
        ).history["loss"]  # fmt: skip

    with pytest.warns(UserWarning, match="'topic' got no labels"):
        goal = train()
        with pytest.raises(Broken):
            train(SaveAndResume(tmp_path, every_steps=1), BreakOff(step=3))
        (file,) = tmp_path.iterdir()
        assert file.name == "epoch-000001-step-000000000.state.npz"
        assert train(SaveAndResume(tmp_path)) == goal


def test_a_full_disk_is_a_clear_error_and_what_was_there_is_whole(left, monkeypatch):
    before = {one.name: one.read_bytes() for one in left.glob("*.npz")}

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("keras_mtl.training.state_files.np.savez", full)
    with pytest.raises(CheckpointError, match="No space left.* still whole; make room"):
        small(SaveAndResume(left), epochs=3)
    assert {one.name: one.read_bytes() for one in left.iterdir()} == before


def test_a_folder_that_cannot_be_made_is_told_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("")
    steps = BreakOff(step=0)
    with pytest.raises(CheckpointError, match="the folder be writable"):
        small(SaveAndResume(tmp_path / "file" / "states"))
    assert steps.steps == 0


@pytest.mark.parametrize(
    "options", [{"every_steps": 0}, {"every_minutes": -1}, {"keep": None}, {"keep": 1.5}]
)
def test_wrong_arguments(options, tmp_path):
    (name,) = options
    with pytest.raises(ValueError, match=f"`{name}` of SaveAndResume must be a .*number above 0"):
        SaveAndResume(tmp_path, **options)


def test_two_that_let_a_fit_go_on_are_refused(tmp_path):
    model = demo_model(kind="bag")
    model.compile("sgd")
    both = [SaveAndResume(tmp_path / "a"), keras.callbacks.BackupAndRestore(tmp_path / "b")]
    with pytest.raises(ValueError, match="SaveAndResume, BackupAndRestore. Keep one"):
        model.fit(demo_mixture(), verbose=0, callbacks=both)


class Counting(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.steps = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.steps += 1


class Remembering(Counting):
    def get_state(self):
        return {"steps": self.steps}

    def set_state(self, state):
        self.steps = state["steps"]


@pytest.mark.any_backend
def test_callbacks_of_ones_own(tmp_path):
    for counting in (Counting(), Remembering()):
        model = demo_model(seed=1, kind="bag")
        model.compile("sgd")
        mixture = demo_mixture(rows=40, batch_size=16, length_classes=1)
        resume = SaveAndResume(tmp_path, every_steps=1)
        with pytest.raises(Broken):
            model.fit(mixture, epochs=2, verbose=0, callbacks=[counting, resume, BreakOff(step=3)])
        callbacks = [type(counting)(), resume]
        forgets = contextlib.nullcontext()
        if type(counting) is Counting:
            forgets = pytest.warns(UserWarning, match="begin anew, .*: Counting. Give those")
        with forgets:
            model.fit(mixture, epochs=2, verbose=0, callbacks=callbacks)
        assert type(counting) is Counting or callbacks[0].steps == 2 * mixture.steps_per_epoch


class Seen(keras.callbacks.EarlyStopping):
    """One of Keras's, built on; it notes the loss at each step."""

    def __init__(self):
        super().__init__("loss", patience=9)
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(logs["loss"]))


@pytest.mark.any_backend
def test_steps_that_are_passed_by_show_the_figures_of_then(tmp_path):
    found = []
    for stop in (None, 3, None):
        callbacks = [Seen(), BreakOff(step=stop)]
        callbacks += [SaveAndResume(tmp_path, every_steps=1)] if found else []
        with pytest.raises(Broken) if stop else contextlib.nullcontext():
            small_with(callbacks)
        found.append(callbacks[0])
    whole, _, after = found
    # Two were done before: what is shown for them is what the epoch had come to.
    assert after.seen[:2] == [whole.seen[1]] * 2
    assert after.seen[2:] == whole.seen[2:]
    assert after.best == whole.best and after.wait == whole.wait


def small_with(callbacks):
    model = demo_model(seed=1, kind="bag")
    model.compile("sgd")
    mixture = demo_mixture(rows=60, batch_size=16, length_classes=1)
    model.fit(mixture, epochs=2, verbose=0, callbacks=callbacks)
