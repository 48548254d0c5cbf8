import numpy as np
import pytest
from keras import ops

from keras_mtl.tasks.entity_f1 import EntityF1
from keras_mtl.tasks.schemes import Scheme, tags_of
from tests.figures import at_most, exactly

TYPES = ("LOC", "PER")
LABELS = {
    "bio": ("O", *(f"{prefix}-{kind}" for kind in TYPES for prefix in "BI")),
    "bioes": ("O", *(f"{prefix}-{kind}" for kind in TYPES for prefix in "BIES")),
}


def random_tags(scheme: str, rows: int, seed: int) -> list[list[str]]:
    """Any tags in any order: most rows break the scheme somewhere."""
    random = np.random.default_rng(seed)
    return [random.choice(LABELS[scheme], random.integers(0, 9)).tolist() for _ in range(rows)]


def numbers(scheme: str, rows: list[list[str]], width: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Tag numbers and weights, with a tag that begins an entity where there is no word."""
    tags = np.full((len(rows), width), LABELS[scheme].index("B-PER"), np.int32)
    weights = np.zeros((len(rows), width), np.float32)
    for row, one in enumerate(rows):
        tags[row, : len(one)] = [LABELS[scheme].index(tag) for tag in one]
        weights[row, : len(one)] = 1.0
    return tags, weights


@pytest.mark.parametrize("name", LABELS)
def test_entities_are_those_of_seqeval(name):
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")
    scheme = Scheme(name, LABELS[name])
    rows = random_tags(name, 3000, 0)
    other = [
        tags
        for tags in rows
        if [(kind, start, end - 1) for start, end, kind in scheme.entities(tags)]
        != labeling.get_entities(tags)
    ]
    exactly(f"rows of {len(rows)} whose entities are not seqeval's", len(other), 0)


@pytest.mark.any_backend
@pytest.mark.parametrize("name", LABELS)
def test_bounds_are_those_of_the_entities(name):
    scheme = Scheme(name, LABELS[name])
    rows = random_tags(name, 500, 1)
    tags, weights = numbers(name, rows)
    bounds = scheme.bounds(ops.convert_to_tensor(tags), ops.convert_to_tensor(weights > 0))
    starts, ends = (ops.convert_to_numpy(one) for one in bounds)
    for row, one in enumerate(rows):
        entities = scheme.entities(one)
        assert np.flatnonzero(starts[row]).tolist() == [entity.start for entity in entities]
        assert np.flatnonzero(ends[row]).tolist() == [entity.end - 1 for entity in entities]


@pytest.mark.any_backend
@pytest.mark.parametrize("name", LABELS)
def test_f1_counts_entities_that_are_wholly_right(name):
    scheme = Scheme(name, LABELS[name])
    metric = EntityF1(LABELS[name], name)
    assert float(metric.result()) == 0.0
    hits = actual = predicted = 0
    for seed in range(4):
        truth, others = random_tags(name, 60, seed), random_tags(name, 60, seed + 9)
        # Half of what is guessed is right, so that there is something to find.
        guess = [
            (one if row % 2 else other + ["O"] * 9)[: len(one)]
            for row, (one, other) in enumerate(zip(truth, others, strict=True))
        ]
        tags, weights = numbers(name, truth)
        scores = np.eye(len(LABELS[name]))[numbers(name, guess)[0]]
        metric.update_state(tags, ops.convert_to_tensor(scores), sample_weight=weights)
        for one, other in zip(truth, guess, strict=True):
            found, expected = set(scheme.entities(other)), set(scheme.entities(one))
            hits += len(found & expected)
            actual += len(expected)
            predicted += len(found)
        assert float(metric.result()) == pytest.approx(2 * hits / (actual + predicted), abs=1e-6)
    assert 0.3 < float(metric.result()) < 0.9


@pytest.mark.parametrize("name", LABELS)
def test_f1_is_that_of_seqeval(name):
    metrics = pytest.importorskip("seqeval.metrics")
    truth = random_tags(name, 400, 3)
    random = np.random.default_rng(4)
    guess = [[str(random.choice([tag, "O", "I-PER"])) for tag in row] for row in truth]
    metric = EntityF1(LABELS[name], name)
    tags, weights = numbers(name, truth)
    scores = np.eye(len(LABELS[name]))[numbers(name, guess)[0]]
    metric.update_state(tags, ops.convert_to_tensor(scores), sample_weight=weights)
    apart = abs(float(metric.result()) - metrics.f1_score(truth, guess))
    at_most("entity F1 from seqeval's", apart, 1e-6)


@pytest.mark.parametrize("name", LABELS)
def test_repaired_tags_keep_the_scheme_and_the_entities(name):
    scheme = Scheme(name, LABELS[name])
    broken = 0
    for tags in random_tags(name, 500, 2):
        mended = scheme.repaired(tags)
        broken += scheme.mistake(tags) is not None
        assert scheme.mistake(mended) is None
        assert scheme.entities(mended) == scheme.entities(tags)
        if scheme.mistake(tags) is None:
            assert mended == tags
    assert broken > 100


@pytest.mark.parametrize("name", LABELS)
def test_rules_for_a_random_field_are_those_that_rows_are_checked_by(name):
    scheme = Scheme(name, LABELS[name])
    labels = LABELS[name]
    for left, row in zip(labels, scheme.may_follow(), strict=True):
        for right, allowed in zip(labels, row, strict=True):
            # With whatever has to stand around the two for the rest to be right.
            before = [f"B-{left[2:]}"] if left[0] in "IE" else []
            behind = [f"E-{right[2:]}"] if name == "bioes" and right[0] in "BI" else []
            assert allowed == (scheme.mistake([*before, left, right, *behind]) is None), (
                left,
                right,
            )
    for tag, begins, ends in zip(labels, scheme.may_begin(), scheme.may_end(), strict=True):
        assert begins == (tag[0] in "OBS")
        assert ends == (name == "bio" or tag[0] in "OES")


def test_labels_must_be_of_the_scheme():
    with pytest.raises(ValueError, match=r"'O' or 'B-<type>', 'I-<type>'.*\['E-LOC', 'noun'\]"):
        Scheme("bio", ("O", "B-LOC", "E-LOC", "noun"), "parts")
    with pytest.raises(ValueError, match="one of 'plain', 'bio', 'bioes'. Received: scheme='iob1'"):
        Scheme("iob1", ("O", "B-LOC"), "parts")


def test_a_plain_scheme_knows_no_mistakes():
    scheme = Scheme("plain", ("NOUN", "VERB"))
    assert scheme.mistake(["VERB", "NOUN"]) is None
    assert scheme.entities(["NOUN"]) == [] and scheme.may_follow() is None


@pytest.mark.parametrize("scheme", LABELS)
def test_tags_of_types_are_labels_of_the_scheme(scheme):
    labels = tags_of(TYPES, scheme)
    assert labels == LABELS[scheme] and Scheme(scheme, labels).types == TYPES


@pytest.mark.parametrize(
    ("types", "scheme", "error", "message"),
    [
        (["PER"], "plain", ValueError, "one of 'bio', 'bioes'. Received: scheme='plain'"),
        ("PER", "bio", TypeError, r"a list of names.*Received: types='PER'"),
        ([1], "bio", TypeError, r"a list of names.*Received: types=\[1\]"),
        ([], "bio", ValueError, "at least one name"),
        (["PER", ""], "bio", ValueError, "none of them empty"),
        (["PER", "PER"], "bio", ValueError, "each once"),
    ],
)
def test_types_that_have_no_tags_are_refused(types, scheme, error, message):
    with pytest.raises(error, match=message):
        tags_of(types, scheme)
