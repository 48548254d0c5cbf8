"""The sections of a run file and their keys."""

from __future__ import annotations

from inspect import Parameter
from typing import Any

from keras_mtl.config.arguments import Key, keys_of
from keras_mtl.data import Dataset, Mixture
from keras_mtl.model import MultiTaskModel
from keras_mtl.training import MultiTaskEarlyStopping, SaveAndResume

_REQUIRED = Parameter.empty
_NAMED = "a section for each name"
_KIND = "a name, or a section with `kind` and its arguments"
_SECTION = "a section"

TOP = {
    key.name: key
    for key in (
        Key("output", str | None, None, "The run folder; by default `runs/` and the file's name."),
        Key(
            "modules",
            str | None,
            None,
            "Where modules of import paths are looked for, beside where Python looks; by default "
            "the folder of the run file.",
        ),
        Key("seed", int, 0, "Seed of every random choice: cuts, orders, initial weights, dropout."),
        Key("data", dict[str, Any], _REQUIRED, "Datasets by name.", _NAMED),
        Key("tasks", dict[str, Any], _REQUIRED, "Tasks by name.", _NAMED),
        Key(
            "tokenizer",
            Any,
            None,
            "How texts become token ids; left out with a pretrained trunk, which has its own.",
            _KIND,
        ),
        Key("trunk", Any, "lstm", "The shared encoder.", _KIND),
        Key(
            "transfer",
            Any,
            None,
            "What the model begins with: the weights that a source learned. Random ones by "
            "default.",
            _SECTION,
        ),
        Key("mixture", Any, None, "How the datasets are turned into batches.", _SECTION),
        Key("training", Any, None, "How the model is trained.", _SECTION),
    )
}

SOURCE = Key(
    "source",
    str,
    None,
    "The name of a dataset, such as `imdb`; `tfds:` and that of one of TensorFlow Datasets; or the "
    "import path of a function of your own.",
)
SCREEN = Key("screen", Any, None, "Which rows of train to leave out; nothing by default.", _SECTION)

TASK = {
    key.name: key
    for key in (
        Key(
            "data",
            str | list[str] | None,
            None,
            "The dataset, or datasets, with its labels; may be left out where there is one.",
        ),
        Key(
            "column",
            str | None,
            None,
            "The column of its labels; by default the task's name, or the only such column.",
        ),
        Key("weight", float, 1.0, "Weight of the task's loss, 0 or more."),
        Key(
            "tasks_from",
            str | None,
            None,
            "A column, such as the domain of a review: a task for each of its values, named "
            "`<name>_<value>`, with a stream of its own.",
        ),
    )
}
CLASS_WEIGHT = {
    "class_weight": Key(
        "class_weight",
        str | float | dict[str, float] | list[float] | None,
        None,
        "Weight of each label in the loss: by name, in class order, or `balanced`, inverse to "
        "how often each label occurs in train; or the power of that, between 0 (all alike) and 1 "
        "(`balanced`).",
    )
}
THRESHOLD = {
    "threshold": Key(
        "threshold",
        str | float | dict[str, float] | list[float],
        0.5,
        "The probability from which on a label is predicted, from 0 to 1: one for all, by name "
        "(0.5 where not named), or in class order; or `fitted`, which chooses them on the "
        "validation rows, after training. A label that none of these has is an error then; with "
        "`fitted_or_default` it gets 0.5.",
    )
}
# What a run file has in place of the arguments of these names.
OF_TASKS = {**CLASS_WEIGHT, **THRESHOLD}

TRANSFER = {
    key.name: key
    for key in (
        Key(
            "source",
            str,
            _REQUIRED,
            "A run folder, a bundle, a `.keras` file, a folder as Hugging Face keeps models, or a "
            "preset of KerasHub.",
        ),
        Key("checkpoint", str, "best", "`best` or `last`, where the source is a run."),
        Key(
            "take_tokenizer",
            bool,
            False,
            "Whether to read texts with the source's tokenizer, in place of `tokenizer`.",
        ),
        Key(
            "new_words",
            str,
            "mean",
            "Where words begin that the source does not know: at the `mean` of its words, or "
            "`random`.",
        ),
        Key("strict", bool, True, "Whether a layer or a shape that does not fit is an error."),
        Key(
            "thaw",
            str,
            "gradually",
            "Which part is trained when: `gradually`, the heads first and then a group of layers "
            "more, from the top; `at_once`, everything from the start; `never`, the heads alone.",
        ),
        Key("epochs_per_group", int, 1, "With `gradually`: epochs before the next group."),
        Key(
            "scratch",
            bool,
            True,
            "Whether to train the same from random weights, too, into `scratch` in the run folder: "
            "the report sets both side by side.",
        ),
    )
}
TRANSFER_WORDS = {
    "checkpoint": ("best", "last"),
    "new_words": ("mean", "random"),
    "thaw": ("gradually", "at_once", "never"),
}

MIXTURE = keys_of(Mixture, ["splits", "tasks", "seed"])
SCREENING = keys_of(Dataset.screen, ["self"])
EARLY_STOPPING = keys_of(MultiTaskEarlyStopping, ["verbose"])
CHECKPOINT = {name: key for name, key in EARLY_STOPPING.items() if name in ("by", "metric", "mode")}
RESUME = keys_of(SaveAndResume, ["folder", "configuration", "delete", "verbose"])

TRAINING = {
    key.name: key
    for key in (
        Key("epochs", int, 10, "Most epochs."),
        Key(
            "distribute",
            str,
            "auto",
            "On which devices: `auto`, `none`, `mirrored` or `tpu`; see [Devices](devices.md).",
        ),
        Key("optimizer", Any, "adam", "A Keras optimizer.", _KIND),
        Key("balancer", Any, "equal", "How the tasks' losses are traded off.", _KIND),
        Key(
            "early_stopping",
            Any,
            None,
            "When to stop before the last epoch; never by default.",
            _SECTION,
        ),
        Key(
            "checkpoint",
            Any,
            None,
            "Which epoch's weights are the best; by default those that early stopping looks for, "
            "or of the lowest validation loss.",
            _SECTION,
        ),
        Key(
            "resume",
            Any,
            None,
            "How often the state of the run is saved within an epoch, so that `--resume` goes on.",
            _SECTION,
        ),
        Key(
            "callbacks",
            list[Any] | None,
            None,
            "Keras callbacks, beside those that every run has.",
            f"a list, each {_KIND}",
        ),
    )
}
COMPILE = {
    name: key
    for name, key in keys_of(MultiTaskModel.compile).items()
    if name in ("self_checks", "micro_batches", "run_eagerly", "steps_per_execution", "jit_compile")
}
