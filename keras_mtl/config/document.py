"""The page on run files, written from the schema.

python -m keras_mtl.config.document > docs/run-files.md
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from keras_mtl.config import kinds
from keras_mtl.config.arguments import Key
from keras_mtl.config.schema import (
    CHECKPOINT,
    COMPILE,
    EARLY_STOPPING,
    MIXTURE,
    OF_TASKS,
    RESUME,
    SCREEN,
    SCREENING,
    SOURCE,
    TASK,
    TOP,
    TRAINING,
    TRANSFER,
)
from keras_mtl.config.yaml_file import write_scalar

_WORDS = (
    ("`None`", "`null`"),
    ("`True`", "`true`"),
    ("`False`", "`false`"),
    ("see `from_csv`", "see CSV files above"),
    ("; see `Dataset.from_arrays`", ""),
    ("; see `from_arrays`", ", of each class"),
    ("`cleaning.get`", "[Data](data.md#cleaning)"),
    (", or a `CleaningStep`, as for", "; see"),
    ("by default that of `values`", "by default that of the training rows"),
    ("A folder as above", "The folder of the set"),
)

_TEXT = """\
# Run files

<!-- Written from the schema by `python -m keras_mtl.config.document`; do not edit. -->

`keras-mtl train run.yaml` reads everything it needs from one YAML file. Two keys are required,
`data` and `tasks`; `keras-mtl init reviews.csv news.csv` writes a file with both, and comments,
by looking at yours. This one trains on the sets that the project generates:

```yaml
data:
  reviews: {source: demo_reviews}
  newswire: {source: demo_newswire}
tasks:
  tone: {data: reviews, column: label}
  topic: {data: newswire, column: label, weight: 0.5}
trunk: {kind: bag, embedding_dim: 32}
training: {epochs: 3}
```

- Several tasks may name one dataset: its rows feed them all. So a task of kind `tagging` stands
  beside one of whole texts; see [Words](words.md#in-a-run-file).
- Paths are relative to the run file. `output` is the run folder; [what it holds](reports.md).
- A value can be changed on the command line: `keras-mtl train run.yaml training.epochs=3
  trunk.units=32`.
- An unknown key, a wrong type, a missing file is one message with the file and the line, and the
  nearest key that there is; nothing is written then. The exit status is 2 for bad input, 1 for a
  run that failed, 0 else, and 130 after Ctrl-C.
- The run folder holds the same file with every default filled in, `config.yaml`. It runs again to
  the same result: `keras-mtl train runs/mine/config.yaml --output runs/again`.
- YAML is read by its version 1.2: `no`, `on` and `2020-01-01` are text, `1e-3` is a number.
- Wherever there is a `kind`, it may be a function or class of your own, by import path:
  `kind: my_module:my_trunk`. Modules are looked for beside the run file first; the arguments are
  keys, checked by their annotations. So a run file is a program: run those you trust.

In Python the same is

```python
import keras_mtl as mtl

config = mtl.config.load_config(
    {
        "data": {"reviews": {"source": "demo_reviews"}, "newswire": {"source": "demo_newswire"}},
        "tasks": {"tone": {"data": "reviews"}, "topic": {"data": "newswire", "weight": 0.5}},
        "trunk": {"kind": "bag", "embedding_dim": 8},
        "training": {"epochs": 1},
    }
)  # or a path: load_config("run.yaml", ["training.epochs=3"])
run = mtl.runs.train(config)
run.metrics[-1]["val_tone_accuracy"]
run.predictor()(["crude prices rose"])  # as a Predictor answers
model = run.model("best")
```
"""


def page() -> str:
    """The page in Markdown."""
    parts = [
        _TEXT,
        _section("The file", TOP.values()),
        "Everything below is by section. *Required* keys have no default.\n",
        _section(
            "`data.<name>`: a dataset in CSV files",
            [*kinds.DATA["csv"].keys.values(), SCREEN],
            "Chosen by `train` with a name in `.csv`, `.tsv` or `.tab`, also with `.gz` behind it.",
        ),
        _section(
            "`data.<name>`: a dataset in JSON Lines files",
            [*kinds.DATA["jsonl"].keys.values(), SCREEN],
            "Chosen by `train` with a name in `.jsonl` or `.ndjson`, also with `.gz` behind it.",
        ),
        _section(
            "`data.<name>`: a dataset of words in CoNLL files",
            [*kinds.DATA["conll"].keys.values(), SCREEN],
            "Chosen by `train` with a name in `.conll`, `.bio` or `.iob2`, also with `.gz` behind "
            "it.",
        ),
        _section(
            "`data.<name>`: a dataset of words in CoNLL-U files",
            [*kinds.DATA["conllu"].keys.values(), SCREEN],
            "Chosen by `train` with a name in `.conllu`, also with `.gz` behind it.",
        ),
        _section(
            "`data.<name>`: a named dataset",
            [SOURCE, *kinds.DATA["named"].keys.values(), SCREEN],
            "Chosen by `source`.",
        ),
        _section(
            "`data.<name>`: a set of TensorFlow Datasets",
            [SOURCE, *kinds.DATA["tfds"].keys.values(), SCREEN],
            "Chosen by a `source` that begins with `tfds:`.",
        ),
        _section(
            "`data.<name>`: a dataset of your own",
            [SOURCE, SCREEN],
            "Chosen by a `source` such as `my_module:my_dataset`: a function that returns a "
            "`Dataset`. Its arguments are further keys; it gets `name` and `seed` if it takes "
            "them.",
        ),
        _section("`data.<name>.screen`", SCREENING.values(), "See [Data](data.md#screening)."),
    ]
    for name, one in kinds.TASKS.items():
        keys = {**TASK, **one.keys}
        keys |= {key: OF_TASKS[key] for key in OF_TASKS if key in keys}
        parts.append(_section(f"`tasks.<name>` of kind `{name}`", keys.values()))
    for name, one in kinds.TOKENIZERS.items():
        parts.append(_section(f"`tokenizer` of kind `{name}`", one.keys.values()))
    for name, one in kinds.TRUNKS.items():
        parts.append(_section(f"`trunk` of kind `{name}`", one.keys.values()))
    parts += [
        _section(
            "`transfer`",
            TRANSFER.values(),
            "See [Transfer](transfer.md). `keras-mtl transfer SOURCE run.yaml` sets `source`.",
        ),
        _section("`mixture`", MIXTURE.values()),
        _section("`training`", [*TRAINING.values(), *COMPILE.values()]),
        _section(
            "`training.optimizer`",
            # Their meanings are Keras's to tell.
            [
                dataclasses.replace(key, meaning="")
                for key in kinds.optimizer_kind("adam").keys.values()
            ],
            "A name (`adam`, `adamw`, `sgd` ...), or `kind` and the arguments of the class of "
            "[Keras](https://keras.io/api/optimizers/). Those of `adam`; `learning_rate` may be a "
            "schedule: `{kind: cosine_decay, initial_learning_rate: 0.001}`. Its `decay_steps`, "
            "where left out, are the steps of the whole run.",
        ),
        _section(
            f"`training.optimizer` of kind `{kinds.FINE_TUNING}`",
            kinds.optimizer_kind(kinds.FINE_TUNING).keys.values(),
            "See [Words](words.md#fine-tuning). It knows the steps of the run.",
        ),
        _section(
            "`training.balancer`",
            [],
            "A name, or `kind` and arguments. The names: "
            + ", ".join(f"`{name}`" for name in kinds.BALANCERS)
            + ".",
        ),
        _section(
            "`training.early_stopping`",
            EARLY_STOPPING.values(),
            "See [Training](training.md#early-stopping).",
        ),
        _section("`training.checkpoint`", CHECKPOINT.values()),
        _section(
            "`training.resume`",
            RESUME.values(),
            "It is saved at the end of epochs, too. See [Training](training.md#stop-and-go-on).",
        ),
    ]
    return "\n".join(parts)


def _section(title: str, keys: Iterable[Key], text: str = "") -> str:
    keys = list(keys)
    lines = [f"## {title}", ""]
    if text:
        lines += [text, ""]
    if keys:
        explained = any(key.meaning for key in keys)
        columns = ("key", "type", "default", *(["meaning"] if explained else []))
        lines += [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
        for key in keys:
            cells = [f"`{key.name}`", _cell(key.type_words), _default(key), _meaning(key)]
            lines.append(f"| {' | '.join(cells[: len(columns)])} |")
        lines.append("")
    return "\n".join(lines)


def _default(key: Key) -> str:
    return "*required*" if key.required else f"`{_cell(write_scalar(key.default))}`"


def _meaning(key: Key) -> str:
    """The meaning, with what Python's docstring says in the words of a run file."""
    text = key.meaning
    for python, here in _WORDS:
        text = text.replace(python, here)
    return _cell(text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
