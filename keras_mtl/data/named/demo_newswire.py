"""Generated newswire: eight uneven topics; where two meet, a cue says which one it is."""

import random

from keras_mtl.data.named.demo_text import (
    GENERAL,
    Lexicon,
    blur,
    check_rows,
    count_words,
    draw_low,
    draw_share,
    expand,
    pick,
)

LABEL_NOISE = 0.03
WORD_NOISE = 0.03
SHARED_ACTION = 0.3

# Topic to its share of the corpus; the order is that of the labels.
SHARES = {
    "earnings": 0.35,
    "mergers": 0.21,
    "oil": 0.14,
    "grain": 0.10,
    "trade": 0.08,
    "shipping": 0.06,
    "rates": 0.04,
    "metals": 0.02,
}
NEWSWIRE_LABELS = tuple(SHARES)

# What each topic's stories are about, and what happens in them: telegraphic, as wires are.
THINGS = {
    "earnings": ("profit", "net income", "quarterly results", "dividend", "sales", "revenue",
                 "margins", "losses", "operating costs"),
    "mergers": ("takeover", "bid", "merger", "offer", "stake", "buyout",
                "tender", "rival bid", "holding"),
    "oil": ("crude", "pipeline", "petrol", "refinery", "barrels", "oil field",
            "heating oil", "drilling", "natural gas"),
    "grain": ("wheat", "maize", "harvest", "barley", "soybeans", "crop", "seed",
              "flour", "silos"),
    "trade": ("tariffs", "imports", "trade deficit", "quotas", "export licences", "customs",
              "trade pact", "surplus", "duties"),
    "shipping": ("tanker", "freight", "docks", "cargo", "fleet", "strait",
                 "containers", "ferry", "shipyard"),
    "rates": ("lending rate", "inflation", "bonds", "central bank", "currency",
              "credit", "money supply", "prime rate", "deposits"),
    "metals": ("copper", "gold", "mine", "zinc", "silver", "ore", "smelter", "nickel",
               "bullion"),
}  # fmt: skip
ACTIONS = {
    "earnings": ("rose to {number} cents a share", "fell short of the forecast"),
    "mergers": ("won the approval of shareholders", "climbed to {number} dollars a share"),
    "oil": ("reached {number} thousand a day", "shrank after the producers met"),
    "grain": ("suffered from the drought", "went to the stores of farmers"),
    "trade": ("divided the governments", "became part of the talks with partners"),
    "shipping": ("waited for the strike in port to end", "sailed under a new flag"),
    "rates": ("stayed unchanged after the governors met", "moved {number} basis points"),
    "metals": ("traded at {number} dollars an ounce", "brought fewer miners to work"),
}
SHARED_ACTIONS = (
    "rose at a {tone} pace {time}",
    "fell {time}",
    "looked {degree} {tone} {time}",
    "surprised {people}",
    "worried the {person} {name}",
    "cost {number} million more than planned",
    "came up again in {city}",
)
WORDS: Lexicon = {
    **GENERAL,
    "tone": ("slow", "strong", "weak", "sharp", "poor", "good", "flat", "bad"),
    "source": ("{name} corp", "the ministry", "the {person}", "{name} and {name}", "a spokesman",
               "analysts", "the company", "a trader in {city}", "{people}", "{name} bank"),
    "said": ("said", "reported", "announced", "told {people}", "noted", "confirmed"),
}  # fmt: skip

STATEMENTS = (
    "{source} {said} {thing} {action}",
    "{thing} {action} {source} {said}",
    "{source} {said} {time} that {thing} {action}",
    "{thing} and {thing} {action}",
)
NEUTRAL = (
    "{source} {said} nothing more",
    "the story was first told in {city}",
    "the {person} {did} {asset} {time}",
    "{number} people were present",
    "prices and shares were {tone} {time}",
)
# Both topics in one clause, the story's own as `{thing}`: only the order tells them apart.
CUES = (
    "{source} spoke of {thing} rather than {other}",
    "the matter is {thing} and not {other}",
    "the matter is not {other} but {thing}",
    "{source} chose {thing} over {other}",
    "{thing} moved prices rather than {other}",
    "{source} left {other} aside and turned to {thing}",
)
MEETING = 0.25  # the share of stories in which two topics meet
PLAIN_WORDS = (11, 30)


def draw_other(rng: random.Random, topic: str) -> str:
    """Draw a second topic, each of the others alike, so that meeting says little by itself."""
    others = [other for other in SHARES if other != topic]
    return others[int(len(others) * rng.random())]


def statement(rng: random.Random, topic: str) -> str:
    """One clause about a topic."""
    own = rng.random() >= SHARED_ACTION
    actions = ACTIONS[topic] if own else SHARED_ACTIONS
    words = {**WORDS, "thing": THINGS[topic], "action": actions}
    return expand(rng, pick(rng, STATEMENTS), words)


def neutral(rng: random.Random) -> str:
    """One clause about no topic."""
    return expand(rng, pick(rng, NEUTRAL), WORDS)


def plain_story(rng: random.Random, topic: str) -> list[str]:
    """Clauses that are mostly about the topic, now and then about another or none."""
    shortest, longest = PLAIN_WORDS
    wanted = shortest + (longest - shortest) * draw_low(rng)
    clauses = [statement(rng, topic)]
    while count_words(clauses) < wanted:
        fate = rng.random()
        if fate < 0.25:
            clauses.append(neutral(rng))
        else:
            clauses.append(statement(rng, topic if fate < 0.88 else draw_other(rng, topic)))
    return clauses


def meeting_story(rng: random.Random, topic: str) -> list[str]:
    """As much about another topic as about this one, and a cue or two to tell them apart."""
    other = draw_other(rng, topic)
    words = {**WORDS, "thing": THINGS[topic], "other": THINGS[other]}
    clauses = [expand(rng, pick(rng, CUES), words) for _ in range(2)]
    if rng.random() < 0.5:
        pair = [statement(rng, topic), statement(rng, other)]
        clauses = [pair.pop(int(2 * rng.random())), clauses[0], pair.pop()]
    return clauses


def generate_newswire(rows: int, seed: int) -> tuple[list[str], list[str]]:
    """Generate news items, about 10 to 45 words each, on eight topics of very uneven shares.

    A quarter of the items name two topics alike, and only the order of words in one clause
    ("wheat rather than crude") tells which it is; 3 % carry a wrong label.

    Args:
        rows: How many, at least 1.
        seed: The same seed gives the same items on every machine; other seeds give other
            items of the same kind.

    Returns:
        The texts and their labels, each label one of `NEWSWIRE_LABELS`, from "earnings"
        (35 %) to "metals" (2 %).

    Raises:
        ValueError: If `rows` is less than 1.
    """
    check_rows(rows, "generate_newswire")
    rng = random.Random(f"newswire {seed}")
    texts, labels = [], []
    for _ in range(rows):
        topic = draw_share(rng, SHARES)
        story = meeting_story if rng.random() < MEETING else plain_story
        texts.append(". ".join(blur(rng, text, WORD_NOISE) for text in story(rng, topic)) + ".")
        wrong = rng.random() < LABEL_NOISE
        labels.append(draw_other(rng, topic) if wrong else topic)
    return texts, labels
