"""The two sets: as the package's objects, and as plain arrays for everyone else."""

import dataclasses

import numpy as np

from .settings import TASKS


@dataclasses.dataclass(frozen=True)
class Rows:
    """Encoded rows of one task.

    Args:
        values: Token ids, all rows end to end.
        offsets: Where each row begins, and where the last one ends.
        labels: Class numbers.
    """

    values: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, row):
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self):
        return np.diff(self.offsets)


@dataclasses.dataclass(frozen=True)
class TaskRows:
    """What is trained and validated on for one task."""

    train: Rows
    validation: Rows
    classes: int
    rows_per_step: int


def load(settings):
    """Datasets and tasks by stream, the tokenizer and the training mixture."""
    import keras_mtl as mtl

    datasets = {name: mtl.load_dataset(name, seed=0) for name in TASKS}
    tasks = {
        name: mtl.classification(task, datasets[name].labels["label"], column="label")
        for name, task in TASKS.items()
    }
    tokenizer = mtl.WordTokenizer.fit(
        *(dataset.train for dataset in datasets.values()),
        vocabulary_size=settings.vocabulary_size,
        sequence_length=settings.sequence_length,
        truncation=settings.truncation,
    )
    mixture = mtl.Mixture(
        {name: dataset.train for name, dataset in datasets.items()},
        tasks=TASKS,
        batch_size=settings.batch_size,
        length_classes=settings.length_classes,
        seed=settings.seed,
    )
    return datasets, tasks, tokenizer, mixture


def write(settings, path):
    """Encode both sets with the package's tokenizer into one file of arrays."""
    datasets, tasks, tokenizer, mixture = load(settings)
    rows_per_step = mixture.training_batches(tokenizer, list(tasks.values())).rows
    arrays = {}
    for stream, task in tasks.items():
        arrays[f"{task.name}/classes"] = task.num_classes
        arrays[f"{task.name}/rows_per_step"] = rows_per_step[stream]
        for part in ("train", "validation"):
            split = getattr(datasets[stream], part)
            ids = tokenizer.encode(split.texts)["token_ids"]
            arrays[f"{task.name}/{part}/values"] = ids.values
            arrays[f"{task.name}/{part}/offsets"] = ids.offsets
            arrays[f"{task.name}/{part}/labels"] = task.encode(split["label"], stream)[0]
    np.savez(path, **arrays)


def read(path):
    """Task name to its rows, from the file of `write`."""
    with np.load(path) as arrays:
        return {
            task: TaskRows(
                **{
                    part: Rows(
                        *(
                            arrays[f"{task}/{part}/{name}"]
                            for name in ("values", "offsets", "labels")
                        )
                    )
                    for part in ("train", "validation")
                },
                classes=int(arrays[f"{task}/classes"]),
                rows_per_step=int(arrays[f"{task}/rows_per_step"]),
            )
            for task in TASKS.values()
        }
