"""What stands between quotes is one cell, unless a quote that is not closed makes it so."""

import pytest

from keras_mtl.data.tables import csv_rows as module
from keras_mtl.data.tables.csv_rows import csv_rows


@pytest.fixture
def read(tmp_path):
    """Write a table and read its texts."""

    def read(content, name="mine.csv"):
        (tmp_path / name).write_bytes(content.encode())
        return [text for _, (text,) in csv_rows(tmp_path / name, ["text"])]

    return read


def test_quoted_cells_keep_line_ends_quotes_and_delimiters(read):
    cells = 'text,label\n"a\nb, ""c"""" \r\nd",pos\n'
    assert read(cells) == ['a\nb, "c"" \r\nd']


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\nit works, yes\nBob",
        "a,b\nc,d",
        "a\n1,2\n3",
        "a,b\n1,2,3\n4",
        "a,b\n\nc",
        "a,\r\n",
    ],
)
def test_a_text_of_several_lines_with_commas_is_a_text(read, text):
    assert read(f'text,label\n"{text}",pos\n') == [text]


def test_a_long_text_is_a_text(read):
    assert len(read(f'text,label\n"{"a " * 100_000}",pos\n')[0]) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", 'text,label\n"a,x\nb,y\nc,x\nd",y\n', "line 2 and holds 2 whole .* 'b,y'. Mend"),
        ("a.csv", 'text,label\na,x\n"b,x\r\nc,y\r\nd",y\n', "line 3 and holds 1 whole rows"),
        (
            "a.tsv",
            'id\ttext\tlabel\n1\t"A film\tx\n2\tb, c\ty\n3\tIn 5"\ty\n',
            "line 2 and holds 1 whole rows",
        ),
    ],
)
def test_a_quote_that_is_closed_some_rows_below_is_an_error(read, name, content, message):
    with pytest.raises(ValueError, match=f"every quote closed.* Received: .*{message}"):
        read(content, name)


def test_an_unclosed_quote_is_not_read_to_the_end(monkeypatch, read):
    monkeypatch.setattr(module, "LONGEST_CELL", 1000)
    limit = module.csv.field_size_limit(1000)
    try:
        with pytest.raises(ValueError, match="starts in line 2 and breaks off by line 2[0-9]{2} "):
            read('text,label\n"open,pos\n' + "a,b\n" * 5000)
    finally:
        module.csv.field_size_limit(limit)
