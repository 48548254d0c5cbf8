"""One trunk, a head per task, as an ordinary Keras model."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl import training
from keras_mtl.data import Mixture, Split
from keras_mtl.data.datasets.label_space import nearest
from keras_mtl.data.mixing.plain import need_preprocessor
from keras_mtl.heads import WORD_STARTS, FirstText, JoinTexts, SplitTexts
from keras_mtl.tasks import Task, check_tasks
from keras_mtl.training.fitted_thresholds import fit_thresholds
from keras_mtl.training.more_tasks import with_tasks
from keras_mtl.trunks.adapting import adapt
from keras_mtl.trunks.pretrained import Segments


@keras.saving.register_keras_serializable(package="keras_mtl")
class MultiTaskModel(training.MultiTaskTrainer):
    """A functional Keras model with one named output per task.

    Args:
        trunk: A functional model from token ids to features, from `keras_mtl.trunks` or of
            your own: `{"token_ids": (B, L)}` to `{"sequence": (B, L, D), "padding_mask": ...}`.
        tasks: The tasks. Outputs are probabilities (or whatever the kind of task predicts),
            in a dictionary by task name.
        preprocessor: Texts to token ids, with the methods of a `WordTokenizer`; by default the
            tokenizer that the trunk was built from. With `encode_pairs` it reads two texts as one.
        name: Name of the model.

    Raises:
        TypeError: If `trunk` is no Keras model or a task is no task.
        ValueError: If two tasks share a name.

    Example:
        >>> import keras_mtl as mtl, numpy as np
        >>> trunk = mtl.trunks.lstm(100, embedding_dim=8, units=4)
        >>> model = mtl.MultiTaskModel(trunk, [mtl.classification("topic", ["a", "b", "c"])])
        >>> model.predict({"token_ids": np.array([[5, 6, 0]])}, verbose=0)["topic"].shape
        (1, 3)
    """

    def __init__(
        self,
        trunk: keras.Model,
        tasks: Task | Sequence[Task],
        preprocessor: Any = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(trunk, keras.Model):
            raise TypeError(
                "`trunk` of a MultiTaskModel must be a functional Keras model such as "
                f"`keras_mtl.trunks.lstm(tokenizer)`. Received: {trunk!r}."
            )
        for side in ("input", "output"):
            if not isinstance(getattr(trunk, side, None), dict):
                raise TypeError(
                    f"The {side} of a trunk must be a dictionary of tensors: "
                    "`keras.Model({'token_ids': ids}, {'sequence': ..., 'padding_mask': ...})`. "
                    f"Received: {getattr(trunk, side, None)!r}."
                )
        preprocessor = preprocessor or getattr(trunk, "preprocessor", None)
        tasks = _decided(check_tasks(tasks), _reads_pairs(trunk, preprocessor))
        # Layers.
        heads = {task.name: task.head() for task in tasks}
        predictions = {task.name: task.prediction() for task in tasks}
        # Functional model.
        inputs, features, of_several = _features(trunk, any(task.several for task in tasks))
        if any(task.of_words for task in tasks):
            inputs[WORD_STARTS] = keras.Input((None,), dtype="int32", name=WORD_STARTS)
            features = {**features, WORD_STARTS: inputs[WORD_STARTS]}
        outputs = {
            task.name: predictions[task.name](
                heads[task.name](of_several if task.several else features)
            )
            for task in tasks
        }
        super().__init__(inputs=inputs, outputs=outputs, name=name)
        # Configuration.
        self.tasks = tasks
        self.trunk = trunk
        self.heads = heads
        self.predictions = predictions
        self.preprocessor = preprocessor
        if getattr(trunk, "preprocessor", None) is None:
            trunk.preprocessor = self.preprocessor

    def adapt(self, mixture: Mixture) -> None:
        """Count on labelled rows what a trunk does not train, as Keras's own `adapt` does.

        Of the package's trunks the bag has something to count: how much each word says about
        each task's labels. Call it once, before `fit`, with the training rows; in other trunks
        nothing changes. What was counted is saved with the model.

        Args:
            mixture: The training rows, with labels.

        Raises:
            TypeError: If it is no mixture.
            ValueError: If streams, tasks and those of the trunk do not fit, or the model has no
                preprocessor.
        """
        if not isinstance(mixture, Mixture):
            raise TypeError(
                "`mixture` of `adapt` must be a Mixture of the training rows, such as the one that "
                f"`fit` gets. Received: {mixture!r:.80} of type {type(mixture).__name__}."
            )
        preprocessor = need_preprocessor(self.preprocessor)
        adapt(self.trunk, self.tasks, mixture.encode(preprocessor, self.tasks))

    def fit_thresholds(
        self,
        rows: Mixture | Split,
        tasks: str | Sequence[str] | None = None,
        default: float | None = None,
    ) -> None:
        """Choose the thresholds of tasks with several labels, each for the highest F1 of its label.

        Call it after `fit`, with the validation rows: scores on the rows that thresholds were
        fitted to flatter the model. `model.tasks` then holds tasks with these thresholds; metrics,
        saved models and bundles have them, too. Weights stay as they are. How ties are resolved
        says `keras_mtl.tasks.fit_thresholds`.

        Args:
            rows: Rows with labels.
            tasks: The tasks to fit, by default all that have thresholds.
            default: Threshold of a label that no row has; without it such a label is an error.

        Raises:
            TypeError: If `rows` are no split or mixture.
            ValueError: If a task has no thresholds or no labels in the rows, or none of the rows
                has one of the labels.
        """
        fit_thresholds(self, rows, tasks, default)

    def add_task(self, task: Task, loss_weight: float = 1.0) -> "MultiTaskModel":
        """This model with one more task: `model = model.add_task(task)`.

        The trunk is the same one, shared by both models; the heads there were keep their weights,
        and give the same answers as long as the trunk is frozen (`transfer.freeze`). A compiled
        model is compiled as it was, its optimizer going on with the variables that it knows; the
        balancer begins anew. A mixture need not feed old tasks whose heads are frozen.

        Args:
            task: The new task.
            loss_weight: Weight of its loss.

        Returns:
            A new model: what a Keras model predicts is fixed.

        Raises:
            TypeError: If it is no task.
            ValueError: If there is a task of that name.
        """
        if not isinstance(task, Task):
            raise TypeError(
                "`task` of `add_task` must be a task, such as `keras_mtl.classification('topic', "
                f"labels)`. Received: {task!r:.80} of type {type(task).__name__}."
            )
        if task.name in self.heads:
            raise ValueError(
                f"`task` of `add_task` must have a new name. Received: {task.name!r}; the model's "
                f"tasks are {', '.join(self.heads)}. Remove that one first, or choose another name."
            )
        return with_tasks(self, (*self.tasks, task), {task.name: loss_weight})

    def remove_task(self, name: str) -> "MultiTaskModel":
        """This model without a task: `model = model.remove_task("topic")`; see `add_task`.

        Raises:
            ValueError: If there is no such task, or no other.
        """
        rest = [task for task in self.tasks if task.name != name]
        if name not in self.heads or not rest:
            raise ValueError(
                "`name` of `remove_task` must be one of the model's tasks, and not the only one: "
                f"{', '.join(self.heads)}. Received: {name!r}. {nearest(str(name), self.heads)}"
            )
        return with_tasks(self, rest, {})

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            "trunk": serialize(self.trunk),
            "tasks": [serialize(task) for task in self.tasks],
            "preprocessor": serialize(self.preprocessor) if self.preprocessor else None,
            "name": self.name,
            # The trunk tells of its layers itself.
            "frozen": [name for name, head in self.heads.items() if not head.trainable],
            "ancestor": self.ancestor,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "MultiTaskModel":
        found = {
            key: keras.saving.deserialize_keras_object(config[key], custom_objects=custom_objects)
            for key in ("trunk", "tasks", "preprocessor")
        }
        model = cls(**found, name=config["name"])
        for name in config.get("frozen", ()):
            model.heads[name].trainable = False
        model.ancestor = config.get("ancestor")
        return model

    def get_compile_config(self) -> dict[str, Any]:
        if self.settings is None:
            return {}
        config = keras.saving.serialize_keras_object(dict(self._compile_arguments))
        return dict(config)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))


def _reads_pairs(trunk: keras.Model, preprocessor: Any) -> bool:
    """Whether a trunk and its preprocessor read two texts as one."""
    takes_segments = any(isinstance(layer, Segments) for layer in trunk.layers)
    return takes_segments and hasattr(preprocessor, "encode_pairs")


def _decided(tasks: Sequence[Task], reads_pairs: bool) -> tuple[Task, ...]:
    """The tasks of a model, those that read alike all `joint` or all not."""
    found = tuple(task.decided(reads_pairs) for task in tasks)
    for reads in {task.reads for task in found}:
        ways = {task.apart: task.name for task in found if task.reads == reads}
        if len(ways) > 1:
            raise ValueError(
                f"The tasks of {reads} of a model must read texts alike: all joint, or each text "
                f"by itself. Received: joint={False} for {ways[True]!r}, and joint for "
                f"{ways[False]!r}. Give both the same `joint`."
            )
    return found


def _features(
    trunk: keras.Model, several: bool
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The inputs of a model, the features of its texts, and those of several texts a row.

    Where tasks compare texts that the trunk reads one by one, inputs are `(B, T, ...)`: all texts
    of a row. Tasks of one text then read the first.
    """
    inputs = {
        key: keras.Input(
            (None, *tensor.shape[1:]) if several else tensor.shape[1:], dtype=tensor.dtype, name=key
        )
        for key, tensor in trunk.input.items()
    }
    if not several:
        return inputs, trunk(dict(inputs)), {}
    first = next(iter(inputs.values()))
    found = trunk({key: JoinTexts(name=f"{key}_joined")(one) for key, one in inputs.items()})
    apart = {key: SplitTexts(name=f"{key}_of_texts")(one, first) for key, one in found.items()}
    of_first = {key: FirstText(name=f"{key}_of_first")(one) for key, one in apart.items()}
    return inputs, of_first, apart
