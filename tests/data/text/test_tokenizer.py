import dataclasses
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data.text import cleaning, text_rules
from keras_mtl.data.text.tokenizer import WordTokenizer

TEXTS = ["the film, the FILM", "a dull film", "zebra apple"]


def tokens(text: str, **options: Any) -> list[str]:
    return WordTokenizer(["a"], **options).tokens(text)


def test_fit_counts_most_frequent_first_then_alphabetical() -> None:
    expected = ("film", "the", ",", "a", "apple", "dull", "zebra")
    assert WordTokenizer.fit(TEXTS).vocabulary == expected
    source = SimpleNamespace(texts=TEXTS[1:])
    assert WordTokenizer.fit(TEXTS[:1], source).vocabulary == expected
    small = WordTokenizer.fit(TEXTS, vocabulary_size=5)
    assert small.vocabulary == expected[:3] and small.vocabulary_size == 5
    assert WordTokenizer.fit(TEXTS, min_count=2).vocabulary == expected[:2]


def test_a_small_source_has_as_much_to_say_as_a_large_one():
    large, small = ["film good film plot"] * 50, ["copper rose"]
    found = WordTokenizer.fit(large, small, vocabulary_size=5)  # film 1/2, copper 1/2, rose 1/2
    assert found.vocabulary == ("copper", "film", "rose")
    assert WordTokenizer.fit(small, large, vocabulary_size=5).vocabulary == found.vocabulary
    by_number = WordTokenizer.fit(large, small, vocabulary_size=5, equal_sources=False)
    assert by_number.vocabulary == ("film", "good", "plot")
    # One source is the same either way, and an empty one changes nothing.
    alone = WordTokenizer.fit(large)
    assert alone.vocabulary == WordTokenizer.fit(large, equal_sources=False).vocabulary
    assert alone.vocabulary == WordTokenizer.fit(large, [], [""]).vocabulary
    # The least number is of all sources together.
    assert WordTokenizer.fit(["a b"], ["a c"], min_count=2).vocabulary == ("a",)


def test_ids_start_at_two_and_rows_are_padded() -> None:
    tokenizer = WordTokenizer(["film", "the"])
    batch = tokenizer(["The film!", "", "unseen"])["token_ids"]
    assert batch.tolist() == [[3, 2, 1], [0, 0, 0], [1, 0, 0]]
    assert batch.dtype == np.int32
    assert tokenizer([""])["token_ids"].tolist() == [[0]]
    assert tokenizer([])["token_ids"].shape == (0, 1)
    assert tokenizer.encode(iter(["the", ""]))["token_ids"].lengths.tolist() == [1, 0]
    assert tokenizer.detokenize(batch[0]) == ["the", "film", "[UNK]"]
    assert tokenizer.detokenize(batch[2]) == ["[UNK]"]


def test_truncation() -> None:
    letters = list("abcdefgh")
    text = [" ".join(letters), "a b c d e"]
    for truncation, expected in (("head", [2, 3, 4, 5, 6]), ("head_tail", [2, 3, 4, 5, 9])):
        tokenizer = WordTokenizer(letters, sequence_length=5, truncation=truncation)
        rows = tokenizer(text)["token_ids"].tolist()
        assert rows == [expected, [2, 3, 4, 5, 6]]


def test_letters_are_lowered_as_python_does() -> None:
    table = text_rules.character_table(lowercase=True)
    changed = {code for code, target in enumerate(table) if code != target}
    lowered = {code for code in changed if chr(code).lower() == chr(table[code])}
    ours = {code for code in changed - lowered if chr(code).isalpha()}
    assert {chr(code): chr(table[code]) for code in ours} == {"İ": "i", "ς": "σ"}
    if unicodedata.unidata_version == "14.0.0":  # a later one may know more capitals
        smalls = [(code, chr(code).lower()) for code in range(0x110000)]
        assert lowered == {c for c, s in smalls if s != chr(c) and len(s) == 1}


def test_white_space_and_controls_become_spaces() -> None:
    table = text_rules.character_table(lowercase=False)
    spaces = {
        code
        for code in range(0x110000)
        if chr(code).isspace() or unicodedata.category(chr(code)) == "Cc"
    }
    assert {code for code, target in enumerate(table) if target == 32} == spaces | {0x200B}


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("Don't, x-y!", {}, ["don't", ",", "x", "-", "y", "!"]),
        ("Don't, x-y!", {"punctuation": "remove"}, ["don't", "x", "y"]),
        ("Don't, x-y!", {"punctuation": "keep"}, ["don't,", "x-y!"]),
        ("Don't", {"lowercase": False}, ["Don't"]),
        ("a<br />b &amp; c", {}, ["a", "b", "&", "c"]),
        ("<b>&amp;", {"markup": "keep", "punctuation": "keep"}, ["<b>&amp;"]),
        ("好片a", {}, ["好", "片", "a"]),
        ("好片。a", {"characters": False}, ["好片", "。", "a"]),
        ("好片。a", {"punctuation": "keep"}, ["好", "片", "。a"]),
    ],
)
def test_options(text: str, options: dict[str, Any], expected: list[str]) -> None:
    assert tokens(text, **options) == expected


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert tokens("a\ud800b") == ["a\ufffdb"]


def test_save_and_load(tmp_path: Path) -> None:
    tokenizer = WordTokenizer.fit(["İ 好 don't <b> ["], sequence_length=7, lowercase=False)
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = WordTokenizer.load(tmp_path / "tokenizer.json")
    copied = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(tokenizer))
    for other in (loaded, copied):
        assert other.get_config() == tokenizer.get_config()
        assert other.fingerprint == tokenizer.fingerprint
    changed = WordTokenizer(**{**tokenizer.get_config(), "sequence_length": 8})
    assert changed.fingerprint != tokenizer.fingerprint


def test_json_of_other_rules_is_refused() -> None:
    written = WordTokenizer(["a"]).to_json().replace('"rules": 1', '"rules": 0')
    with pytest.raises(ValueError, match="rules 1. Received: rules=0"):
        WordTokenizer.from_json(written)


@keras.saving.register_keras_serializable(package="test_tokenizer")
@dataclasses.dataclass(frozen=True)
class Doubled(cleaning.CleaningStep):
    """Gives a text twice: a step that does not leave its own result alone."""

    between: str = " "

    def __call__(self, text: str) -> str:
        return text + self.between + text


class TestCleaning:
    @given(text=st.text())
    def test_none_changes_nothing(self, text: str) -> None:
        tokenizer = WordTokenizer(["a"])
        assert tokenizer.cleaning == tokenizer.cleaning_steps == ()
        assert tokenizer.tokens(text) == tokenizer.splitter(text)

    def test_without_it_a_tokenizer_is_stored_as_before_there_was_any(self) -> None:
        old = (
            '{"config": {"characters": true, "lowercase": true, "markup": "remove", "punctuation": '
            '"separate", "sequence_length": 400, "truncation": "head", "vocabulary": ["a", "film"]}'
            ', "rules": 1}'
        )
        loaded = WordTokenizer.from_json(old)
        assert loaded.cleaning == ()
        for same in (loaded, WordTokenizer(["a", "film"], cleaning=[])):
            assert json.loads(same.to_json()) == json.loads(old)

    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            (None, "The ＦＩＬＭ isn't bad , < b >"),
            ("markup", "The ＦＩＬＭ isn't bad ,"),
            ("lowercase", "the ｆｉｌｍ isn't bad , < b >"),
            ("unicode", "The FILM isn't bad , < b >"),
            ("punctuation", "The ＦＩＬＭ isn't bad b"),
            ({"stop_words": {"words": ["bad"]}}, "ＦＩＬＭ , < >"),
        ],
    )
    def test_each_step_does_its_own_and_no_more(self, step: Any, expected: str) -> None:
        tokenizer = WordTokenizer(
            ["a"], lowercase=False, markup="keep", cleaning=[step] if step else None
        )
        assert tokenizer.tokens("The ＦＩＬＭ isn’t bad, <b>") == expected.split()

    def test_steps_are_taken_in_order(self) -> None:
        def cleaned(*steps: Any) -> list[str]:
            return tokens("the", cleaning=steps)

        stop_words = {"stop_words": {"language": None, "words": ["thethe"]}}
        assert cleaned(Doubled(""), stop_words) == []
        assert cleaned(stop_words, Doubled("")) == ["thethe"]

    def test_tags_go_first_unless_the_list_says_where(self) -> None:
        text = "fine<br />film &amp; more"
        assert tokens(text, cleaning=["punctuation"]) == ["fine", "film", "more"]
        assert tokens(text, cleaning=["punctuation", "markup"]) == "fine br film amp more".split()
        kept = tokens(text, cleaning=["punctuation"], markup="keep")
        assert kept == "fine br film amp more".split()

    def test_fit_counts_cleaned_words_and_encode_cleans(self) -> None:
        steps = ["unicode", {"stop_words": {"words": ["我们"]}}]
        tokenizer = WordTokenizer.fit(["The ｆｉｌｍ", "我们的 film"], cleaning=steps)
        assert tokenizer.vocabulary == ("film", "的")
        assert tokenizer(["a ＦＩＬＭ", "我们"])["token_ids"].tolist() == [[2], [0]]

    def test_a_vocabulary_is_what_the_splitter_gives_from_cleaned_texts(self) -> None:
        # A step need not leave a word of its own result alone.
        fitted = WordTokenizer.fit(["e\u00ad\u0301 the"], cleaning=["unicode", Doubled("")])
        assert WordTokenizer(**fitted.get_config()).vocabulary == fitted.vocabulary
        assert WordTokenizer(["the"], cleaning=["stop_words"]).tokens("the") == []
        with pytest.raises(ValueError, match="'Film', which is cut into"):
            WordTokenizer(["Film"], cleaning=["stop_words"])

    def test_is_stored(self, tmp_path: Path) -> None:
        steps = [Doubled("-"), "markup", {"unicode": {"form": "NFC"}}, "stop_words"]
        tokenizer = WordTokenizer(["film"], cleaning=steps)
        tokenizer.save(tmp_path / "tokenizer.json")
        config = keras.saving.serialize_keras_object(tokenizer)
        stored = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
        for other in (WordTokenizer.load(tmp_path / "tokenizer.json"), stored):
            assert other.cleaning == tokenizer.cleaning
            assert other.fingerprint == tokenizer.fingerprint
        without = WordTokenizer(["film"], cleaning=steps[:-1])
        assert without.fingerprint != tokenizer.fingerprint

    def test_a_class_that_is_not_registered_is_used_and_named_by_custom_objects(self) -> None:
        @dataclasses.dataclass(frozen=True)
        class Mine(cleaning.CleaningStep):
            def __call__(self, text: str) -> str:
                return text.replace("#", "")

        tokenizer = WordTokenizer.fit(["a #film"], cleaning=[Mine()])
        assert tokenizer.vocabulary == ("a", "film")
        with pytest.raises(ValueError, match="'Mine'.*import the module that registers it"):
            WordTokenizer.from_json(tokenizer.to_json())
        with keras.saving.custom_object_scope({"Mine": Mine}):
            assert WordTokenizer.from_json(tokenizer.to_json()).cleaning == (Mine(),)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: WordTokenizer.fit(), ValueError, "Received: 0 sources"),
        (lambda: WordTokenizer.fit([]), ValueError, "1 sources with 0 different words"),
        (lambda: WordTokenizer.fit(["a"], min_count=2), ValueError, "lower min_count"),
        (lambda: WordTokenizer.fit(["a"], vocabulary_size=2), ValueError, "at least 3"),
        (lambda: WordTokenizer.fit(["a"], ["b", None]), TypeError, "Text 1 of source 1 .* None"),
        (lambda: WordTokenizer.fit("a film"), TypeError, r"source 0 .* pass \[text\]"),
        (lambda: WordTokenizer(["a"])("a film"), TypeError, r"pass \[text\]"),
        (lambda: WordTokenizer(["a"]).encode(["a", b"a"]), TypeError, "Text 1 .* b'a'"),
        (lambda: WordTokenizer([]), ValueError, "at least one word"),
        (lambda: WordTokenizer(["a", "b", "a"]), ValueError, r"repeated: \['a'\]"),
        (lambda: WordTokenizer(["a", "Film"]), ValueError, r"'Film', which is cut into \['film'\]"),
        (lambda: WordTokenizer(["a", 3]), TypeError, "Text 1 of `vocabulary` .* 3"),
        (lambda: WordTokenizer(["a"], punctuation="drop"), ValueError, "punctuation='drop'"),
        (lambda: WordTokenizer(["a"], cleaning="markup"), TypeError, r"as \[step\]"),
        (lambda: WordTokenizer.fit(["a"], cleaning=["marku"]), ValueError, "mean 'markup'"),
        (lambda: WordTokenizer.fit(["the"], cleaning=["stop_words"]), ValueError, "0 different"),
        (lambda: WordTokenizer(["a"], sequence_length=0), ValueError, "sequence_length=0"),
        (lambda: WordTokenizer(["a"]).detokenize([3]), ValueError, r"\[0, 3\)"),
    ],
)
def test_errors_say_what_to_do(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()
