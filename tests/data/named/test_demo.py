"""The generated corpora: the same everywhere, uneven, and neither too easy nor too hard."""

import hashlib
from collections import Counter
from collections.abc import Callable

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from keras_mtl.data.named.demo import (
    NEWSWIRE_LABELS,
    REVIEW_LABELS,
    generate_newswire,
    generate_reviews,
)

Corpus = tuple[list[str], list[str]]
GENERATORS = {"reviews": generate_reviews, "newswire": generate_newswire}
each_corpus = pytest.mark.parametrize("generate", GENERATORS.values(), ids=GENERATORS)


def bag_accuracy(train: Corpus, test: Corpus, longest_ngram: int) -> float:
    vectorizer = CountVectorizer(ngram_range=(1, longest_ngram))
    model = LogisticRegression(max_iter=1000)
    model.fit(vectorizer.fit_transform(train[0]), train[1])
    return float(model.score(vectorizer.transform(test[0]), test[1]))


@each_corpus
def test_a_seed_always_gives_the_same_rows(generate: Callable[..., Corpus]) -> None:
    assert generate(50, seed=3) == generate(50, seed=3)
    assert generate(50, seed=3) != generate(50, seed=4)
    short, long = generate(10, seed=3), generate(50, seed=3)
    assert short == (long[0][:10], long[1][:10])


@pytest.mark.parametrize(
    ("generate", "digest"),
    [(generate_reviews, "2f6a70d8c4e10e3f"), (generate_newswire, "cd3380356dce81b1")],
    ids=GENERATORS,
)
def test_rows_are_the_same_on_every_machine(generate: Callable[..., Corpus], digest: str) -> None:
    """A change of the grammar changes these digests, and every figure measured with it."""
    texts, labels = generate(200, seed=0)
    text = "\n".join([*texts, *labels])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


@each_corpus
def test_asking_for_no_rows_is_an_error(generate: Callable[..., Corpus]) -> None:
    with pytest.raises(ValueError, match="at least 1. Received: rows=0"):
        generate(0, seed=0)


@each_corpus
def test_texts_are_clean_and_hardly_repeat(generate: Callable[..., Corpus]) -> None:
    texts, labels = generate(1000, seed=0)
    assert len(texts) == len(labels) == 1000
    assert not [text for text in texts if "{" in text or "  " in text or text != text.strip()]
    assert len(set(texts)) >= 990


@pytest.mark.parametrize(
    ("generate", "shortest", "longest"),
    [(generate_reviews, 22, 92), (generate_newswire, 8, 48)],
    ids=GENERATORS,
)
def test_lengths(generate: Callable[..., Corpus], shortest: int, longest: int) -> None:
    lengths = [len(text.split()) for text in generate(2000, seed=0)[0]]
    assert shortest <= min(lengths) and max(lengths) <= longest
    assert max(lengths) > 0.75 * longest


def test_reviews_are_balanced() -> None:
    counts = Counter(generate_reviews(4000, seed=0)[1])
    assert set(counts) == set(REVIEW_LABELS)
    assert counts["positive"] / 4000 == pytest.approx(0.5, abs=0.03)


def test_newswire_is_uneven_as_stated() -> None:
    counts = Counter(generate_newswire(4000, seed=0)[1])
    assert tuple(label for label, _ in counts.most_common()) == NEWSWIRE_LABELS
    assert counts["earnings"] / 4000 == pytest.approx(0.35, abs=0.03)
    assert counts["metals"] / 4000 == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize(
    ("generate", "rows", "gain"),
    [(generate_reviews, (4000, 1000), 0.03), (generate_newswire, (2400, 800), 0.01)],
    ids=GENERATORS,
)
def test_a_bag_of_words_does_well_and_word_order_helps(
    generate: Callable[..., Corpus], rows: tuple[int, int], gain: float
) -> None:
    train, test = generate(rows[0], seed=0), generate(rows[1], seed=1)
    unigrams = bag_accuracy(train, test, longest_ngram=1)
    assert 0.78 <= unigrams <= 0.94
    assert bag_accuracy(train, test, longest_ngram=2) >= unigrams + gain
