"""Small made-up sets of labels, scores and pairs, under the names of the real ones."""

import json
import random

from keras_mtl.data.named import label_lists

DOMAINS = ("books", "dvd", "kitchen_housewares", "MR")
GOOD, BAD = ("fine", "lovely", "great"), ("dull", "broken", "awful")
FILLER = ("it", "was", "the", "whole", "time", "we", "saw", "this")
# A word that tells each language, and each emotion.
LANGUAGES = {"English": "the", "French": "une", "Spanish": "los"}
EMOTIONS = {"sadness": "sad", "joy": "glad", "anger": "furious"}


def write_small_label_sets(folder):
    """Folders of JSON Lines files, of some dozen rows."""
    makers = {
        "fdu_mtl": _fdu,
        "language_detection": _language,
        "emotion": _emotion,
        "online_shopping_10_cats": _shopping,
        "stsb": _similar,
        "mrpc": _same,
        "goemotions": _emotions,
    }
    for name, make in makers.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        chance = random.Random(name)
        for split, rows in (("train", 64), ("validation", 56), ("test", 24)):
            lines = [
                json.dumps(make(chance, row), ensure_ascii=False) + "\n" for row in range(rows)
            ]
            (folder / name / f"{split}.jsonl").write_text("".join(lines), "utf-8")


def _text(chance, *words):
    found = [*words, *chance.choices(FILLER, k=chance.randint(1, 6))]
    chance.shuffle(found)
    return " ".join(found)


def _fdu(chance, row):
    good = chance.random() < 0.5
    text = _text(chance, chance.choice(GOOD if good else BAD))
    return {
        "text": text,
        "label": "positive" if good else "negative",
        "domain": DOMAINS[row % len(DOMAINS)],
    }


def _language(chance, row):
    language = chance.choice(list(LANGUAGES))
    return {"text": f"{LANGUAGES[language]} {chance.choice('abcdef')}", "label": language}


def _emotion(chance, row):
    emotion = chance.choice(list(EMOTIONS))
    return {"text": _text(chance, EMOTIONS[emotion]), "label": emotion}


def _shopping(chance, row):
    good, fruit = chance.random() < 0.5, chance.random() < 0.5
    return {
        "text": ("好吃" if good else "太差") + ("苹果" if fruit else "书本"),
        "label": "positive" if good else "negative",
        "category": label_lists.SHOP_CATEGORIES[fruit],
    }


def _similar(chance, row):
    same = chance.random() < 0.5
    first = _text(chance, "a", "b")
    second = first if same else _text(chance, "d", "e")
    return {"sentence1": first, "sentence2": second, "label": 4.5 if same else 0.5}


def _same(chance, row):
    found = _similar(chance, row)
    return {**found, "label": label_lists.MRPC_LABELS[found["label"] > 2]}


def _emotions(chance, row):
    names = label_lists.GOEMOTIONS_LABELS
    # Each is there in every split.
    chosen = {names[row % len(names)], chance.choice(names[:3])}
    return {"text": _text(chance, *(name[:3] for name in chosen)), "labels": sorted(chosen)}
