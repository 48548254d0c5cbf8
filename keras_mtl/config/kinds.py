"""What a run file can name: tables of names, Keras's own, and a user's by import path."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras

from keras_mtl import tasks, trunks
from keras_mtl.balancing.names import NAMES
from keras_mtl.config.arguments import LEFT_OUT, Key, keys_of, takes_any_key
from keras_mtl.config.errors import ConfigError
from keras_mtl.data import Dataset, WordTokenizer, WordVectors, load_dataset
from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.training import FineTuning

TFDS = "tfds:"
PRETRAINED = "pretrained"  # The trunk that comes with a tokenizer.
# Of a learning-rate schedule; where a run file leaves them out, they are those of the whole run.
DECAY_STEPS = "decay_steps"
# The optimizer of ours that a run file can name; its steps are those of the whole run.
FINE_TUNING = "fine_tuning"
VECTORS = "vectors"  # The key of trunks whose value is a file.
IMPORT_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@dataclasses.dataclass(frozen=True)
class Kind:
    """Something that a run file can name.

    Args:
        make: The function or class behind the name.
        keys: The keys that stand for its arguments.
        context: Arguments that the run supplies.
        open_ended: Whether it takes keys that are not listed.
    """

    make: Callable[..., Any]
    keys: Mapping[str, Key]
    context: frozenset[str]
    open_ended: bool = False

    def __call__(self, arguments: Mapping[str, Any], **context: Any) -> Any:
        """Call `make` with the arguments of the run file and what it takes of the context."""
        taken = {key: context[key] for key in self.context & set(context)}
        return self.make(**{**taken, **arguments})


def kind(make: Callable[..., Any], *context: str) -> Kind:
    """The kind behind a function or class; `context` are the arguments that the run supplies."""
    accepted = set(inspect.signature(make).parameters) & set(context)
    return Kind(make, keys_of(make, context), frozenset(accepted), takes_any_key(make))


def _tokenizer() -> Kind:
    """`WordTokenizer.fit` takes the options of the class behind its own."""
    keys = keys_of(WordTokenizer.fit) | keys_of(WordTokenizer, ["vocabulary"])
    return Kind(_fit_words, keys, frozenset({"sources"}))


def _fit_words(sources: Any, cleaning: Any = None, **options: Any) -> WordTokenizer:
    steps = [_own_step(one) for one in cleaning] if isinstance(cleaning, list) else cleaning
    return WordTokenizer.fit(*sources, cleaning=steps, **options)


def _trunk(make: Callable[..., Any], *context: str) -> Kind:
    """A trunk, in a run file with the path of a file of word vectors where Python has them read."""
    found = kind(make, *context)
    vectors = dataclasses.replace(
        found.keys[VECTORS],
        annotation=str | None,
        meaning="A file of word vectors in the text format of GloVe or word2vec, plain or `.gz`, "
        "to begin with; random ones when `null`.",
    )
    made = functools.partial(_with_vectors, make)
    return dataclasses.replace(found, make=made, keys={**found.keys, VECTORS: vectors})


def _with_vectors(
    make: Callable[..., Any], tokenizer: Any, vectors: str | None = None, **options: Any
) -> Any:
    if vectors is None:
        return make(tokenizer=tokenizer, **options)
    # Of the seed of the run, as all that is random in a trunk.
    seed = int(keras.random.randint((), 0, 2**31 - 1))
    return make(
        tokenizer=tokenizer, vectors=WordVectors.read(vectors, tokenizer, seed=seed), **options
    )


def _own_step(step: Any) -> Any:
    """A cleaning step of the user's by import path, alone or with arguments; others as they are."""
    name, arguments = next(iter(step.items())) if isinstance(step, dict) and step else (step, None)
    if isinstance(name, str) and IMPORT_PATH.fullmatch(name):
        return import_object(name)(**(arguments or {}))
    return step


def _explained_by(one: Kind, other: Kind) -> Kind:
    """A kind whose docstring leaves the meaning of shared keys to another."""
    keys = {
        name: key if key.meaning or name not in other.keys else other.keys[name]
        for name, key in one.keys.items()
    }
    return dataclasses.replace(one, keys=keys)


_CSV = kind(Dataset.from_csv, "name", "seed")
DATA = {
    "csv": _CSV,
    "jsonl": _explained_by(kind(Dataset.from_jsonl, "name", "seed"), _CSV),
    "conll": kind(Dataset.from_conll, "name", "seed"),
    "conllu": kind(Dataset.from_conllu, "name", "seed"),
    "tfds": kind(Dataset.from_tfds, "name", "seed"),
    "named": kind(load_dataset, "name", "seed", "text", "labels"),
}
TASKS = {
    "classification": kind(tasks.classification, "name", "labels", "column"),
    "multilabel": kind(tasks.multilabel, "name", "labels", "column"),
    "ordinal": kind(tasks.ordinal, "name", "labels", "column"),
    "pair_classification": kind(tasks.pair_classification, "name", "labels", "column"),
    "ranking": kind(tasks.ranking, "name", "column"),
    "regression": kind(tasks.regression, "name", "values", "column"),
    "similarity": kind(tasks.similarity, "name", "values", "column"),
    "tagging": kind(tasks.tagging, "name", "labels", "column"),
}
TOKENIZERS = {"words": _tokenizer()}
TRUNKS = {
    "lstm": _trunk(trunks.lstm, "tokenizer", "name"),
    "bag": _trunk(trunks.bag, "tokenizer", "tasks", "name"),
    "cnn": _trunk(trunks.cnn, "tokenizer", "name"),
    "transformer": _trunk(trunks.transformer, "tokenizer", "name"),
    PRETRAINED: kind(trunks.pretrained, "name"),
}
BALANCERS = {name: kind(one, "name") for name, one in NAMES.items()}


def named_kind(name: Any, table: Mapping[str, Kind], context: Iterable[str]) -> Kind:
    """The kind of a name of the package, or of an import path such as `my_module:MyClass`.

    Args:
        name: What the run file says.
        table: The names that there are.
        context: Arguments that the run supplies to what a user names.

    Raises:
        ConfigError: If there is none.
    """
    if isinstance(name, str) and name in table:
        return table[name]
    if isinstance(name, str) and IMPORT_PATH.fullmatch(name):
        return kind(import_object(name), *context)
    raise ConfigError(
        f"must be one of {listed(table)}, or an import path such as my_module:MyClass. "
        f"Received: {name!r:.60}. {nearest(str(name), table)}".rstrip()
    )


def keras_kind(name: Any, module: Any, base: type) -> Kind:
    """The kind of a Keras class by its name (`adam`, `CosineDecay`), or of an import path.

    Raises:
        ConfigError: If there is none.
    """
    own = {
        one.__name__: one
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, base) and one is not base
    }
    found = {_squashed(key): one for key, one in own.items()}.get(_squashed(str(name)))
    if isinstance(name, str) and found is not None:
        # Its `**kwargs` are for names that Keras once had.
        return dataclasses.replace(kind(found, "name"), open_ended=False)
    if isinstance(name, str) and IMPORT_PATH.fullmatch(name):
        return kind(import_object(name))
    known = sorted(_squashed(key) for key in own)
    raise ConfigError(
        f"must be one of {listed(own)}, or an import path such as my_module:MyClass. "
        f"Received: {name!r:.60}. {nearest(_squashed(str(name)), known)}".rstrip()
    )


def import_object(path: str) -> Callable[..., Any]:
    """The function or class of an import path such as `my_module:MyClass`.

    Raises:
        ConfigError: If it cannot be imported, or is nothing to call.
    """
    module_name, _, names = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:  # A user's module may raise anything while it is imported.
        raise ConfigError(
            f"must be an import path of something there. Received: {path!r}, and importing "
            f"{module_name!r} gives {type(error).__name__}: {error}. Modules are looked for beside "
            "the run file and where Python looks."
        ) from error
    for name in names.split("."):
        if not hasattr(found, name):
            raise ConfigError(
                f"must be an import path of something there. Received: {path!r}, and "
                f"{module_name!r} has no {name!r}. {nearest(name, vars(found))}".rstrip()
            )
        found = getattr(found, name)
    try:
        inspect.signature(found)
    except (TypeError, ValueError) as error:  # Nothing to call, or built into Python.
        raise ConfigError(
            "must be the import path of a class or function with a signature. Received: "
            f"{path!r}, which is a {type(found).__name__}. Name what makes the object."
        ) from error
    return found


def _squashed(name: str) -> str:
    """Keras writes `Adam`, `adam`; `CosineDecay`, `cosine_decay`."""
    return name.replace("_", "").lower()


def optimizer_kind(name: Any) -> Kind:
    """A Keras optimizer by name, `fine_tuning`, or a user's by import path."""
    if isinstance(name, str) and _squashed(name) == _squashed(FINE_TUNING):
        # Its `**options` are for Python; the run file has those that it documents.
        return dataclasses.replace(kind(FineTuning, "steps", "name"), open_ended=False)
    found = keras_kind(name, keras.optimizers, keras.optimizers.Optimizer)
    # What Keras leaves open (`clipnorm=None`) are numbers, all of them.
    keys = {
        key: dataclasses.replace(one, annotation=int | float | None)
        if one.annotation is Any and one.default is None
        else one
        for key, one in found.keys.items()
    }
    return dataclasses.replace(found, keys=keys)


def schedule_kind(name: Any) -> Kind:
    """A Keras learning-rate schedule by name, or a user's by import path."""
    schedules = keras.optimizers.schedules
    found = keras_kind(name, schedules, schedules.LearningRateSchedule)
    if DECAY_STEPS not in found.keys:
        return found
    left_open = dataclasses.replace(found.keys[DECAY_STEPS], default=LEFT_OUT)
    keys = {**found.keys, DECAY_STEPS: left_open}
    return dataclasses.replace(found, keys=keys, context=found.context | {DECAY_STEPS})


def callback_kind(name: Any) -> Kind:
    """A Keras callback by name, or a user's by import path."""
    return keras_kind(name, keras.callbacks, keras.callbacks.Callback)
