"""Objects of the library `datasets`: stand-ins for them, and the library itself if it is there."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from keras_mtl.data.datasets.dataset import Dataset

LABELS, TAGS = ("neg", "pos"), ("PRON", "VERB")
TEXT = SimpleNamespace(dtype="string")
NUMBER = SimpleNamespace(dtype="float32")


def classes(*names):
    return SimpleNamespace(names=list(names))


def several(feature):
    return SimpleNamespace(feature=feature)


FEATURES = {
    "review": TEXT,
    "premise": TEXT,
    "label": classes(*LABELS),
    "known": classes(*LABELS),
    "kinds": several(classes("a", "b", "c")),
    "older": [classes("a", "b", "c")],
    "words": several(TEXT),
    "tags": several(classes(*TAGS)),
    "name": TEXT,
    "numbered": SimpleNamespace(dtype="int64"),
    "score": NUMBER,
}


class Rows:
    """What of a `datasets.Dataset` is used: names and types of columns, length, slices of rows."""

    def __init__(self, rows, features=None):
        self.rows = rows
        self.features = FEATURES if features is None else features
        self.column_names = list(self.features)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        chosen = self.rows[rows]
        return {column: [row[column] for row in chosen] for column in self.features}


def row(number):
    return {
        "review": f"review {number}",
        "premise": f"premise {number}",
        "label": number % 3 - 1,
        "known": number % 2,
        "kinds": [0, 2][: number % 3],
        "older": [1],
        "words": ["I", "see"][: 1 + number % 2],
        "tags": [0, 1][: 1 + number % 2],
        "name": f"name {number % 2}",
        "numbered": number % 2,
        "score": number / 2,
    }


def rows(count=6, **changed):
    made = [row(number) for number in range(count)]
    if made:
        made[-1].update(changed)
    return Rows(made)


def load(train=None, validation=None, test=None, **options):
    options = {"text": "review", "labels": "known", "validation_fraction": 0} | options
    return Dataset.from_huggingface(
        "mine", rows() if train is None else train, validation, test, **options
    )


# --- what is read ---


def test_texts_class_names_and_splits():
    data = load(rows(6), rows(2), rows(3))
    assert [len(split) for split in data.splits.values()] == [6, 2, 3]
    assert data.train.columns == {
        "text": tuple(f"review {number}" for number in range(6)),
        "known": ("neg", "pos") * 3,
    }
    assert data.labels == {"known": LABELS} and data.test.name == "mine/test"


def test_a_dictionary_of_splits():
    whole = {"train": rows(8), "test": rows(2), "unsupervised": rows(4)}
    assert [*load(whole).splits] == ["train", "test"]
    data = load(whole, validation_fraction=0.25)
    assert [len(split) for split in data.splits.values()] == [6, 2, 2]
    assert sorted(data.validation["known"]) == ["neg", "pos"]


def test_rows_are_read_in_parts():
    data = load(rows(2003))
    assert data.train.texts[-1] == "review 2002" and len(set(data.train.texts)) == 2003


def test_pairs_several_labels_and_scores():
    data = load(
        text={"sentence1": "premise", "sentence2": "review"},
        labels=["kinds", "older", "name"],
        columns={"similarity": "score"},
    )
    assert data.train["sentence2"][0] == "review 0"
    assert data.train["kinds"][:3] == ((), ("a",), ("a", "c")) and data.train["older"][0] == ("b",)
    assert data.labels["name"] == ("name 0", "name 1")
    assert data.train["similarity"] == (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
    assert load(labels=[], columns=["score", "known"]).train["known"][:2] == ("neg", "pos")


def test_words_with_tags():
    data = load(text={"tokens": "words"}, labels="tags")
    assert data.train["tokens"][:2] == (["I"], ["I", "see"])
    assert data.train["tags"][:2] == (("PRON",), ("PRON", "VERB"))


def test_a_format_of_arrays():
    made = [
        {k: np.array(v) if isinstance(v, list) else np.asarray(v)[()] for k, v in one.items()}
        for one in rows().rows
    ]
    arrays = load(Rows(made), labels=["known", "kinds"], columns=["score"])
    assert arrays.train.columns == load(labels=["known", "kinds"], columns=["score"]).train.columns


def test_names_given_for_classes():
    assert load(labels={"known": LABELS[::-1]}).train["known"] == load().train["known"]
    assert load(labels={"numbered": ["no", "yes"]}).train["numbered"][:2] == ("no", "yes")
    assert load(labels="numbered").labels == {"numbered": ("0", "1")}
    with pytest.raises(ValueError, match=r"label names \(bad, good\).* 'neg' in row 0"):
        load(labels={"known": ["bad", "good"]})


# --- nulls ---


def test_a_class_of_minus_one_is_no_label():
    data = load(labels="label", nulls="unlabelled")
    assert data.train["label"][:3] == (None, "neg", "pos")
    assert data.nulls["train"]["unlabelled"] == {"label": 2}
    assert len(load(labels="label", nulls="drop").train) == 4
    with pytest.raises(ValueError, match="'mine train' must have a label.* row 0.* a class of -1"):
        load(labels="label")
    with pytest.raises(ValueError, match="'mine test' .* in row 2.* or leave the split out"):
        load(test=rows(3, known=-1))


def test_an_empty_side_of_a_pair_is_a_null():
    pair = {"sentence1": "premise", "sentence2": "review"}
    with pytest.raises(ValueError, match="'review' of 'mine train' must have a text .* in row 5"):
        load(rows(review=" "), text=pair)
    assert len(load(rows(review=None), text=pair, nulls="drop").train) == 5


# --- mistakes ---


def streamed():
    return type("IterableDataset", (), {"features": FEATURES, "column_names": []})()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"train": streamed()}, "`train` .* must be a Dataset .* IterableDataset. Load it without"),
        (
            {"train": [1]},
            "`train` of dataset 'mine' must be a Dataset .* Received: list. For lists",
        ),
        ({"test": "test.csv"}, "`test` of dataset 'mine' must be a Dataset .* Received: str"),
        ({"train": {"dev": rows()}}, "hold a split called 'train'. Received: the splits dev"),
        ({"train": {"train": rows()}, "test": rows()}, "`test` .* must be left out .* train=data"),
        ({"text": "reviews"}, "'mine train' must have the column 'reviews'.* mean 'review'"),
        ({"labels": ["known", "topic"]}, "'mine train' must have the column 'topic'"),
        ({"columns": ["scores"]}, "must have the column 'scores'.* Did you mean 'score'"),
        ({"test": Rows([], {"review": TEXT})}, "'mine test' must have the column 'known'"),
        ({"test": rows(0)}, "'mine test' must hold a row with a text.* Received: 0 rows"),
        ({"train": rows(known=2)}, "classes from 0 to 1, or -1 for none. Received: 2 in row 5"),
        ({"labels": "score"}, r"'score' of 'mine train' .* 0.0 \(float\) in row 0"),
        ({"text": "words"}, r"a string in every row. Received: \['I'\] \(list\) in row 0"),
        (
            {"columns": "score"},
            r"`columns` .* must be a list .* columns='score'. Write \['score'\]",
        ),
        ({"columns": [1]}, "must hold the names of columns. Received: 1"),
        ({"columns": ["known"]}, "columns beside those of `text` and `labels`.* 'known'"),
        ({"columns": {"known": "score"}}, "Received: 'score' as 'known'. Leave it out, or"),
        ({"columns": {"text": "name"}}, "Received: 'name' as 'text'"),
        ({"columns": {"a": "score", "b": "score"}}, "different columns. Received: .*'score', 'sc"),
        ({"nulls": "skip"}, "`nulls` of dataset 'mine'"),
        ({"stratify": "topic"}, "`stratify` of dataset 'mine'"),
        ({"validation_fraction": 1}, "`validation_fraction` of dataset 'mine'"),
    ],
)
def test_mistakes_in_what_is_asked_for(given, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(**given)
    assert re.search(r"must .*Received: ", str(caught.value), re.S)


def test_classes_that_differ_between_splits():
    turned = Rows([row(0)], {**FEATURES, "known": classes("pos", "neg")})
    assert load(test=turned).test["known"] == ("pos",)
    for names in (("neg", "pos", "odd"), ("neg",)):
        other = Rows([row(0)], {**FEATURES, "known": classes(*names)})
        with pytest.raises(ValueError, match="same classes in every split. Received: neg, pos in"):
            load(test=other)
    plain = Rows([row(1)], {**FEATURES, "known": TEXT})
    with pytest.raises(ValueError, match="neg, pos in train, no class names in test. Name those"):
        load(test=plain)
    named = load(test=plain, labels={"known": ["neg", "pos"]})
    assert named.test["known"] == ("pos",)


# --- the library itself ---


def test_the_library_itself():
    datasets = pytest.importorskip("datasets")
    label = datasets.ClassLabel(names=list(LABELS))
    features = datasets.Features(
        {
            "review": datasets.Value("string"),
            "known": label,
            "kinds": datasets.Sequence(label),
            "score": datasets.Value("float32"),
        }
    )
    columns = {"review": ["a", "b"], "known": [1, -1], "kinds": [[0, 1], []], "score": [0.5, None]}
    made = datasets.Dataset.from_dict(columns, features=features)
    options = {"labels": ["known", "kinds"], "columns": ["score"], "nulls": "unlabelled"}
    for given in (made, datasets.DatasetDict(train=made)):
        data = load(given, **options)
        assert data.train.columns == {
            "text": ("a", "b"),
            "known": ("pos", None),
            "kinds": (("neg", "pos"), ()),
            "score": (0.5, None),
        }
    assert load(made.with_format("numpy"), **options).train["kinds"] == (("neg", "pos"), ())
    with pytest.raises(ValueError, match="IterableDataset. Load it without streaming"):
        load(made.to_iterable_dataset())
