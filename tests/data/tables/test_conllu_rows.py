"""CoNLL-U files: syntactic words, what stands behind them, and mistakes with file and line."""

import gzip
import traceback
from pathlib import Path

import pytest

from keras_mtl.data.datasets.dataset import Dataset
from keras_mtl.data.tables.conllu_rows import UPOS


def line(number, form, upos="NOUN", xpos="NN", head="0", lemma="_", feats="_"):
    return "\t".join([number, form, lemma, upos, xpos, feats, head, "dep", "_", "_"]) + "\n"


COMMENTS = "# newdoc\n# sent_id = s1\n# text = I don't = a = b\n"
GOOD = (
    COMMENTS
    + line("1", "I", "PRON", head="2", feats="Case=Nom|Number=Sing")
    + line("2-3", "don't", "_", "_", "_")
    + line("2", "do", "AUX", "_")
    + line("3", "n't", "PART", head="2", lemma="not")
    + line("3.1", "go", "VERB")
    + "\n"
)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def load(content, name="mine.conllu", **options):
    data = content if isinstance(content, bytes) else content.encode()
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return Dataset.from_conllu("mine", name, **{"validation_fraction": 0, **options})


@pytest.mark.parametrize("name", ["a.conllu", "a.conllu.gz"])
def test_a_row_has_the_syntactic_words_of_a_sentence(name):
    data = load("# a licence\n\n" + GOOD + GOOD.replace("\n", "\r\n").rstrip(), name)
    assert data.train.columns == {
        "tokens": (["I", "do", "n't"],) * 2,
        "upos": (("PRON", "AUX", "PART"),) * 2,
    }
    assert data.labels == {"upos": UPOS} and len(UPOS) == 17


def test_further_columns_are_kept():
    columns = ["text", "id", "head", "lemmas", "feats", "deprel"]
    data = load(GOOD, columns=columns, labels=["xpos"])
    assert data.train["text"] == ("I don't = a = b",) and data.train["id"] == ("s1",)
    assert data.train["head"] == ([2, 0, 2],)
    assert data.train["lemmas"] == ([None, None, "not"],)
    assert data.train["feats"] == (["Case=Nom|Number=Sing", None, None],)
    assert data.train["deprel"] == (["dep"] * 3,)
    assert data.train.inputs == data.train["tokens"]


def test_an_underscore_is_no_value_but_as_a_word():
    content = line("1", "_", lemma="_", head="_") + line("2", "a b", xpos="_")
    data = load(content, labels=["upos", "xpos"], columns=["lemmas", "head"])
    assert data.train["tokens"] == (["_", "a b"],) and data.train["xpos"] == (("NN", None),)
    assert data.train["lemmas"] == (["_", None],) and data.train["head"] == ([None, 0],)
    assert data.nulls["train"]["untagged"] == {"upos": 0, "xpos": 1}
    assert "train; words without 'xpos': 1" in data.describe()


def test_what_becomes_of_words_without_a_tag():
    content = GOOD + line("1", "go")
    with pytest.raises(ValueError, match="a tag for every word. Received: null in line 1, word 2"):
        load(content, labels="xpos", nulls="error")
    data = load(content, labels="xpos", nulls="drop")
    assert data.train["tokens"] == (["go"],) and data.nulls["train"]["dropped"] == 1


def test_nodes_and_tokens_before_the_first_word():
    content = line("0.1", "x") + line("1-2", "ab") + line("1", "a") + line("2", "b")
    content += line("2.1", "x") + line("2.2", "x") + line("3-4", "cd") + line("3", "c")
    assert load(content + line("4", "d")).train["tokens"] == (["a", "b", "c", "d"],)


MISTAKES = {
    "spaces for tabs": (
        GOOD.replace("\t", " "),
        {},
        "10 columns, with tabs between. Received: 1 in line 4.* Put tabs",
    ),
    "a line too short": (GOOD + "1\ta\n", {}, "Received: 2 in line 10, '1.*a'"),
    "a blank line that is none": (GOOD + " \n", {}, "Received: 1 in line 10"),
    "a comment between words": (line("1", "a") + "# b\n", {}, "Received: 1 in line 2, '# b'"),
    "a number left out": (
        GOOD.replace("\n3\t", "\n4\t"),
        {},
        "numbered 1, 2, 3 .* '4' in line 7, after 2",
    ),
    "a number twice": (line("1", "a") * 2, {}, "'1' in line 2, after 1.* a blank line"),
    "a first number that is not 1": (line("2", "a"), {}, "'2' in line 1, after none"),
    "a number that is none": (line("a", "a"), {}, "'a' in line 1"),
    "a token that ends before it begins": (
        line("1", "a") + line("2-1", "b"),
        {},
        "'2-1' in line 2, after 1",
    ),
    "tokens that overlap": (
        line("1-2", "a") + line("1", "a") + line("2-3", "b"),
        {},
        "'2-3' in line 3, after 1",
    ),
    "a node out of place": (line("1", "a") + line("3.1", "b"), {}, "'3.1' in line 2, after 1"),
    "a token without its words": (
        line("1-3", "abc") + line("1", "a"),
        {},
        "words that a line such as 1 .* 1 words in the sentence of line 1, of 3 at least",
    ),
    "a node alone": (line("0.1", "x") + "\n", {}, "0 words in the sentence of line 1"),
    "no sentence": ("# a\n\n\n", {}, "sentences with words. Received: none"),
    "an empty file": ("", {}, "sentences with words. Received: none"),
    "words left out": (line("1", "_") + "\n" + line("1", "_"), {}, "'_' for every word"),
    "an empty tag": (line("1", "a", upos=""), {}, "'upos' of 'mine.conllu' .* in line 1"),
    "an empty word": (line("1", " "), {}, "'tokens' of 'mine.conllu' .* in line 1"),
    "a tag of no such space": (
        GOOD.replace("PART", "PRTT"),
        {},
        r"17 label names .*'PRTT' in line 1, word 3. Did you mean 'PART'",
    ),
    "a head that is none": (line("1", "a", head="x"), {"columns": ["head"]}, "'x' in line 1"),
    "a head outside": (line("1", "a", head="2"), {"columns": ["head"]}, "'2' in line 1, of 1 w"),
    "a sentence without its text": (
        GOOD + line("1", "a"),
        {"columns": ["text"]},
        "'# text = ...' .* none in the sentence of line 10. Leave 'text'",
    ),
    "a column by another name": (GOOD, {"columns": ["lemma"]}, "Did you mean 'lemmas'"),
    "columns as text": (GOOD, {"columns": "lemmas"}, "must be a list of columns"),
    "a column twice": (GOOD, {"columns": ["head", "head"]}, "different columns"),
    "heads as labels": (GOOD, {"labels": "head"}, "`labels` of .* Received: 'head'"),
    "another encoding": (GOOD.encode() + b"# \xff\n", {}, "the byte 0xff in line 10"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_error(mistake):
    content, options, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message) as caught:
        load(content, **options)
    assert "Received: " in str(caught.value)
    assert "keras_mtl" in traceback.extract_tb(caught.value.__traceback__)[-1].filename


def test_a_truncated_gzip_file():
    rows = "".join(line("1", f"{number * 7919 % 1000}") + "\n" for number in range(5000))
    Path("mine.conllu.gz").write_bytes(gzip.compress(rows.encode())[:-2000])
    with pytest.raises(ValueError, match=r"whole gzip file.*cut short after line \d+"):
        Dataset.from_conllu("mine", "mine.conllu.gz")
