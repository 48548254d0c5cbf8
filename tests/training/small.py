"""Small models and rows for tests of the step."""

import keras
import numpy as np

import keras_mtl as mtl
from keras_mtl.data.named.demo import (
    NEWSWIRE_LABELS,
    REVIEW_LABELS,
    generate_newswire,
    generate_reviews,
)

TASKS = (
    mtl.classification("topic", NEWSWIRE_LABELS, "label"),
    mtl.classification("sentiment", REVIEW_LABELS, "label"),
)


def id_model(kind="lstm", seed=0, tasks=TASKS, vocabulary_size=40, weighing=False, **options):
    keras.utils.set_random_seed(seed)
    if kind == "lstm":
        trunk = mtl.trunks.lstm(vocabulary_size, 6, 5, bidirectional=True, **options)
    else:
        options = {"bigram_buckets": 0, "word_dropout": 0.0, "dropout": 0.0, **options}
        trunk = mtl.trunks.bag(vocabulary_size, 6, tasks=tasks if weighing else (), **options)
        for task in tasks if weighing else ():
            layer = trunk.get_layer("word_sums")
            layer.weigh(task.name, np.linspace(0.0, 2.0, vocabulary_size))
    return mtl.MultiTaskModel(trunk, tasks)


def id_rows(rows=24, length=9, seed=0, vocabulary_size=40):
    """Token ids with padding behind, and labels for both tasks."""
    random = np.random.default_rng(seed)
    ids = random.integers(1, vocabulary_size, (rows, length)).astype("int32")
    lengths = random.integers(1, length + 1, rows)
    ids[np.arange(length)[None] >= lengths[:, None]] = 0
    labels = {
        "topic": random.integers(0, len(NEWSWIRE_LABELS), rows).astype("int32"),
        "sentiment": random.integers(0, len(REVIEW_LABELS), rows).astype("int32"),
    }
    return {"token_ids": ids}, labels


def demo_splits(rows=120, seed=0):
    reviews, tones = generate_reviews(rows, seed)
    wires, topics = generate_newswire(rows // 2, seed)
    return (
        mtl.Split({"text": reviews, "label": tones}, "reviews/train"),
        mtl.Split({"text": wires, "label": topics}, "newswire/train"),
    )


def demo_mixture(rows=120, seed=0, **options):
    reviews, newswire = demo_splits(rows, seed)
    options = {"batch_size": 16, "length_classes": 2, **options}  # Each is compiled.
    return mtl.Mixture(
        {"reviews": reviews, "newswire": newswire},
        tasks={"reviews": "sentiment", "newswire": "topic"},
        **options,
    )


def demo_model(seed=0, tasks=TASKS, kind="lstm", dropout=0.0):
    reviews, newswire = demo_splits()
    tokenizer = mtl.WordTokenizer.fit(reviews, newswire, vocabulary_size=300)
    keras.utils.set_random_seed(seed)
    if kind == "lstm":
        trunk = mtl.trunks.lstm(tokenizer, 8, 8, embedding_dropout=dropout)
    elif kind == "bag":
        trunk = mtl.trunks.bag(tokenizer, 8, word_dropout=dropout, dropout=dropout)
    else:  # "weighing"
        trunk = mtl.trunks.bag(
            tokenizer, 8, tasks=tasks, bigram_buckets=64, word_dropout=dropout, dropout=dropout
        )
    return mtl.MultiTaskModel(trunk, tasks)


def weights_of(model):
    return [np.array(keras.ops.convert_to_numpy(w)) for w in model.trainable_variables]


def largest_difference(one, other):
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


TAGS = ("O", "B-city", "I-city")
WORDS = tuple(f"word{number}" for number in range(30))


def row_tasks(crf=True):
    """Three tasks for the same rows: one label a text, and two kinds of tags."""
    return (
        mtl.tagging("slots", TAGS, crf=crf),
        mtl.classification("intent", ("ask", "book", "cancel")),
        mtl.tagging("parts", ("NOUN", "VERB", "X", "Y"), scheme="plain"),
    )


def row_split(rows=40, seed=0, missing=0.4):
    """Words with labels for three tasks, any of them missing in any row, or at any word."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 12, rows)
    tokens = [random.choice(WORDS, length).tolist() for length in lengths]
    columns = {
        # The tag says what the word is, so that there is something to learn.
        "slots": [_slots(row) for row in tokens],
        "intent": [("ask", "book", "cancel")[WORDS.index(row[0]) % 3] for row in tokens],
        "parts": [
            ["NOUN VERB X Y".split()[WORDS.index(word) % 4] for word in row] for row in tokens
        ],
    }
    for name, column in columns.items():
        gone = random.random(rows) < missing
        columns[name] = [
            None if one else _with_holes(value, name, random, missing)
            for one, value in zip(gone, column, strict=True)
        ]
    return mtl.Split({"tokens": tokens, **columns}, "rows/train")


def row_model(split, crf=True, seed=0, **options):
    keras.utils.set_random_seed(seed)
    tokenizer = mtl.WordTokenizer(WORDS, sequence_length=16)
    trunk = mtl.trunks.lstm(tokenizer, 6, 5, bidirectional=True, **options)
    return mtl.MultiTaskModel(trunk, row_tasks(crf))


def _slots(words):
    found = []
    for word in words:
        kind = WORDS.index(word) % 3
        found.append(("O", "B-city", "I-city" if found and found[-1] != "O" else "B-city")[kind])
    return found


def _with_holes(value, name, random, missing):
    if name != "parts" or not missing:
        return value
    return [None if random.random() < missing / 2 else tag for tag in value]


GRADES = ("poor", "fair", "good", "great")


def score_tasks(values=None):
    """A score and a grade for each text."""
    return mtl.regression("stars", values, range=(1, 5)), mtl.ordinal("grade", GRADES)


def score_split(rows=40, seed=0, missing=0.3):
    """Texts with a score from 1 to 5 and a grade, either of them missing in any row."""
    random = np.random.default_rng(seed)
    texts = [" ".join(random.choice(WORDS, random.integers(1, 12))) for _ in range(rows)]
    # Both say which word is the first, so that there is something to learn.
    first = [WORDS.index(text.split()[0]) for text in texts]
    columns = {
        "stars": [1.0 + 4.0 * number / (len(WORDS) - 1) for number in first],
        "grade": [GRADES[4 * number // len(WORDS)] for number in first],
    }
    for name, column in columns.items():
        gone = random.random(rows) < missing
        columns[name] = [None if one else v for one, v in zip(gone, column, strict=True)]
    return mtl.Split({"text": texts, **columns}, "scores/train")


def score_model(split, seed=0, kind="lstm"):
    keras.utils.set_random_seed(seed)
    tokenizer = mtl.WordTokenizer(WORDS)
    if kind == "lstm":
        trunk = mtl.trunks.lstm(tokenizer, 6, 5)
    else:
        still = {"word_dropout": 0.0, "dropout": 0.0}
        trunk = mtl.trunks.bag(tokenizer, 6, bigram_buckets=0, **still)
    return mtl.MultiTaskModel(trunk, score_tasks(split["stars"]))
