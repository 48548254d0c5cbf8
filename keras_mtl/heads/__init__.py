"""From a trunk's features to one task's scores."""

from keras_mtl.heads.chain import NEVER, BestPath, chain_losses
from keras_mtl.heads.compared import CandidatesHead, CosineHead, PairHead, flat_texts
from keras_mtl.heads.ordinal import GradeProbabilities, OrdinalHead, log_probabilities
from keras_mtl.heads.pooled import PooledHead
from keras_mtl.heads.pooling import POOLINGS, Pooling
from keras_mtl.heads.precision import loss_dtype
from keras_mtl.heads.score import OwnUnit
from keras_mtl.heads.several import FirstText, JoinTexts, SplitTexts
from keras_mtl.heads.words import WORD_STARTS, ChainHead, WordHead

__all__ = [
    "NEVER",
    "POOLINGS",
    "WORD_STARTS",
    "BestPath",
    "CandidatesHead",
    "CosineHead",
    "ChainHead",
    "FirstText",
    "JoinTexts",
    "PairHead",
    "GradeProbabilities",
    "OrdinalHead",
    "OwnUnit",
    "PooledHead",
    "Pooling",
    "SplitTexts",
    "WordHead",
    "chain_losses",
    "flat_texts",
    "log_probabilities",
    "loss_dtype",
]
