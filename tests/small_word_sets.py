"""Small made-up sets of words under the names of the real ones."""

import json
import random

ATIS_LABELS = ("atis_flight", "atis_airfare")
CITIES = ("boston", "denver", "new york")
# Characters of places and of others.
PLACES, OTHERS = ("北京", "上海"), "我在去了看好的"


def write_small_word_sets(folder):
    """ATIS, UD English EWT and Weibo NER as folders of JSON Lines files, of some dozen rows."""
    makers = {"atis": _atis, "ud_english_ewt": _ud, "weibo_ner": _weibo}
    for name, make in makers.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        chance = random.Random(name)
        for split, rows in (("train", 48), ("validation", 12), ("test", 12)):
            lines = [json.dumps(make(chance), ensure_ascii=False) + "\n" for _ in range(rows)]
            (folder / name / f"{split}.jsonl").write_text("".join(lines), "utf-8")


def _atis(chance):
    city, fare = chance.choice(CITIES).split(), chance.random() < 0.5
    begin = ["show", "me", "the", "fare"] if fare else ["show", "me", "flights"]
    tags = ["B-toloc.city_name", *["I-toloc.city_name"] * (len(city) - 1)]
    return {
        "tokens": [*begin, "to", *city],
        "slots": ["O"] * (len(begin) + 1) + tags,
        "intent": ATIS_LABELS[fare],
    }


def _ud(chance):
    words = {"show": ("VERB", "VB"), "me": ("PRON", "PRP"), "flights": ("NOUN", "NNS"),
             "from": ("ADP", "IN"), "boston": ("PROPN", "NNP"), ".": ("PUNCT", ".")}  # fmt: skip
    chosen = [chance.choice(list(words)) for _ in range(chance.randint(1, 9))]
    return {
        "tokens": chosen,
        "pos_tags": [words[word][0] for word in chosen],
        "xpos": [words[word][1] for word in chosen],
        "lemmas": chosen,
        "head": [0] * len(chosen),
        "deprel": ["root"] * len(chosen),
        "text": " ".join(chosen),
        "id": f"made-up-{chance.random()}",
    }


def _weibo(chance):
    tokens, tags = [], []
    for _ in range(chance.randint(2, 6)):
        if chance.random() < 0.4:
            tokens += chance.choice(PLACES)
            tags += ["B-GPE.NAM", "I-GPE.NAM"]
        else:
            tokens.append(chance.choice(OTHERS))
            tags.append("O")
    return {"tokens": tokens, "ner_tags": tags}
