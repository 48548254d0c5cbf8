import gzip
import tracemalloc

import numpy as np
import pytest

import keras_mtl as mtl
from keras_mtl.data.text import word_vectors

WORDS = mtl.WordTokenizer(["the", "film", "us", ".", "xylem"])
ROWS = "the 0.5 -1 1e-1\n. 1 2 3\nfilm -0.25 0 7\nother 9 9 9\nus 4 5 6\n"
FOUND = {"the": [0.5, -1, 0.1], ".": [1, 2, 3], "film": [-0.25, 0, 7], "us": [4, 5, 6]}


@pytest.fixture
def read(tmp_path):
    """A function that writes a file and reads it for the words of a tokenizer."""

    def write_and_read(content, name="vectors.txt", tokenizer=WORDS, **options):
        path = tmp_path / name
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return mtl.WordVectors.read(path, tokenizer, **options)

    return write_and_read


def rows_of(vectors: mtl.WordVectors) -> dict[str, list[float]]:
    """The vectors that were found in the file."""
    matrix = vectors.matrix.astype(np.float64).round(6)
    return {
        word: matrix[number + 2].tolist()
        for number, word in enumerate(vectors.vocabulary)
        if word not in vectors.missing
    }


FORMS = {
    "GloVe": ("vectors.txt", ROWS),
    "GloVe, compressed": ("vectors.txt.gz", ROWS),
    "word2vec": ("vectors.vec", "5 3\n" + ROWS),
    "word2vec, compressed": ("vectors.vec.gz", "5 3\n" + ROWS),
    "a space behind each row": ("vectors.txt", "5 3 \n" + ROWS.replace("\n", " \n")),
    "line ends of Windows": ("vectors.txt", ROWS.replace("\n", "\r\n")),
    "a byte order mark, and no last line end": ("vectors.txt", "\ufeff" + ROWS[:-1]),
    "blank lines": ("vectors.txt", ROWS.replace("\n", "\n\n")),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_files(form, read):
    name, content = FORMS[form]
    vectors = read(content, name)
    assert rows_of(vectors) == FOUND and vectors.missing == ("xylem",)
    assert (vectors.dim, vectors.by_case, vectors.repeated) == (3, 0, 0)
    assert vectors.matrix.dtype == np.float32 and vectors.matrix.shape == (7, 3)


def test_another_encoding(read):
    tokenizer = mtl.WordTokenizer(["café"])
    vectors = read("café 1 2\n".encode("cp1252"), tokenizer=tokenizer, encoding="cp1252")
    assert rows_of(vectors) == {"café": [1, 2]}


def test_coverage_is_told(read):
    vectors = read(ROWS.replace("us", "US").replace("film", "Film"))
    assert vectors.coverage == pytest.approx(0.8) and vectors.by_case == 2
    expected = "4 of 5 words (80.0%) have a vector of 3 values in the file, 2 of them in other"
    assert str(vectors).startswith(expected) and repr(vectors) == f"<WordVectors: {vectors}>"


def test_words_with_spaces_are_words_of_their_own(read):
    odd = ". . . 9 9 9\nat name@domain.com 9 9 9\nthe end 9 9 9\n\u00a0 9 9 9\n 9 9 9\n"
    numbers = "1 9 9 9\n10 000 9 9 9\n3/4 9 9 9\n"
    for content in (odd + numbers + ROWS, ROWS + odd + numbers):
        assert rows_of(read(content)) == FOUND


def test_the_first_row_of_a_word_counts(read):
    vectors = read(ROWS + "the 7 7 7\nother 8 8 8\nthe 8 8 8\nxylem 1 1 1\n")
    assert rows_of(vectors) == {**FOUND, "xylem": [1, 1, 1]} and vectors.repeated == 2


def test_other_letters_do_where_a_word_is_missing(read):
    content = ROWS.replace("us 4 5 6", "Us 8 8 8\nUS 4 5 6\nTHE 9 9 9")
    vectors = read(content)
    assert rows_of(vectors) == {**FOUND, "us": [8, 8, 8]} and vectors.by_case == 1
    for own in (content + "us 4 5 6\n", "us 4 5 6\n" + content):
        vectors = read(own)
        assert rows_of(vectors) == FOUND and (vectors.by_case, vectors.repeated) == (0, 0)
    assert read(content, other_case=False).missing == ("us", "xylem")


def test_capitals_of_a_tokenizer_that_keeps_them(read):
    tokenizer = mtl.WordTokenizer(["The", "the", "US", "us", "É"], lowercase=False)
    vectors = read("the 1\nUS 2\nus 3\né 4\n", tokenizer=tokenizer)
    expected = {"The": [1], "the": [1], "US": [2], "us": [3], "É": [4]}
    assert rows_of(vectors) == expected and vectors.by_case == 2


def test_what_is_missing_is_random_and_of_the_same_scale(read):
    words = [f"w{number}" for number in range(400)]
    tokenizer = mtl.WordTokenizer(words)
    random = np.random.default_rng(1)
    lines = [
        f"{word} {' '.join(f'{value:.4f}' for value in random.normal(0, 0.3, 20))}"
        for word in words[:300]
    ]
    content = "\n".join(lines)
    one, same, other = (read(content, tokenizer=tokenizer, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.matrix, same.matrix)
    changed = (one.matrix != other.matrix).all(axis=1)
    assert changed.tolist() == [False, True, *[False] * 300, *[True] * 100]
    assert one.matrix[302:].std() == pytest.approx(0.3, rel=0.05)
    assert abs(one.matrix[302:].mean()) < 0.03
    assert not one.matrix[0].any() and one.matrix[1].any()
    assert one.missing == tuple(words[300:])


def test_only_rows_of_words_are_kept(tmp_path, monkeypatch):
    taken = []
    values_of = word_vectors.values_of
    monkeypatch.setattr(
        word_vectors, "values_of", lambda *row: taken.append(row[1]) or values_of(*row)
    )
    path = tmp_path / "large.txt"
    other = "".join(f"w{number} {' '.join(['0.25'] * 100)}\n" for number in range(4_000))
    path.write_text(other + ROWS.replace("\n", " 1" * 97 + "\n"))
    assert path.stat().st_size > 2_000_000
    tracemalloc.start()
    try:
        mtl.WordVectors.read(path, WORDS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200_000 and taken == ["the", ".", "film", "us"]


MISTAKES = {
    "a value too few": (
        ROWS.replace("0 7", "7"),
        "Line 3 of '.*', that of 'film', must have 3 values. Received: 2",
    ),
    "a value too few for a word that is not asked for": (
        ROWS.replace("other 9", "other"),
        "Line 4 of '.*', that of 'other', must have 3 values. Received: 2",
    ),
    "a value too many": (
        ROWS.replace("0 7", "0 7 0.25"),
        "Line 3 of '.*', that of 'film', must have 3 values. Received: 4",
    ),
    "another number of values than the first line says": (
        "5 4\n" + ROWS,
        "Line 2 of '.*', that of 'the', must have 4 values. Received: 3. Fetch the file again",
    ),
    "fewer rows than the first line says": (
        "9 3\n" + ROWS,
        "as many rows as its first line says, 9. Received: 5. Fetch",
    ),
    "more rows than the first line says": ("2 3\n" + ROWS, "its first line says, 2. Received: 5"),
    "a value that is no number": (
        ROWS.replace("-0.25", "x"),
        "Line 3 .* 'film', must have finite numbers. Received: .*'x'",
    ),
    "a value that is NaN": (ROWS.replace("-0.25", "nan"), "Line 3 .* finite .* Received: nan"),
    "a value that is infinite": (ROWS.replace("1e-1", "-inf"), "Line 1 .* Received: -inf"),
    "a value beyond float32": (ROWS.replace("1e-1", "1e39"), "Line 1 .* finite .* Received: 1e39"),
    "words without values": (
        "the\nfilm\n",
        "a word and its values in each line.* Received: 'the' in line 1",
    ),
    "a table of commas": ("the,1,2\n", "with a space between two. Received: 'the,1,2' in line 1"),
    "an empty file": ("", "must hold word vectors. Received: a file without rows"),
    "a first line alone": ("0 300\n", "Received: a file without rows"),
    "other words": (
        "le 1 2\nde 3 4\n",
        "must have words of the tokenizer. Received: 2 rows, from 'le', 'de' on, and not one of "
        "the 5 words 'the', 'film', 'us', '.', 'xylem'",
    ),
    "another encoding": (
        ROWS.encode() + "é 1 2 3\n".encode("latin-1"),
        "must be UTF-8 text. Received: the byte 0xe9 in line 6",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_file_is_one_message(mistake, read):
    content, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message) as caught:
        read(content)
    print(caught.value)
    assert "vectors.txt'" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "fix"), [("glove.6B.zip", "Unpack the archive"), ("news.BIN", "binary=False")]
)
def test_files_that_are_no_text(name, fix, read):
    with pytest.raises(ValueError, match=f"must be word vectors as text.*{name[-3:]} file.*{fix}"):
        read(b"PK\x03\x04", name)


def test_a_gzip_file_that_is_cut_short(tmp_path):
    (tmp_path / "v.txt.gz").write_bytes(gzip.compress(ROWS.encode() * 20)[:-12])
    with pytest.raises(ValueError, match="must be a whole gzip file"):
        mtl.WordVectors.read(tmp_path / "v.txt.gz", WORDS)


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "glove.6B.50d.txt").touch()
    with pytest.raises(FileNotFoundError, match="`path` of word vectors .*Did you mean 'glove.6B"):
        mtl.WordVectors.read(tmp_path / "glove.6B.50.txt", WORDS)


def test_an_encoding_that_is_none(read):
    with pytest.raises(ValueError, match="`encoding` of word vectors .*encoding='utf8x'"):
        read(ROWS, encoding="utf8x")


def test_a_tokenizer_of_sub_words(read):
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the"]
    for wrong in (mtl.SubwordTokenizer.wordpiece(pieces), 5, ["the"]):
        with pytest.raises(TypeError, match="`tokenizer` of word vectors must be a WordTokenizer"):
            read(ROWS, tokenizer=wrong)


def test_a_file_with_few_of_the_words_is_warned_of(read):
    with pytest.warns(UserWarning, match=r"vectors.txt': 1 of 5 words \(20.0%\) have a vector"):
        assert read("the 1 2\nle 3 4\n").coverage == pytest.approx(0.2)


@pytest.mark.parametrize(
    "matrix", [np.zeros(7), np.zeros((6, 2)), np.zeros((7, 0)), np.full((7, 2), np.nan)]
)
def test_a_matrix_of_ones_own_that_does_not_fit(matrix):
    with pytest.raises(ValueError, match="a row for each of 7 ids: padding, unknown, 5 words"):
        mtl.WordVectors(matrix, WORDS.vocabulary)
