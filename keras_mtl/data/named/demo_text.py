"""What the generated corpora share: general words, expansion of templates, noise."""

import math
import random
import re
from collections.abc import Mapping, Sequence

Lexicon = Mapping[str, Sequence[str]]

SLOT = re.compile(r"\{(\w+)\}")
ARTICLE = re.compile(r"\ba (?=[aeiou])")
SYLLABLES = (
    "al ber cor dan el fen gor hal in jor ka lem mar nor os per quin ro sel tor ul ven".split()
)

# Words of both corpora, so that one shared trunk has something to share.
GENERAL: Lexicon = {
    "degree": ("very", "quite", "rather", "really", "fairly", "truly", "surprisingly", "almost"),
    "time": ("this year", "last week", "on monday", "in the spring", "this month", "on friday",
             "last night", "in the early hours", "after a long winter", "for years"),
    "city": ("the capital", "the city", "a small town", "the north", "the port", "the old market",
             "the coast", "a border village", "the south"),
    "person": ("farmer", "banker", "minister", "captain", "trader", "driver", "miner", "teacher",
               "lawyer", "clerk", "sailor", "widow", "chairman", "student"),
    "asset": ("a ship", "gold", "a wheat field", "the company", "an oil well", "a bank loan",
              "the harbour", "a mine", "the family firm", "his shares", "the mill", "a warehouse"),
    "did": ("lost", "sold", "found", "bought", "left", "inherited", "defended", "wanted"),
    "number": ("two", "three", "five", "ten", "twelve", "forty", "ninety"),
    "people": ("the family", "the crowd", "the workers", "the neighbours", "the public", "everyone",
               "the members", "the critics"),
}  # fmt: skip
STRAY_WORDS = (
    "the a of to and in it was for on that with as at this by from not but all so very good bad "
    "more new old first last long year week people said market company story price end day night"
).split()


def draw_low(rng: random.Random) -> float:
    """Draw from [0, 1), low numbers more often."""
    at = rng.random()
    # Not `at**1.5`: unlike the square root, a power may differ in its last bit by platform.
    return at * math.sqrt(at)


def pick(rng: random.Random, options: Sequence[str]) -> str:
    """Draw an option, all alike."""
    return options[int(len(options) * rng.random())]


def choose(rng: random.Random, options: Sequence[str]) -> str:
    """Draw an option, earlier ones more often: as in real text, some words are rare."""
    return options[int(len(options) * draw_low(rng))]


def draw_share(rng: random.Random, shares: Mapping[str, float]) -> str:
    """Draw a name by its share; the shares sum to 1."""
    at = rng.random()
    for name, share in shares.items():
        at -= share
        if at < 0:
            return name
    return list(shares)[-1]


def invented_name(rng: random.Random) -> str:
    """Return a name that hardly occurs twice, for a vocabulary with unknown words in it."""
    return "".join(pick(rng, SYLLABLES) for _ in range(2 + int(2 * rng.random())))


def expand(rng: random.Random, template: str, lexicon: Lexicon) -> str:
    """Replace every `{slot}` of a template by a choice from the lexicon, again and again.

    Args:
        rng: Source of the choices.
        template: Text with slots, such as `"the {part} is {adjective}"`. The slot `{name}`
            stands for an invented name.
        lexicon: Slot to its choices, which may hold slots themselves.

    Returns:
        The text without slots.
    """

    def fill(match: re.Match[str]) -> str:
        slot = match[1]
        if slot == "name":
            return invented_name(rng)
        return expand(rng, choose(rng, lexicon[slot]), lexicon)

    return ARTICLE.sub("an ", SLOT.sub(fill, template))


def blur(rng: random.Random, text: str, rate: float) -> str:
    """Drop, misspell or replace a share `rate` of the words, a third of it each, never all."""
    words = []
    for word in text.split():
        fate = rng.random() / rate if rate else 1.0
        if fate < 1 / 3:
            continue
        if fate < 2 / 3 and len(word) > 3:
            at = int((len(word) - 1) * rng.random())
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        elif fate < 1:
            word = choose(rng, STRAY_WORDS)
        words.append(word)
    return " ".join(words) or text


def count_words(clauses: Sequence[str]) -> int:
    """Count the words of all clauses together."""
    return sum(len(text.split()) for text in clauses)


def check_rows(rows: int, function: str) -> None:
    """Raise `ValueError` if a generator is asked for fewer than one row."""
    if rows < 1:
        raise ValueError(
            f"`rows` of `{function}` must be at least 1. Received: rows={rows}. "
            "Ask for as many rows as the split should have."
        )
