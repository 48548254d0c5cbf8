"""What to predict, from which column, and how it is scored."""

from keras_mtl.spans import Span
from keras_mtl.tasks.arguments import by_task
from keras_mtl.tasks.class_weights import balanced_class_weight
from keras_mtl.tasks.classification import Classification, classification
from keras_mtl.tasks.correlation import PearsonCorrelation, SpearmanCorrelation
from keras_mtl.tasks.multilabel import Multilabel, multilabel
from keras_mtl.tasks.ordinal import Ordinal, ordinal
from keras_mtl.tasks.pairs import PairClassification, Similarity, pair_classification, similarity
from keras_mtl.tasks.ranking import ABSENT, Ranking, ranking
from keras_mtl.tasks.regression import Regression, regression
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
)
from keras_mtl.tasks.thresholds import fit_thresholds

__all__ = [
    "ABSENT",
    "WORD_PLACES",
    "Classification",
    "Matrix",
    "Mistake",
    "PairClassification",
    "Ranking",
    "Ordinal",
    "PearsonCorrelation",
    "Regression",
    "Multilabel",
    "Review",
    "Span",
    "Similarity",
    "SpearmanCorrelation",
    "Table",
    "Tagging",
    "Task",
    "Word",
    "answer",
    "balanced_class_weight",
    "by_task",
    "check_tasks",
    "classification",
    "fit_thresholds",
    "from_config",
    "pair_classification",
    "ranking",
    "ordinal",
    "regression",
    "similarity",
    "multilabel",
    "tagging",
    "tags_of",
]
