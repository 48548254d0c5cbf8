import io
from types import SimpleNamespace

from rich.console import Console

from keras_mtl.runs.progress import EpochProgress
from tests.training.small import demo_mixture, demo_model


def shown(terminal):
    """What two epochs of training show on a console."""
    mixture, model = demo_mixture(), demo_model(kind="bag")
    model.compile("adam")
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)
    progress = EpochProgress(console, rows_per_step=16)
    model.fit(mixture, validation_data=mixture, epochs=2, callbacks=[progress], verbose=0)
    return console.file.getvalue()


def test_a_terminal_shows_rows_per_second_time_left_and_the_figures_of_each_task():
    text = shown(terminal=True)
    for words in ("epoch 2/2", "rows/s", "left", "train (validation)", "topic: loss", "macro_f1"):
        assert words in text
    assert text.count("sentiment: loss") == 2


def test_nothing_is_shown_where_nobody_watches():
    assert shown(terminal=False) == ""


def test_of_many_tasks_the_mean_and_the_worst_are_shown():
    metrics = {f"t{n}": [SimpleNamespace(name="accuracy")] for n in range(64)}
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    progress = EpochProgress(console, rows_per_step=64)
    scoring = SimpleNamespace(metrics=metrics)
    tasks = [SimpleNamespace(name=name) for name in metrics]
    progress.set_model(SimpleNamespace(tasks=tasks, settings=SimpleNamespace(scoring=scoring)))
    progress.set_params({"epochs": 1, "steps": 1})
    logs = {"loss": 64.0, "val_loss": 128.0}
    for n, name in enumerate(metrics):
        logs |= {f"{name}_loss": n / 64, f"val_{name}_loss": 2.0 - n / 64}
        logs |= {f"{name}_accuracy": 0.5, f"val_{name}_accuracy": 0.25}
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    progress.on_epoch_end(0, logs)
    progress.close()
    text = console.file.getvalue()
    assert "mean of 64 tasks: loss 0.4922 (1.5078)  accuracy 0.5000 (0.2500)" in text
    assert "the 3 of the highest validation loss:" in text
    assert [f"t{n}: loss" in text for n in range(5)] == [True, True, True, False, False]
