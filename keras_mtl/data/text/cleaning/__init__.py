"""Steps that clean a text before it is cut into words; none is taken unless asked for."""

from keras_mtl.data.text.cleaning.lowercase import Lowercase
from keras_mtl.data.text.cleaning.markup import StripMarkup
from keras_mtl.data.text.cleaning.names import get
from keras_mtl.data.text.cleaning.punctuation import StripPunctuation
from keras_mtl.data.text.cleaning.step import CleaningStep
from keras_mtl.data.text.cleaning.stop_words import RemoveStopWords
from keras_mtl.data.text.cleaning.unicode import NormalizeUnicode

__all__ = [
    "CleaningStep",
    "Lowercase",
    "NormalizeUnicode",
    "RemoveStopWords",
    "StripMarkup",
    "StripPunctuation",
    "get",
]
