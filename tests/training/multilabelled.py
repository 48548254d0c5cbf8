"""Texts with several moods, any of which a word tells, for tests of tasks with several labels."""

import keras
import numpy as np

import keras_mtl as mtl

MOODS = ("anger", "joy", "love")
_WORDS = {"anger": "furious", "joy": "glad", "love": "dear"}
TASKS = (
    mtl.multilabel("moods", MOODS, threshold={"love": 0.4}, pos_weight={"anger": 2}),
    mtl.classification("tone", ("neg", "pos")),
)


def mood_split(rows=48, seed=0, missing=0.25, name="moods/train"):
    """Rows with any of three moods, with none, and without a label."""
    random = np.random.default_rng(seed)
    texts, moods, tones = [], [], []
    for hot, gone in zip(random.random((rows, 3)) < 0.4, random.random(rows), strict=True):
        own = tuple(mood for mood, one in zip(MOODS, hot, strict=True) if one)
        words = [*(_WORDS[mood] for mood in own), *random.choice(["so", "it", "is"], 2)]
        texts.append(" ".join(words))
        moods.append(None if gone < missing else own)
        tones.append("neg" if "anger" in own else "pos")
    return mtl.Split({"text": texts, "moods": moods, "tone": tones}, name)


def mood_model(tasks=TASKS, weighing=False):
    keras.utils.set_random_seed(0)
    tokenizer = mtl.WordTokenizer([*_WORDS.values(), "so", "it", "is"])
    weighed = tasks if weighing else ()
    trunk = mtl.trunks.bag(
        tokenizer, 8, tasks=weighed, bigram_buckets=0, word_dropout=0.0, dropout=0.0
    )
    return mtl.MultiTaskModel(trunk, tasks)


def mood_mixture(split, **options):
    return mtl.Mixture({"moods": split}, {"moods": ["moods", "tone"]}, batch_size=16, **options)
