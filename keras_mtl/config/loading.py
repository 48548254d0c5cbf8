"""From a run file to a configuration, or to one message with everything that is wrong."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from keras_mtl.config import kinds
from keras_mtl.config.checking import Checker
from keras_mtl.config.errors import ConfigError
from keras_mtl.config.overrides import overridden
from keras_mtl.config.run_config import KIND, Choice, DataSection, RunConfig, TaskSection
from keras_mtl.config.schema import MIXTURE, OF_TASKS, SCREEN, SCREENING, SOURCE, TASK, TOP
from keras_mtl.config.training_section import training_section
from keras_mtl.config.transfer_section import transfer_section
from keras_mtl.config.yaml_file import Document, Place, read_yaml

_LARGEST_BATCH = 2**20
# Keys of a dataset whose values are files or folders.
_PATHS = ("train", "validation", "test", "path", "data_dir")
_TABLES = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".conll", ".bio", ".iob2"), "conll"),
    ".conllu": "conllu",
}


def load_config(
    source: str | os.PathLike[str] | Mapping[str, Any], overrides: Iterable[str] = ()
) -> RunConfig:
    """Read a run file, check it and fill in what it leaves out.

    Classes of your own, named by import path, are imported: a run file is a program, to be run
    from those you trust. Modules are looked for in the folder of the run file first.

    Args:
        source: The run file, or what stands in one as a dictionary.
        overrides: Changes such as `"training.epochs=3"`; the value is read as YAML.

    Returns:
        The configuration. Paths in it are absolute; in the file they are relative to its folder.

    Raises:
        ConfigError: If anything is not as it must be. The message names the file and the line
            of each problem, and the nearest key of the schema.

    Example:
        >>> config = load_config({
        ...     "data": {"reviews": {"source": "demo_reviews"}},
        ...     "tasks": {"tone": {"data": "reviews", "column": "label"}},
        ... })
        >>> config.trunk.values["kind"], config.training.epochs
        ('lstm', 10)
    """
    if isinstance(source, Mapping):
        document, folder, stem = Document(dict(source), "configuration"), Path.cwd(), "run"
    else:
        path = Path(source)
        document, folder, stem = read_yaml(path), path.resolve().parent, path.stem
    document = overridden(document, overrides)
    if document.data is None:
        raise ConfigError(
            f"{document.name} must have the keys `data` and `tasks`. Received: an empty file. "
            "`keras-mtl init` writes a run file for your files."
        )
    return _Loader(document, folder).load(stem)


class _Loader:
    """Checks each section; problems are collected, so that one message tells them all."""

    def __init__(self, document: Document, folder: Path) -> None:
        self.folder = folder
        self.document = document
        self.checker = Checker(document)

    def load(self, stem: str) -> RunConfig:
        raw = self.checker.mapping(self.document.data, ())
        top = self.checker.section(raw, TOP, ())
        modules = self.absolute(top.get("modules") or ".")
        if str(modules) not in sys.path:
            sys.path.append(str(modules))  # Last: it must not stand in for an installed one.
        if not 0 <= top.get("seed", 0) < 2**32:
            self.checker.problem(
                ("seed",), f"must be from 0 to {2**32 - 1}. Received: {top['seed']}."
            )
        data = {name: self.data(one, name) for name, one in self.entries(raw, "data").items()}
        tasks = {
            name: self.task(one, ("tasks", name), list(data))
            for name, one in self.entries(raw, "tasks").items()
        }
        self.check_all_used(tasks, list(data))
        trunk = self.with_vectors(self.choice(raw, "trunk", kinds.TRUNKS, "lstm"))
        tokenizer, pretrained = None, False
        if trunk is not None and trunk.values[KIND] == kinds.PRETRAINED:
            trunk, pretrained = self.pretrained(trunk, raw.get("tokenizer")), True
        else:
            tokenizer = self.choice(raw, "tokenizer", kinds.TOKENIZERS, "words")
        self.import_steps(tokenizer)
        mixture = self.checker.section(raw.get("mixture"), MIXTURE, ("mixture",))
        if mixture.get("batch_size", 1) > _LARGEST_BATCH:
            self.checker.problem(
                ("mixture", "batch_size"),
                f"must be {_LARGEST_BATCH} or less. Received: {mixture['batch_size']}.",
            )
        transfer = transfer_section(self.checker, raw.get("transfer"), self.absolute)
        training = training_section(self.checker, raw.get("training"), list(tasks))
        self.checker.finish()
        if (tokenizer is None and not pretrained) or trunk is None or training is None:
            raise ConfigError(f"{self.document.name} could not be read.")
        return RunConfig(
            output=self.absolute(top["output"] or Path("runs") / stem),
            modules=modules,
            seed=top["seed"],
            data={name: one for name, one in data.items() if one is not None},
            tasks={name: one for name, one in tasks.items() if one is not None},
            tokenizer=tokenizer,
            trunk=trunk,
            mixture=mixture,
            training=training,
            document=self.document,
            transfer=transfer,
        )

    def entries(self, raw: Mapping[str, Any], section: str) -> dict[str, Any]:
        """The entries of `data` or `tasks`."""
        entries = self.checker.mapping(raw.get(section), (section,))
        if isinstance(raw.get(section), dict) and not entries:
            self.checker.problem((section,), "must name at least one. Received: an empty mapping.")
        return entries

    def choice(
        self, raw: Mapping[str, Any], section: str, table: Mapping[str, kinds.Kind], default: str
    ) -> Choice | None:
        """The tokenizer or the trunk."""
        context = {"tokenizer": ("sources",), "trunk": ("tokenizer", "tasks")}[section]

        def find(name: Any) -> kinds.Kind:
            return kinds.named_kind(name, table, context)

        return self.checker.choice(raw.get(section), (section,), find, default)

    def with_vectors(self, trunk: Choice | None) -> Choice | None:
        """A trunk with the absolute path of its word vectors; one by import path as it is."""
        path = trunk.values.get(kinds.VECTORS) if trunk else None
        if trunk is None or path is None or trunk.kind not in kinds.TRUNKS.values():
            return trunk
        values = {**trunk.values, kinds.VECTORS: str(self.absolute(path))}
        return Choice(trunk.kind, values, trunk.place)

    def pretrained(self, trunk: Choice, tokenizer: Any) -> Choice:
        """A pretrained trunk, in a folder beside the run file or a preset."""
        if tokenizer is not None:
            self.checker.problem(
                ("tokenizer",),
                f"must be left out where `trunk` is {kinds.PRETRAINED!r}, which comes with its "
                "own. Received: a tokenizer. Remove it (`tokenizer=null` on the command line).",
            )
        source = trunk.values["source"]
        folder = self.absolute(source)
        if folder.is_dir():
            return dataclasses.replace(trunk, values={**trunk.values, "source": str(folder)})
        if "://" not in source and any(one in source for one in ("/", "\\", "~")):
            self.checker.problem(
                ("trunk", "source"),
                "must be the folder of a model, or a preset of KerasHub (its name, or "
                f"hf://user/model). Received: {source!r:.80}, and there is no folder '{folder}'.",
            )
        return trunk

    def import_steps(self, tokenizer: Choice | None) -> None:
        """Import cleaning steps of the user's, which register themselves with Keras."""
        steps = tokenizer.values.get("cleaning") if tokenizer else None
        for number, step in enumerate(steps if isinstance(steps, list) else []):
            for name in [step] if isinstance(step, str) else list(step or []):
                if isinstance(name, str) and kinds.IMPORT_PATH.fullmatch(name):
                    try:
                        kinds.import_object(name)
                    except ConfigError as error:
                        self.checker.problem(("tokenizer", "cleaning", number), str(error))

    def data(self, raw: Any, name: str) -> DataSection | None:
        """A dataset: named by `source`, or in the files that `train` begins."""
        place: Place = ("data", name)
        if raw is not None and not isinstance(raw, dict):
            self.checker.mapping(raw, place)  # Which remembers what is wrong.
            return None
        raw = raw or {}
        if not name:
            self.checker.problem(("data",), "must give every dataset a name. Received: ''.")
            return None
        given = [key for key in ("source", "train") if raw.get(key) is not None]
        if len(given) != 1:
            received = "both" if given else "neither"
            self.checker.problem(
                place, f"must have one of the keys `source` and `train`. Received: {received}."
            )
            return None
        kind = self.data_kind(raw[given[0]], (*place, given[0]))
        screen = raw.get("screen")
        if screen is not None:
            screen = self.checker.section(screen, SCREENING, (*place, "screen"))
        if kind is None:
            return None
        more = {"screen": SCREEN} | ({"source": SOURCE} if given == ["source"] else {})
        values = self.checker.section(raw, {**more, **kind.keys}, place)
        for key in _PATHS:
            if isinstance(values.get(key), str):
                values[key] = str(self.absolute(values[key]))
        values.pop("screen", None)
        return DataSection(Choice(kind, values, place), screen)

    def data_kind(self, value: Any, place: Place) -> kinds.Kind | None:
        """How a dataset is read, by the name of the source or of the training file."""
        if not isinstance(value, str):
            self.checker.problem(place, f"must be text. Received: {value!r:.60}.")
            return None
        if place[-1] == "source":
            return self.source_kind(value, place)
        table = _TABLES.get(Path(value.lower().removesuffix(".gz")).suffix)
        if table is None:
            self.checker.problem(
                place,
                f"must be a file whose name ends in one of {', '.join(_TABLES)}, or in one of "
                f"these and .gz. Received: {value!r:.60}. Rename the file.",
            )
            return None
        return kinds.DATA[table]

    def source_kind(self, value: str, place: Place) -> kinds.Kind | None:
        """How a dataset by name is read: one of the package, of TensorFlow, or of the user's."""
        if value.startswith(kinds.TFDS):
            return kinds.DATA["tfds"]
        if not kinds.IMPORT_PATH.fullmatch(value):
            return kinds.DATA["named"]
        try:
            found = kinds.kind(kinds.import_object(value), "name", "seed")
        except ConfigError as error:
            self.checker.problem(place, str(error))
            return None
        return dataclasses.replace(found, open_ended=False)

    def task(self, raw: Any, place: Place, datasets: list[str]) -> TaskSection | None:
        """A task, its datasets and its weight."""

        def find(name: Any) -> kinds.Kind:
            return kinds.named_kind(name, kinds.TASKS, ("name", "labels", "values", "column"))

        choice = self.checker.choice(raw, place, find, "classification", TASK, OF_TASKS)
        if choice is None:
            return None
        values = dict(choice.values)
        data, column, weight, tasks_from = (values.pop(key) for key in TASK)
        names = (data,) if isinstance(data, str) else tuple(data or ())
        if not names and len(datasets) == 1:
            names = (datasets[0],)
        unknown = [name for name in names if name not in datasets]
        if unknown or not names:
            self.checker.problem(
                (*place, "data") if unknown else place,
                f"must name datasets of `data`: {', '.join(datasets)}. "
                f"Received: {', '.join(unknown) or 'none'}.",
            )
        if weight < 0:
            self.checker.problem((*place, "weight"), f"must be 0 or more. Received: {weight}.")
        return TaskSection(Choice(choice.kind, values, place), names, column, weight, tasks_from)

    def check_all_used(self, tasks: Mapping[str, TaskSection | None], data: list[str]) -> None:
        """A dataset without a task would be loaded for nothing."""
        if self.checker.problems:
            return  # One of them may be the reason.
        used = {name for task in tasks.values() if task for name in task.data}
        for name in data:
            if tasks and name not in used:
                self.checker.problem(
                    ("data", name), "must be the `data` of a task. Received: no task names it."
                )

    def absolute(self, path: str | os.PathLike[str]) -> Path:
        """A path of the run file, which is relative to the file."""
        return Path(os.path.abspath(self.folder / os.path.expanduser(path)))
