import io

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
