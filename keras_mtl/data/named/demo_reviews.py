"""Generated film reviews: two labels, with negation, irony and verdicts that turn the text."""

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

REVIEW_LABELS = ("negative", "positive")

LABEL_NOISE = 0.03
WORD_NOISE = 0.03
BODY_WORDS = (22, 70)

ADJECTIVES = (
    ("bad dull weak slow flat clumsy boring empty poor shallow tired messy bland lifeless hollow "
     "forgettable wooden noisy stale pointless careless lazy dreary muddled").split(),
    ("good charming strong warm funny clever moving rich honest lively sharp gripping tender witty "
     "graceful memorable subtle brave inventive touching elegant assured radiant haunting").split(),
)  # fmt: skip
REACTIONS = (
    ("disliked", "could not stand", "grew tired of", "regretted", "sat through", "yawned at"),
    ("loved", "enjoyed", "laughed with", "cared about", "admired", "remembered"),
)
MOVES = (
    ("falls apart", "drags", "goes nowhere", "fails", "wears thin", "collapses"),
    ("works", "sings", "pays off", "succeeds", "lands", "holds together"),
)
WORDS: Lexicon = {
    **GENERAL,
    "part": ("film", "story", "acting", "plot", "ending", "script", "cast", "music", "camera work",
             "dialogue", "first half", "second half", "pace", "opening", "direction", "humour",
             "lead", "love story", "hero"),
    "work": ("film", "picture", "movie", "drama", "comedy", "sequel"),
    "maker": ("the director", "{name}", "the writer", "{name} {name}", "the studio"),
}  # fmt: skip

# `{adj}`, `{react}` and `{move}` carry the feeling of the clause, `{anti}` and `{antimove}`
# its opposite: a bag of words cannot tell which of two is denied.
PLAIN = (
    "the {part} is {degree} {adj}",
    "i {react} the {part}",
    "the {part} {move}",
    "{maker} made a {adj} {work}",
    "{maker} {move} as the {person}",
    "{adj} {part} and {adj} {part}",
    "oh how {adj} the {part} is",
)
NEGATED = (
    "the {part} is not {anti} at all",
    "the {part} is never {anti}",
    "nobody could call the {part} {anti}",
    "i did not find the {part} {anti}",
    "{maker} is hardly {anti} here",
    "the {part} never {antimove}",
    "it is {adj} and not {anti}",
    "there is nothing {anti} about the {part}",
    "{people} called it {anti} but it is {adj}",
)
IRONIC = (
    "oh {anti} yet another {anti} {work} about {asset}",
    "just what {people} needed a {anti} {work} about {asset}",
    "how {anti} of {maker} to spare us the {part}",
)
NEUTRAL = (
    "it follows a {person} who {did} {asset} {time}",
    "the {person} from {city} meets a {person} who {did} {asset}",
    "{maker} filmed it in {city} with {number} actors",
    "{people} in my row came from {city}",
    "we saw it {time} with {number} friends",
    "by the middle the {person} has {did} {asset}",
    "it runs for {number} hours",
)
TURNS = ("but in the end", "still", "all the same", "however", "yet", "and yet for me")
SUMS = ("in the end", "all in all", "so", "to sum up", "as a whole", "for me")
VERDICTS = (
    "the {work} {move}",
    "{degree} {adj}",
    "a {adj} {work} that {move}",
    "it is a {adj} {work}",
    "the {work} is {adj}",
    "i {react} it",
    "this {work} is not {anti}",
    "it is {adj} rather than {anti}",
)
# The kinds of review and their shares; for each kind, how often a clause with feeling takes
# the label's side, and how often it says so by denying the opposite.
KINDS = {"clear": 0.72, "negated": 0.11, "mixed": 0.17}
AGREEING = {"clear": 0.94, "negated": 0.9, "mixed": 0.45}
DENYING = {"clear": 0.06, "negated": 0.8, "mixed": 0.15}


def feeling_words(side: int) -> Lexicon:
    """The lexicon of clauses on one side: 0 against the film, 1 for it."""
    return {
        **WORDS,
        "adj": ADJECTIVES[side],
        "anti": ADJECTIVES[1 - side],
        "react": REACTIONS[side],
        "move": MOVES[side],
        "antimove": MOVES[1 - side],
    }


LEXICONS = (feeling_words(0), feeling_words(1))


def clause(rng: random.Random, label: int, kind: str) -> str:
    """One clause of the body: about the plot, or a feeling on the label's or the other side."""
    if rng.random() < 0.3:
        return expand(rng, pick(rng, NEUTRAL), WORDS)
    side = label if rng.random() < AGREEING[kind] else 1 - label
    if side == 0 and rng.random() < 0.12:
        return expand(rng, pick(rng, IRONIC), LEXICONS[side])
    templates = NEGATED if rng.random() < DENYING[kind] else PLAIN
    return expand(rng, pick(rng, templates), LEXICONS[side])


def review(rng: random.Random, label: int) -> str:
    """One review whose last clause always sides with the label."""
    kind = draw_share(rng, KINDS)
    shortest, longest = BODY_WORDS
    wanted = shortest + (longest - shortest) * draw_low(rng)
    clauses: list[str] = []
    while count_words(clauses) < wanted:
        clauses.append(clause(rng, label, kind))
    turn = pick(rng, TURNS if kind == "mixed" else SUMS)
    clauses.append(f"{turn} {expand(rng, pick(rng, VERDICTS), LEXICONS[label])}")
    return ". ".join(blur(rng, text, WORD_NOISE) for text in clauses) + "."


def generate_reviews(rows: int, seed: int) -> tuple[list[str], list[str]]:
    """Generate film reviews, about 25 to 90 words each, half of them positive.

    A sixth of the reviews speak for both sides until a last clause decides, a tenth deny
    most of what they name ("never dull"), some are ironic, and 3 % carry the wrong label:
    counting words gets five in six right, reading them in order nine in ten.

    Args:
        rows: How many, at least 1.
        seed: The same seed gives the same reviews on every machine; other seeds give
            other reviews of the same kind.

    Returns:
        The texts and their labels, each label one of `REVIEW_LABELS`.

    Raises:
        ValueError: If `rows` is less than 1.
    """
    check_rows(rows, "generate_reviews")
    rng = random.Random(f"reviews {seed}")
    texts, labels = [], []
    for _ in range(rows):
        label = int(2 * rng.random())
        texts.append(review(rng, label))
        wrong = rng.random() < LABEL_NOISE
        labels.append(REVIEW_LABELS[1 - label if wrong else label])
    return texts, labels
