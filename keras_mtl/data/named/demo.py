"""The generated corpora of the demo and the tests: film reviews and newswire, no download.

Both come from small grammars with a vocabulary in common. They are hard in ways that real
text is: misspellings, wrong labels, rare words, uneven topics, and texts in which the order
of the words decides. A bag of words gets 80 to 85 % of them right.
"""

from keras_mtl.data.named.demo_newswire import NEWSWIRE_LABELS, generate_newswire
from keras_mtl.data.named.demo_reviews import REVIEW_LABELS, generate_reviews

__all__ = ["NEWSWIRE_LABELS", "REVIEW_LABELS", "generate_newswire", "generate_reviews"]
