"""What to predict, from which column, and how it is scored."""

from keras_mtl.spans import Span
from keras_mtl.tasks.arguments import by_task
from keras_mtl.tasks.class_weights import balanced_class_weight
from keras_mtl.tasks.classification import Classification, classification
from keras_mtl.tasks.review import Matrix, Mistake, Review, Table
from keras_mtl.tasks.schemes import tags_of
from keras_mtl.tasks.tagging import Tagging, tagging
from keras_mtl.tasks.task import (
    WORD_PLACES,
    Task,
    Word,
    answer,
    check_tasks,
    from_config,
    is_task_name,
)

__all__ = [
    "WORD_PLACES",
    "Classification",
    "Matrix",
    "Mistake",
    "Review",
    "Span",
    "Table",
    "Tagging",
    "Task",
    "Word",
    "answer",
    "balanced_class_weight",
    "by_task",
    "check_tasks",
    "classification",
    "from_config",
    "is_task_name",
    "tagging",
    "tags_of",
]
