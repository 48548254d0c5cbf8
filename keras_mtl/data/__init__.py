"""Examples in, batches out."""

from keras_mtl.data.dataset import Dataset
from keras_mtl.data.mixture import Mixture
from keras_mtl.data.sources import load_dataset
from keras_mtl.data.split import Split
from keras_mtl.data.tokenizer import WordTokenizer

__all__ = ["Dataset", "Mixture", "Split", "WordTokenizer", "load_dataset"]
