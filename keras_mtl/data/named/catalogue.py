"""The datasets that are known by name: their labels, folders and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keras_mtl.data.named.public_forms import PublicForm, read_atis, read_ewt, read_weibo
from keras_mtl.data.tables.conllu_rows import COMMENTS, FIELDS, UPOS

IMDB_LABELS = ("neg", "pos")
# In class order: the position of a topic is its class number in keras.datasets.reuters.
REUTERS_LABELS = tuple(
    """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves
    ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin
    strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem
    dlr gas silver wpi hog lead
    """.split()
)
# Places with a government, places, organisations, people: named, or by a common noun.
WEIBO_LABELS = (
    "O",
    *(
        f"{prefix}-{kind}.{form}"
        for kind in ("GPE", "LOC", "ORG", "PER")
        for form in ("NAM", "NOM")
        for prefix in "BI"
    ),
)


@dataclass(frozen=True)
class Source:
    """What is known of a dataset that `load_dataset` finds by name.

    Args:
        labels: Label column to its names in class order; to `None` for all that stand in any
            split, in alphabetical order.
        folders: Its folders below the data folder.
        fields: What a model reads and its labels, by column: the fields of JSON Lines files.
        integer_files: Pairs of an `.npz` file and its word index, as `keras.datasets` keeps them;
            none if Keras does not know the set.
        public: The files in which it is given away, if they are read too.
    """

    labels: Mapping[str, tuple[str, ...] | None]
    folders: tuple[str, ...]
    fields: Mapping[str, str]
    integer_files: tuple[tuple[str, str], ...] = ()
    public: PublicForm | None = None


_TEXTS = {"text": "text", "label": "label"}

SOURCES = {
    "imdb": Source(
        {"label": IMDB_LABELS},
        ("imdb",),
        _TEXTS,
        (
            ("imdb.npz", "imdb_word_index.json"),
            ("imdb_rebuilt.npz", "imdb_word_index_rebuilt.json"),
        ),
    ),
    "reuters": Source(
        {"label": REUTERS_LABELS},
        ("reuters46", "reuters"),
        _TEXTS,
        (
            ("reuters.npz", "reuters_word_index.json"),
            ("reuters_rebuilt.npz", "reuters_word_index_rebuilt.json"),
        ),
    ),
    "atis": Source(
        {"slots": None, "intent": None},
        ("atis",),
        {"tokens": "tokens", "slots": "slots", "intent": "intent"},
        public=PublicForm(
            "github.com/MiuLab/SlotGated-SLU, data/atis",
            {
                "train": ("train/seq.in",),
                "validation": ("valid/seq.in", "dev/seq.in"),
                "test": ("test/seq.in",),
            },
            "seq.in, seq.out and label in the folders train, valid and test",
            read_atis,
        ),
    ),
    "ud_english_ewt": Source(
        {"upos": UPOS, "xpos": None},
        ("ud_english_ewt", "UD_English-EWT"),
        {"tokens": "tokens", "upos": "pos_tags", "xpos": "xpos"},
        public=PublicForm(
            "github.com/UniversalDependencies/UD_English-EWT",
            {
                "train": ("en_ewt-ud-train.conllu",),
                "validation": ("en_ewt-ud-dev.conllu",),
                "test": ("en_ewt-ud-test.conllu",),
            },
            "en_ewt-ud-train.conllu, en_ewt-ud-dev.conllu and en_ewt-ud-test.conllu",
            read_ewt,
            (*FIELDS, *COMMENTS),
        ),
    ),
    "weibo_ner": Source(
        {"ner": WEIBO_LABELS},
        ("weibo_ner",),
        {"tokens": "tokens", "ner": "ner_tags"},
        public=PublicForm(
            "github.com/hltcoe/golden-horse, data",
            {
                "train": ("weiboNER_2nd_conll.train",),
                "validation": ("weiboNER_2nd_conll.dev",),
                "test": ("weiboNER_2nd_conll.test",),
            },
            "weiboNER_2nd_conll.train, .dev and .test",
            read_weibo,
        ),
    ),
}
# Rows of train (before the validation part is cut) and of test.
DEMO_ROWS = {"demo_reviews": (4000, 1000), "demo_newswire": (2400, 800)}
