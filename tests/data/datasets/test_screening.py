import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.datasets.screening import conflicting_rows
from keras_mtl.data.datasets.split import Split

LONG = " ".join(f"word{number}" for number in range(60))
NEAR = LONG.replace("word30", "other").upper() + " !"


def make(texts, label=None, **options):
    label = label or ["a"] * len(texts)
    options.setdefault("validation_fraction", 0)
    return Dataset.from_arrays("mine", {"text": texts, "label": label}, **options)


def part(*texts):
    return {"text": texts, "label": ["a"] * len(texts)}


# --- near-duplicates ---


def test_the_first_of_near_duplicates_is_kept():
    data = make([LONG, "fine", NEAR, "Fine.", "dull", LONG]).screen(near_duplicates=0.9)
    assert data.train.texts == (LONG, "fine", "dull")
    assert data.screened == {
        "dropped": 3,
        "near_duplicates": {"similarity": 0.9, "shingle_words": 3, "rows": {"train": 3}},
    }


def test_what_repeats_held_out_rows_leaves_train_and_nothing_else():
    data = make(
        [LONG, "fine", "both", "dull", "dull"],
        validation=part("FINE", "both", "fine"),
        test=part(NEAR, "both", "both"),
    )
    screened = data.screen(near_duplicates=0.9)
    assert screened.train.texts == ("dull",)
    # Each row is counted once, leakage from test first.
    assert screened.screened["near_duplicates"]["rows"] == {"test": 2, "validation": 1, "train": 1}
    assert screened.validation is data.validation and screened.test is data.test
    assert screened.name == data.name and screened.train.name == data.train.name


def test_a_row_is_like_the_rows_kept_not_like_the_rows_dropped():
    # Each is like the next at 0.6, the first and the last are not.
    texts = ["a b c d", "b c d e", "c d e f"]
    data = make(texts).screen(near_duplicates=0.6, shingle_words=1)
    assert data.train.texts == ("a b c d", "c d e f")


def test_pairs_are_near_duplicates_if_both_sentences_are():
    # As in sets of inferences: one premise, several hypotheses.
    pairs = {"sentence1": [LONG, LONG, NEAR], "sentence2": ["it rains", "it is dry", "It rains."]}
    data = Dataset.from_arrays("pairs", pairs, validation_fraction=0).screen(near_duplicates=0.9)
    assert data.train["sentence2"] == ("it rains", "it is dry")


def test_lists_of_words():
    train = {"tokens": [["Go", "on"], ["go", "ON"], ["on", "go"]], "tags": [["V", "P"]] * 3}
    data = Dataset.from_arrays("mine", train, labels={"tags": None}, validation_fraction=0)
    assert len(data.screen(near_duplicates=1.0).train) == 2


@given(texts=st.lists(st.text("ab ", max_size=5), min_size=1, max_size=8))
def test_with_a_similarity_of_one_every_word_sequence_is_kept_once(texts):
    data = make(texts).screen(near_duplicates=1, shingle_words=9)
    words = [tuple(text.split()) for text in texts]
    assert [tuple(text.split()) for text in data.train.texts] == list(dict.fromkeys(words))
    assert data.screened["dropped"] == len(texts) - len(data.train)


# --- conflicting labels ---


def test_all_rows_of_a_text_with_two_labels_are_dropped():
    texts = ["So dull", "so  DULL ", "so dull!", "fine", "fine", "so dull"]
    label = ["a", "b", "a", "b", "b", None]
    data = make(texts, label).screen(conflicting_labels=True)
    # A row without a label contradicts none.
    assert data.train.texts == ("so dull!", "fine", "fine", "so dull")
    assert data.screened == {"dropped": 2, "conflicting_labels": {"rows": 2, "by": {"label": 2}}}


def test_conflicts_are_counted_by_column():
    train = {
        "text": ["x", "x", "y", "y", "z", "w"],
        "tone": ["a", "b", "a", "a", "a", "b"],
        "topic": ["p", "q", "p", "q", "q", "p"],
    }
    data = Dataset.from_arrays(
        "mine", train, labels={"tone": None, "topic": None}, validation_fraction=0
    ).screen(conflicting_labels=True)
    assert data.train.texts == ("z", "w")
    by = {"tone": 2, "topic": 4}
    assert data.screened["conflicting_labels"] == {"rows": 4, "by": by}


@pytest.mark.parametrize(
    ("texts", "labels", "conflict"),
    [
        ({"text": ["x", "x"]}, [("a", "b"), ("b", "a")], False),
        ({"text": ["x", "x"]}, [("a",), ("a", "b")], True),
        ({"text": ["x", "x"]}, [(), ("a",)], True),
        ({"tokens": [["x", "y"], ["X", "y"]]}, [("a", "b"), ("b", "a")], True),
        ({"tokens": [["x y"], ["x", "y"]]}, [("a",), ("b", "a")], False),
        ({"sentence1": ["x", "x"], "sentence2": ["y", "z"]}, ["a", "b"], False),
        ({"sentence1": ["x", "x"], "sentence2": ["y", "Y"]}, ["a", "b"], True),
        ({"text": ["STRASSE", "straße"]}, ["a", "b"], True),
    ],
)
def test_which_labels_conflict(texts, labels, conflict):
    assert conflicting_rows(Split({**texts, "label": labels}), "label") == (
        {0, 1} if conflict else set()
    )


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["x", "X ", "y", "z"]), st.sampled_from(["a", "b", None]))
    )
)
def test_no_text_is_left_with_two_labels_and_none_without_reason(rows):
    rows = [("k", "a"), ("l", "b"), *rows]
    texts, labels = map(list, zip(*rows, strict=True))
    kept = make(texts, labels).screen(conflicting_labels=True).train
    left = {}
    for text, label in zip(kept.texts, kept["label"], strict=True):
        left.setdefault(text.strip().lower(), set()).update({label} - {None})
    assert all(len(names) < 2 for names in left.values())
    for text in {text.strip().lower() for text in texts}:
        given = {label for t, label in rows if t.strip().lower() == text} - {None}
        assert (left.get(text) == given) is (len(given) < 2)


def test_conflicts_go_before_repeats_can_hide_them():
    texts = ["So dull", "so dull", "so, dull", "fine"]
    data = make(texts, ["a", "b", "a", "b"]).screen(near_duplicates=0.9, conflicting_labels=True)
    assert data.train.texts == ("so, dull", "fine")
    assert data.screened["dropped"] == 2
    assert data.screened["near_duplicates"]["rows"] == {"train": 0}


# --- what is told, and mistakes ---


def test_counts_are_json_and_described():
    texts = [LONG, NEAR, "x", "X", "y"]
    data = make(texts, ["a", "a", "a", "b", "b"], test=part("fine"))
    screened = data.screen(near_duplicates=0.9, conflicting_labels=True)
    assert json.loads(json.dumps(screened.screened)) == screened.screened
    assert screened.describe().splitlines()[-3:] == [
        "screened out of train; rows: 3",
        "  same text with another label: 2, by 'label': 2",
        "  near-duplicates (similarity 0.9) of test: 0, of train: 1",
    ]
    assert data.screened == {} and "screened" not in data.describe()


def test_nothing_is_done_unless_asked_for():
    data = make(["x", "x"], ["a", "b"])
    assert data.screen() is data and data.screen(None, False).screened == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"near_duplicates": 0.4}, "`near_duplicates` of dataset 'mine' must be a similarity"),
        ({"near_duplicates": 90}, "from 0.5 to 1, or None. Received: near_duplicates=90"),
        ({"near_duplicates": True}, "Received: near_duplicates=True"),
        ({"near_duplicates": float("nan")}, "Received: near_duplicates=nan"),
        ({"near_duplicates": "0.9"}, "Received: near_duplicates='0.9'"),
        ({"conflicting_labels": "yes"}, "must be True or False. Received: conflicting_labels='yes"),
        ({"shingle_words": 0}, "`shingle_words` of dataset 'mine' .* Received: shingle_words=0"),
        ({"shingle_words": 2.0}, "Received: shingle_words=2.0"),
    ],
)
def test_mistakes_in_the_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        make(["x"]).screen(**options)


def test_a_dataset_is_screened_once():
    data = make(["x", "y"]).screen(near_duplicates=0.9)
    with pytest.raises(ValueError, match="'mine' must be screened once.* one call"):
        data.screen(conflicting_labels=True)


def test_something_must_be_left():
    with pytest.raises(ValueError, match="must leave rows in train.* drops all 2 rows. Raise"):
        make(["x", "X"], test=part("x")).screen(near_duplicates=0.9)
    data = make(["x", "X", "y", "z"], ["a", "a", "b", "c"], labels={"label": list("abcd")})
    with pytest.raises(ValueError, match="drops all 2 rows of 'a' in column 'label'. Raise"):
        Dataset.from_arrays(
            "mine", data.train, test=part("x"), labels=data.labels, validation_fraction=0
        ).screen(near_duplicates=0.9)
    with pytest.raises(ValueError, match=r"every label .*=None, .*=True.* \(1 more labels like"):
        make(["x", "x", "y"], ["a", "b", "c"]).screen(conflicting_labels=True)


def test_a_label_without_rows_before_may_have_none_after():
    data = make(["x", "y"], labels={"label": ["a", "never"]}).screen(near_duplicates=0.9)
    assert len(data.train) == 2
