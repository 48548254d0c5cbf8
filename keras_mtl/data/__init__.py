"""Examples in, batches out."""

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing.mixture import Mixture
from keras_mtl.data.named.sources import load_dataset
from keras_mtl.data.text.subwords import SubwordTokenizer
from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.data.text.word_vectors import WordVectors

__all__ = [
    "Dataset",
    "Mixture",
    "Split",
    "SubwordTokenizer",
    "WordTokenizer",
    "WordVectors",
    "load_dataset",
]
