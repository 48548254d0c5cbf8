"""Small rows of several texts, and models that compare them."""

import keras

import keras_mtl as mtl
from tests.trunks.tiny_bert import write_tiny_bert

PAIRS = {
    "sentence1": ["show me flights", "fly to new york", "a b", "c d e f", "b c", "from boston"],
    "sentence2": ["flights from boston", "fly on friday", "a b c", "f e", "d", "to boston"],
    "same": ["yes", "no", None, "no", "yes", "no"],
    "alike": [5.0, 2, 3.5, None, 0, 4],
}
QUERIES = {
    "query": ["boston", "new york", "a b"],
    "candidates": [["fly to boston", "a b c"], ["a", "c", "fly to new york"], ["b", "d e", "f"]],
    "answer": [[1, 0], [0, 0, 2.5], None],
}
TEXTS = {"text": ["fly to boston", "a b c d", "new york ?"], "topic": ["x", "y", "x"]}


def splits():
    return {
        "pairs": mtl.Split(PAIRS, "pairs/train"),
        "queries": mtl.Split(QUERIES, "queries/train"),
        "texts": mtl.Split(TEXTS, "texts/train"),
    }


def tasks(joint=None):
    compare = "cosine" if joint is False else "features"
    return [
        mtl.pair_classification("same", ("no", "yes"), joint=joint),
        mtl.ranking("answer", joint=joint),
        mtl.similarity("alike", PAIRS["alike"], range=(0, 5), joint=joint, compare=compare),
        mtl.classification("topic", ("x", "y")),
    ]


FEEDS = {"pairs": ("same", "alike"), "queries": ("answer",), "texts": ("topic",)}


def mixture(names=tuple(FEEDS), batch_size=6, **options):
    given = splits()
    return mtl.Mixture(
        {name: given[name] for name in names},
        {name: FEEDS[name] for name in names},
        batch_size=batch_size,
        **options,
    )


def trunk(kind, folder=None):
    keras.utils.set_random_seed(0)
    if kind == "bert":
        return mtl.trunks.pretrained(write_tiny_bert(folder / "tiny"), dropout=0.0)
    tokenizer = mtl.WordTokenizer.fit(*splits().values())
    if kind == "bag":
        return mtl.trunks.bag(tokenizer, 6, bigram_buckets=16, word_dropout=0.0, dropout=0.0)
    return mtl.trunks.lstm(tokenizer, 6, 5, bidirectional=True)
