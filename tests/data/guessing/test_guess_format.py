"""Encoding and delimiter of a file are found by looking into it."""

import codecs
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.data.guessing.guess_format import guess_delimiter, guess_encoding, is_jsonl
from keras_mtl.data.tables.text_files import text_lines

FRENCH = "texte,ton\nUn été très réussi à la fenêtre,gai\nnaïve et déçue,triste\n"
CHINESE = "评论,语气\n这部电影很好看，我非常喜欢,正面\n太差了，不推荐,负面\n"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(content, name="mine.csv", encoding="utf-8"):
    data = content if isinstance(content, bytes) else content.encode(encoding)
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return Path(name)


@pytest.mark.parametrize(
    ("content", "written", "expected"),
    [
        ("text,tone\nfine,pos\n", "ascii", "utf-8"),
        (FRENCH, "utf-8", "utf-8"),
        (FRENCH, "utf-8-sig", "utf-8"),
        (FRENCH, "cp1252", "cp1252"),
        (FRENCH, "utf-16", "utf-16"),
        (FRENCH, "utf-16-le", "utf-16-le"),
        (FRENCH, "utf-16-be", "utf-16-be"),
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz"])
def test_an_encoding_is_found_and_reads_the_text(content, written, expected, name):
    path = write(content, name, written)
    assert guess_encoding([path]) == expected
    assert "".join(text_lines(path, guess_encoding([path]))) == content


def test_the_other_byte_order_has_a_mark_too():
    path = write(codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"))
    assert guess_encoding([path]) == "utf-16"
    assert "".join(text_lines(path, "utf-16")) == FRENCH


def test_a_few_zero_or_other_bytes_make_no_text():
    # UTF-8 is the answer where nothing fits: to read the file so tells what is wrong.
    assert guess_encoding([write(bytes(range(256)))]) == "utf-8"
    assert guess_encoding([write(b"a\x81b\x8d")]) == "utf-8"
    assert guess_encoding([write(b"not gzip", "mine.csv.gz")]) == "utf-8"
    assert guess_encoding([write(gzip.compress(b"x" * 999)[:-9], "cut.csv")]) == "utf-8"
    assert guess_encoding([write(b"")]) == "utf-8"


def test_a_stray_control_character_does_not_hide_utf_8():
    assert guess_encoding([write("été\x08 à", encoding="utf-8")]) == "utf-8"


def test_the_files_of_a_dataset_share_an_encoding():
    plain, french = write("text\nfine\n", "a.csv"), write(FRENCH, "b.csv", "cp1252")
    assert guess_encoding([plain, french]) == "cp1252"
    with pytest.raises(ValueError, match="one encoding. Received: 'b.csv' in cp1252, 'c.csv' in"):
        guess_encoding([french, write(FRENCH, "c.csv")])
    with pytest.raises(ValueError, match="'a.csv' in ascii, 'd.csv' in utf-16. Save all"):
        guess_encoding([plain, write(FRENCH, "d.csv", "utf-16")])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("mine.csv", "text,tone\na b,pos\n", None),
        ("mine.csv", "text;tone\na, b;pos\n", ";"),
        ("mine.csv", "text\ttone\na, b\tpos\n", "\t"),
        ("mine.csv", "id|text|tone\n1|a, b|pos\n", "|"),
        ("mine.tsv", "text\ttone\na, b\tpos\n", None),
        ("mine.tab.gz", "text\ttone\na, b\tpos\n", None),
        ("mine.tsv", "text,tone\na b,pos\n", ","),
        # The comma of the first header cell is in no other row.
        ("mine.csv", 'text, long;tone\n"a;\nb";pos\nc;neg\n', ";"),
        ("mine.csv", "text;more,tone\na;b,pos\n", None),
        ("mine.csv", "text\nfine\n", None),
        ("mine.csv", "text,tone\na,b,c\n", None),
        ("mine.csv", "text;tone;x\na;b;c;d\n", ";"),
        ("mine.csv", "", None),
    ],
)
def test_a_delimiter_is_found(name, content, expected):
    assert guess_delimiter([write(content, name)], "utf-8") == expected


def test_a_row_may_go_on_beyond_the_lines_looked_at():
    rows = "".join(f"fine {n};pos\n" for n in range(998)) + '"a\n\nb";neg\n'
    assert guess_delimiter([write("text;tone\n" + rows)], "utf-8") == ";"


def test_the_files_of_a_dataset_share_a_delimiter():
    comma, tab = write("a,b\n1,2\n", "a.csv"), write("a\tb\n1\t2\n", "b.tsv")
    semicolon = write("a;b\n1;2\n", "c.csv")
    assert guess_delimiter([comma, tab], "utf-8") is None
    with pytest.raises(ValueError, match="one delimiter, .*',' in 'a.csv', ';' in 'c.csv'"):
        guess_delimiter([comma, semicolon], "utf-8")


def test_a_kind_of_file_is_told_by_its_name():
    names = ["a.csv", "a.tsv", "a.TAB", "a.csv.gz", "a.jsonl", "a.JSONL.gz", "a.ndjson"]
    assert [is_jsonl(Path(name)) for name in names] == [False] * 4 + [True] * 3
    for name in ("a.json", "a.txt", "a", "a.gz", ".csv"):
        with pytest.raises(ValueError, match="must be a table by its name"):
            is_jsonl(Path(name))


@given(st.binary(max_size=200))
def test_any_bytes_have_an_encoding_that_python_knows(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "mine.csv"
    path.write_bytes(data)
    codecs.lookup(guess_encoding([path]))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100))
def test_text_in_utf_8_is_known_as_such(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "mine.csv"
    path.write_bytes(text.encode())
    assert guess_encoding([path]) == "utf-8"
