"""The datasets that are known by name: their labels, folders and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keras_mtl.data.named import label_lists
from keras_mtl.data.named.label_lists import IMDB_LABELS, REUTERS_LABELS, SENTIMENTS, WEIBO_LABELS
from keras_mtl.data.named.public_forms import PublicForm, read_atis, read_ewt, read_weibo
from keras_mtl.data.named.public_texts import (
    as_it_stands,
    class_name,
    class_names,
    read_clinc,
    read_fdu,
    score,
    tab_separated,
    text,
)
from keras_mtl.data.tables.conllu_rows import COMMENTS, FIELDS, UPOS

__all__ = [
    "DEMO_ROWS",
    "IMDB_LABELS",
    "REUTERS_LABELS",
    "SOURCES",
    "WEIBO_LABELS",
    "Source",
]


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
        splits: The splits that it must have. A file of another split is read where there is one.
        home: Where it is to be had, if that is not said by `public`.
    """

    labels: Mapping[str, tuple[str, ...] | None]
    folders: tuple[str, ...]
    fields: Mapping[str, str]
    integer_files: tuple[tuple[str, str], ...] = ()
    public: PublicForm | None = None
    splits: tuple[str, ...] = ("train", "test")
    home: str = ""


_TEXTS = {"text": "text", "label": "label"}
_PAIRS = {"sentence1": "sentence1", "sentence2": "sentence2", "label": "label"}
_ALL = ("train", "validation", "test")
# The labels of their test splits are kept back by GLUE, or are not to be had for sure.
_NO_TEST = ("train", "validation")
_GLUE = "gluebenchmark.com/tasks"
_GLUE_FILES = {"train": ("train.tsv",), "validation": ("dev.tsv",)}

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
    "fdu_mtl": Source(
        {"label": SENTIMENTS, "domain": label_lists.FDU_DOMAINS},
        ("fdu_mtl", "fdu-mtl"),
        {**_TEXTS, "domain": "domain"},
        public=PublicForm(
            "github.com/ccsasuke/man, data/fdu-mtl",
            {
                "train": ("books.task.train",),
                "validation": ("books.task.train",),
                "test": ("books.task.test",),
            },
            "books.task.train, books.task.test and those of the 15 other domains",
            read_fdu,
        ),
        splits=_ALL,
    ),
    "clinc150": Source(
        {"intent": None, "domain": label_lists.CLINC_DOMAINS},
        ("clinc150",),
        {"text": "text", "intent": "intent", "domain": "domain"},
        public=PublicForm(
            "github.com/clinc/oos-eval, data",
            dict.fromkeys(_ALL, ("data_full.json",)),
            "data_full.json and domains.json",
            read_clinc,
        ),
        splits=_ALL,
    ),
    "emotion": Source(
        {"label": label_lists.EMOTIONS},
        ("emotion",),
        _TEXTS,
        splits=_ALL,
        home="huggingface.co/datasets/dair-ai/emotion, which Dataset.from_huggingface reads",
    ),
    "goemotions": Source(
        {"labels": label_lists.GOEMOTIONS_LABELS},
        ("goemotions",),
        {"text": "text", "labels": "labels"},
        public=tab_separated(
            "github.com/google-research/google-research, goemotions/data",
            {**_GLUE_FILES, "test": ("test.tsv",)},
            {
                "text": (0, as_it_stands),
                "labels": (1, class_names(label_lists.GOEMOTIONS_LABELS)),
                "id": (2, text),
            },
            further=["id"],
        ),
        splits=_ALL,
    ),
    "sst2": Source(
        {"label": SENTIMENTS},
        ("sst2", "SST-2"),
        _TEXTS,
        public=tab_separated(
            _GLUE,
            _GLUE_FILES,
            {"text": ("sentence", text), "label": ("label", class_name(SENTIMENTS))},
        ),
        splits=_NO_TEST,
    ),
    "cola": Source(
        {"label": label_lists.COLA_LABELS},
        ("cola", "CoLA"),
        _TEXTS,
        public=tab_separated(
            _GLUE,
            _GLUE_FILES,
            {
                "text": (3, text),
                "label": (1, class_name(label_lists.COLA_LABELS)),
                "source": (0, text),
            },
            further=["source"],
        ),
        splits=_NO_TEST,
    ),
    "mrpc": Source(
        {"label": label_lists.MRPC_LABELS},
        ("mrpc", "MRPC"),
        _PAIRS,
        public=tab_separated(
            _GLUE,
            # Its test.tsv has no labels.
            {**_GLUE_FILES, "test": ("msr_paraphrase_test.txt",)},
            {
                "sentence1": ("#1 String", text),
                "sentence2": ("#2 String", text),
                "label": ("Quality", class_name(label_lists.MRPC_LABELS)),
            },
        ),
        splits=_ALL,
    ),
    "rte": Source(
        {"label": label_lists.RTE_LABELS},
        ("rte", "RTE"),
        _PAIRS,
        public=tab_separated(
            _GLUE,
            _GLUE_FILES,
            {
                "sentence1": ("sentence1", text),
                "sentence2": ("sentence2", text),
                "label": ("label", class_name(label_lists.RTE_LABELS)),
            },
        ),
        splits=_NO_TEST,
    ),
    "stsb": Source(
        {},
        ("stsb", "STS-B"),
        {"sentence1": "sentence1", "sentence2": "sentence2", "score": "label"},
        public=tab_separated(
            _GLUE,
            # Its test.tsv has no scores.
            {**_GLUE_FILES, "test": ("original/sts-test.tsv",)},
            {
                "sentence1": ("sentence1", text),
                "sentence2": ("sentence2", text),
                "score": ("score", score),
                "genre": ("genre", text),
            },
            further=["genre"],
            test={
                "sentence1": (5, text),
                "sentence2": (6, text),
                "score": (4, score),
                "genre": (0, text),
            },
        ),
        splits=_ALL,
    ),
    "language_detection": Source(
        {"label": label_lists.LANGUAGES},
        ("language_detection",),
        _TEXTS,
        splits=_ALL,
        home="kaggle.com/datasets/basilb2s/language-detection, whose table is not split",
    ),
    "online_shopping_10_cats": Source(
        {"label": SENTIMENTS, "category": label_lists.SHOP_CATEGORIES},
        ("online_shopping_10_cats",),
        {**_TEXTS, "category": "category"},
        splits=_ALL,
        home="github.com/SophonPlus/ChineseNlpCorpus, datasets/online_shopping_10_cats, whose "
        "table is not split",
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
