"""Labels of a stream that come equally often, however rare."""

import itertools
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from keras_mtl.data.datasets.split import Split
from keras_mtl.data.mixing import balanced
from keras_mtl.data.mixing.balanced import draws_of
from keras_mtl.data.mixing.mixture import Mixture
from keras_mtl.data.mixing.stream import Stream
from keras_mtl.data.text.ragged import Ragged
from keras_mtl.data.text.tokenizer import WordTokenizer
from keras_mtl.tasks import classification, tagging

WORDS = [f"w{number}" for number in range(400)]
TOKENIZER = WordTokenizer(WORDS, sequence_length=40)
MAIL = classification("mail", ["ham", "spam", "scam"], "label")
TONE = classification("tone", ["neg", "pos"], "tone")
COUNTS = {"ham": 180, "spam": 13, "scam": 7}


def rows(counts=COUNTS, missing: int = 0, short_spam: bool = False) -> Split:
    """The first word of a text is its number, so that a batch tells which rows it has."""
    labels = [label for label, count in counts.items() for _ in range(count)] + [None] * missing
    random = np.random.default_rng(len(labels))
    labels = [labels[place] for place in random.permutation(len(labels))]
    lengths = random.integers(1, 40, len(labels))
    if short_spam:
        lengths = [
            3 if label == "spam" else int(n) for label, n in zip(labels, lengths, strict=True)
        ]
    texts = [" ".join([f"w{row}", *["w399"] * (n - 1)]) for row, n in enumerate(map(int, lengths))]
    return Split({"text": texts, "label": labels, "tone": ["pos"] * len(labels)}, "mine/train")


def mixture(split: Split | None = None, **options) -> Mixture:
    options = {"balanced": {"mails": "mail"}, "batch_size": 12, **options}
    return Mixture({"mails": split or rows()}, {"mails": "mail"}, **options)


def seen(of: Mixture, steps: int, **options) -> tuple[Counter, Counter]:
    """How often each label, and each row, came."""
    labels: Counter = Counter()
    texts: Counter = Counter()
    batches = of.training_batches(TOKENIZER, [MAIL], **options)
    for x, y, weights in itertools.islice(batches.forward(), steps):
        known = weights["mails"]["mail"] > 0
        names = np.where(known, np.array(MAIL.labels)[y["mails"]["mail"]], "none")
        labels.update(names.tolist())
        texts.update(x["mails"]["token_ids"][:, 0].tolist())
    return labels, texts


@pytest.mark.parametrize("length_classes", [1, 4])
@pytest.mark.parametrize("short_spam", [False, True])
def test_labels_come_equally_often(length_classes, short_spam):
    labels, _ = seen(mixture(rows(short_spam=short_spam), length_classes=length_classes), 400)
    for label in COUNTS:
        assert labels[label] / 4800 == pytest.approx(1 / 3, abs=0.04), label
    natural, _ = seen(mixture(balanced=None), 400)
    assert natural["scam"] / 4800 == pytest.approx(7 / 200, abs=0.015)


def test_a_power_stands_between():
    labels, _ = seen(mixture(balance_power=0.5), 400)
    roots = {label: count**0.5 for label, count in COUNTS.items()}
    for label, root in roots.items():
        assert labels[label] / 4800 == pytest.approx(root / sum(roots.values()), abs=0.04), label
    nothing, _ = seen(mixture(balance_power=0.0), 400)
    assert nothing["ham"] / 4800 == pytest.approx(0.9, abs=0.02)


def test_rows_without_a_label_keep_their_share():
    labels, texts = seen(mixture(rows(missing=50)), 500)
    assert labels["none"] / 6000 == pytest.approx(50 / 250, abs=0.04)
    assert labels["scam"] / 6000 == pytest.approx(200 / 250 / 3, abs=0.04)
    assert len(texts) == 250


def test_no_row_is_lost_and_those_of_a_label_go_round_evenly():
    split = rows({"ham": 120, "spam": 80, "scam": 5})
    _, texts = seen(mixture(split, length_classes=1), 30 * 30)  # 30 rounds of 360 draws.
    assert len(texts) == 205
    for label, count in (("ham", 30), ("spam", 45), ("scam", 720)):
        own = [
            texts[TOKENIZER([text])["token_ids"][0][0]]
            for text, one in zip(split.texts, split["label"], strict=True)
            if one == label
        ]
        # Every row of a label as often as any other, to one: 45 is 1.5 in a round.
        assert max(own) - min(own) <= 1 and sum(own) / len(own) == pytest.approx(count), label


def test_a_batch_is_a_function_of_seed_and_place():
    def batches(of: Mixture, **options):
        found = of.training_batches(TOKENIZER, [MAIL], **options)
        return [found[step][0]["mails"]["token_ids"] for step in (40, 3, 41, 3)]

    def same(one, other) -> bool:
        return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))

    first = batches(mixture())
    assert same(first, batches(mixture())) and np.array_equal(first[1], first[3])
    assert not same(first, batches(mixture(seed=1)))
    resumed = mixture()
    resumed.restore({"epoch": 2, "step": 6})  # 17 steps an epoch: the 41st.
    found = resumed.training_batches(TOKENIZER, [MAIL])
    assert np.array_equal(found[0][0]["mails"]["token_ids"], first[0])
    assert np.array_equal(found[1][0]["mails"]["token_ids"], first[2])


def test_report_says_how_often_a_label_is_gone_through():
    model = SimpleNamespace(preprocessor=TOKENIZER, tasks=[MAIL])
    report = mixture(rows(missing=20), batch_size=20).report(model)
    passes = report["passes_over_labels_per_epoch"]["mails"]
    # 11 steps of 20 rows: 20 without a label, 200 in three equal parts.
    expected = {"no label": 1, "ham": 200 / 3 / 180, "spam": 200 / 3 / 13, "scam": 200 / 3 / 7}
    assert passes == pytest.approx(expected, rel=0.01)
    assert "passes_over_labels_per_epoch" not in mixture(balanced=None).report(model)


def test_true_is_every_stream_with_its_only_task():
    named = Mixture({"mail": rows()}, balanced=True)
    assert named.balanced == {"mail": "mail"} and named.like(rows()).balanced == named.balanced


def test_a_row_with_several_labels_is_drawn_for_the_rarest():
    ids = Ragged.from_rows([np.ones(3, int)] * 8)
    sets = np.array([[1, 0]] * 6 + [[1, 1], [0, 0]])
    stream = Stream("s", {"token_ids": ids}, {"t": sets}, {"t": np.ones((8, 2), np.float32)})
    task = SimpleNamespace(name="t", of_words=False, labels=("often", "rare"), groups=np.nonzero)
    draws = draws_of(stream, task, 1.0)
    assert draws.names == ("no label", "often", "rare")
    # Row 7 has no label; of the other seven, six are for `often` and one is as much as these.
    assert Counter(draws.rows.tolist()) == {**dict.fromkeys(range(6), 1), 6: 6, 7: 2}


def test_labels_of_one_kind_and_none_at_all():
    for counts, missing in (({"ham": 9}, 0), ({}, 9)):
        _, texts = seen(mixture(rows(counts, missing), batch_size=3), 6)
        assert len(texts) == 9


def test_of_the_evaluation_every_row_once():
    batches = mixture().evaluation_batches(TOKENIZER, [MAIL])
    assert sum(int((w["mails"]["mail"] > 0).sum()) for _, _, w in batches.forward()) == 200


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"balanced": {"wires": "mail"}}, ValueError, r"its streams, \['mails'\]. Received: 'wi"),
        ({"balanced": {"mails": "tone"}}, ValueError, r"'mails' .* \['mail'\]. Received: 'tone'"),
        ({"balanced": "mail"}, TypeError, "True, or a dictionary .* Received: balanced='mail'"),
        ({"balance_power": 1.5}, ValueError, "from 0 .* to 1 .*Received: balance_power=1.5"),
        ({"balance_power": "full"}, ValueError, "Received: balance_power='full'"),
        (
            {"balanced": True, "tasks": {"mails": ["mail", "tone"]}},
            ValueError,
            r"one task for each stream. .*several for {'mails': \['mail', 'tone'\]}. Say which",
        ),
    ],
)
def test_what_cannot_be_balanced_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        Mixture({"mails": rows()}, options.pop("tasks", {"mails": "mail"}), **options)


def test_a_task_of_words_is_refused():
    split = Split({"tokens": [["a", "b"], ["c"]], "t": [["x", "y"], ["x"]]}, "mine/train")
    words = Mixture({"t": split}, balanced=True, batch_size=2)
    with pytest.raises(ValueError, match="stream 't' .* 't', a Tagging, which labels words. Leave"):
        words.training_batches(TOKENIZER, [tagging("t", ["x", "y"], scheme="plain")])


def test_a_round_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(balanced, "_LONGEST_ROUND", 500)
    with pytest.raises(ValueError, match="at most 500 draws. Received: 540 .* smaller power"):
        mixture().training_batches(TOKENIZER, [MAIL])
